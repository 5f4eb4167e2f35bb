import re
from pathlib import Path

import pytest

from evals.errors import EvalError
from evals.measures import MEASURES
from evals.refresh import measure_set, measures_table, question_sets, replace_block, results_table

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "evaluation.md"
BLOCKS = ("results", "kinds", "stages", "results beside", "retrieval", "measures")


def test_a_block_is_replaced_and_nothing_else() -> None:
    text = "a\n<!-- x: written by make eval -->\nold \\1\n<!-- end of x -->\nb\n"
    once = replace_block(text, "x", r"new \g<0>")
    assert once == "a\n<!-- x: written by make eval -->\n\nnew \\g<0>\n\n<!-- end of x -->\nb\n"
    assert replace_block(once, "x", r"new \g<0>") == once
    with pytest.raises(EvalError, match="no block 'y'"):
        replace_block(text, "y", "")


@pytest.mark.parametrize("name", BLOCKS)
def test_the_page_has_each_block_filled_in(name: str) -> None:
    text = PAGE.read_text("utf-8")
    (content,) = re.findall(f"<!-- {name}: written by make eval -->(.*?)<!-- end of {name} -->", text, re.DOTALL)
    assert content.count("\n|") >= 4


def test_the_page_defines_every_measure_as_it_is_measured_now() -> None:
    assert measures_table() in PAGE.read_text("utf-8")
    assert all(one.meaning and one.source for one in MEASURES)
    assert len({one.name for one in MEASURES}) == len(MEASURES)


def test_the_page_names_every_command() -> None:
    text = PAGE.read_text("utf-8")
    for command in ("run", "compare", "gate", "retrieval", "make", "judge"):
        assert f"utblick eval {command}" in text


def test_the_sets_are_the_projects_own_and_those_that_are_here(tmp_path: Path) -> None:
    own, beside = question_sets(ROOT, tmp_path)
    assert [one.name for one in own] == ["samples", "scope", "unseen"] and all(one.is_here for one in own)
    assert beside == []
    for name in ("corpus", "evals"):
        (tmp_path / name).mkdir()
    (tmp_path / "evals" / "seed_dev.jsonl").touch()
    assert [one.name for one in question_sets(ROOT, tmp_path)[1]] == ["seed_dev"]


def test_a_set_is_measured_from_its_documents_on(samples: Path, tmp_path: Path) -> None:
    import shutil

    from evals.refresh import QuestionSet

    documents = tmp_path / "docs"
    documents.mkdir()
    shutil.copy(samples / "provkoping-handlingsplan-2025.md", documents)
    (tmp_path / "q.jsonl").write_text(
        '{"id": "a", "question": "Vilka vänorter har Provköping?", "kind": "list", "facts": [["Beispielstadt"]]}\n',
        "utf-8",
    )
    report = measure_set(QuestionSet("small", documents, tmp_path / "q.jsonl"), tmp_path / "out")
    assert report.overall.outcomes == {"right": 1}
    assert {path.name for path in (tmp_path / "out" / "small").iterdir()} >= {"answers.jsonl", "report.html"}
    assert "| Questions right | 100.0 % (20.7 % to 100.0 %) |" in results_table({"small": report})
    (documents / "bad.pdf").write_bytes(b"%PDF-1.4 broken")
    with pytest.raises(EvalError, match=r"bad\.pdf"):
        measure_set(QuestionSet("small", documents, tmp_path / "q.jsonl"), tmp_path / "out")
