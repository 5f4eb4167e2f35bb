"""The sample documents and the questions about them belong together, and the generated ones can be made again."""

import importlib.util
import json
import re
from collections import Counter
from functools import cache
from pathlib import Path
from typing import Any

import pytest

from ingest.document import Document
from ingest.load import load_file

ROOT = Path(__file__).parents[1]
SAMPLES = ROOT / "samples"
CASES: list[dict[str, Any]] = [
    json.loads(line) for line in (ROOT / "evals" / "datasets" / "samples.jsonl").read_text("utf-8").splitlines()
]
UNSEEN = ROOT / "evals" / "datasets" / "unseen"
UNSEEN_CASES: list[dict[str, Any]] = [
    json.loads(line) for line in UNSEEN.with_suffix(".jsonl").read_text("utf-8").splitlines()
]
KINDS = {
    "fact", "list", "number", "date", "person", "explanation", "metadata", "comparison", "multi", "follow-up",
    "cross-lingual", "misspelt", "keyword", "false-premise", "unanswerable", "conflicting",
}  # fmt: skip


@cache
def sample(name: str) -> Document:
    return load_file(SAMPLES / name, name)


@cache
def unseen(name: str) -> Document:
    return load_file(UNSEEN / name, name)


def squeezed(text: str) -> str:
    """Without white space, which loaders may set otherwise than the printed page does."""
    return re.sub(r"\s+", "", text)


def answerable() -> list[dict[str, Any]]:
    return [case for case in CASES if case["answerable"]]


@pytest.mark.parametrize("case", answerable(), ids=lambda case: case["id"])
def test_quotes_stand_on_the_pages_named(case: dict[str, Any]) -> None:
    pages = [squeezed(sample(page["source"]).page_text(page["page"])) for page in case["pages"]]
    quotes = [squeezed(quote) for quote in case["quotes"]]
    assert [quote for quote in quotes if not any(quote in page for page in pages)] == []
    assert [page for page in pages if not any(quote in page for quote in quotes)] == []


@pytest.mark.parametrize("case", answerable(), ids=lambda case: case["id"])
def test_documents_hold_every_fact(case: dict[str, Any]) -> None:
    text = squeezed(" ".join(sample(source).text for source in case["sources"])).casefold()
    missing = [spellings for spellings in case["facts"] if not any(squeezed(s).casefold() in text for s in spellings)]
    assert missing == []


@pytest.mark.parametrize("case", CASES, ids=lambda case: case["id"])
def test_a_case_is_complete(case: dict[str, Any]) -> None:
    assert case["question"].strip()
    assert case["lang"] in {"sv", "en"}
    assert case["kind"] in KINDS
    if case["answerable"]:
        assert case["facts"] and all(case["facts"]) and case["quotes"]
        assert {page["source"] for page in case["pages"]} == set(case["sources"])
    else:
        assert not {"facts", "sources", "pages", "quotes"} & set(case)


def test_identifiers_and_questions_are_unique() -> None:
    assert len({case["id"] for case in CASES}) == len(CASES)
    assert len({(case["question"], json.dumps(case.get("history"))) for case in CASES}) == len(CASES)


def test_every_kind_and_every_document_is_asked_about() -> None:
    kinds = Counter(case["kind"] for case in CASES)
    assert set(kinds) == KINDS
    assert kinds["unanswerable"] >= 12
    assert min(kinds.values()) >= 5
    assert len(CASES) >= 120
    assert {source for case in CASES for source in case.get("sources", ())} == {path.name for path in SAMPLES.iterdir()}


def test_generated_samples_can_be_made_again(tmp_path: Path) -> None:
    pytest.importorskip("typst", reason="typst is needed to make the PDF samples")
    made = make_samples(tmp_path)
    assert {path.suffix for path in made} == {".pdf", ".docx"}
    for path in made:
        again, stored = load_file(path, path.name), sample(path.name)
        assert [again.page_text(page.number) for page in again.pages] == [
            stored.page_text(page.number) for page in stored.pages
        ]


def make_samples(folder: Path) -> list[Path]:
    specification = importlib.util.spec_from_file_location("make_samples", ROOT / "scripts" / "make_samples.py")
    assert specification is not None and specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    specification.loader.exec_module(module)
    made: list[Path] = module.make_samples(folder)
    return made


def test_the_questions_about_scope_name_samples_and_their_pages() -> None:
    lines = (ROOT / "evals" / "datasets" / "scope.jsonl").read_text("utf-8").splitlines()
    cases = [json.loads(line) for line in lines]
    assert len({case["id"] for case in cases}) == len(cases) == 39
    for case in cases:
        assert all((SAMPLES / source).is_file() for source in case["sources"]), case["id"]
        for page in case.get("pages", []):
            assert 1 <= page["page"] <= len(sample(page["source"]).pages), case["id"]


@pytest.mark.parametrize("case", UNSEEN_CASES, ids=lambda case: case["id"])
def test_the_unseen_documents_hold_what_is_expected_of_them(case: dict[str, Any]) -> None:
    assert case["answerable"] == bool(case.get("facts")) == bool(case.get("sources"))
    text = squeezed(" ".join(unseen(source).text for source in case.get("sources", ()))).casefold()
    facts: list[list[str]] = case.get("facts", [])
    assert [spellings for spellings in facts if not any(squeezed(s).casefold() in text for s in spellings)] == []


def test_every_unseen_document_is_asked_about_and_much_that_none_holds() -> None:
    assert len({case["id"] for case in UNSEEN_CASES}) == len(UNSEEN_CASES) >= 100
    assert sum(not case["answerable"] for case in UNSEEN_CASES) >= 20
    sources = {source for case in UNSEEN_CASES for source in case.get("sources", ())}
    assert sources == {path.name for path in UNSEEN.iterdir()}
