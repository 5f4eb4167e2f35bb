import json
import re
from base64 import b64encode
from hashlib import sha256
from html.parser import HTMLParser
from pathlib import Path

import pytest

from evals.errors import OutputError
from evals.measure import Report, measure_run
from evals.measures import MEASURES
from evals.report import OUTCOMES, write_reports
from evals.score import Outcome

ATTACK = "<script>alert(1)</script> | `x` [a](javascript:alert(2)) & **fet**"


@pytest.fixture
def report(make_case, make_answer, make_citation, pages) -> Report:
    cases = [
        make_case("good", "Sedan när?", lang="sv", kind="fact", facts=[["1987"]], sources=["malmo"]),
        make_case("bad", ATTACK, lang="en", kind='"odd" kind', facts=[["sex", "6"]], history=[{"question": ATTACK}]),
        make_case("none", "Vem?", lang="sv", kind="unanswerable", answerable=False),
    ]
    quote = make_citation("malmo-2019.pdf", 1, "sedan 1987")
    answers = [
        make_answer("**Vänorter** sedan 1987 [1].", quote, id="good"),
        make_answer(f"{ATTACK} [1] [2]", quote, id="bad", language="en"),
        make_answer("Det står inte i dokumenten.", id="none", status="not_found"),
    ]
    return measure_run(cases, answers, pages)


@pytest.fixture
def written(report: Report, tmp_path: Path) -> Path:
    write_reports(report, tmp_path / "out", {"model": ATTACK, "top_k": 8})
    return tmp_path / "out"


class Elements(HTMLParser):
    """The elements of a page, and its text outside of scripts and styles."""

    def __init__(self) -> None:
        super().__init__()
        self.elements: list[tuple[str, dict[str, str | None]]] = []
        self.inline: dict[str, str] = {}
        self.text = ""

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.elements.append((tag, dict(attrs)))

    def handle_data(self, data: str) -> None:
        if self.elements and self.elements[-1][0] in ("script", "style") and not data.isspace():
            self.inline.setdefault(self.elements[-1][0], data)
        else:
            self.text += data


@pytest.fixture
def page(written: Path) -> Elements:
    elements = Elements()
    elements.feed((written / "report.html").read_text("utf-8"))
    return elements


def test_the_json_holds_measures_groups_and_every_question(written: Path) -> None:
    found = json.loads((written / "report.json").read_text("utf-8"))
    assert found["measures"]["right"] == {
        "value": pytest.approx(2 / 3),
        "low": pytest.approx(0.2077, abs=1e-4),
        "high": pytest.approx(0.9385, abs=1e-4),
        "count": 3,
    }
    assert list(found["measures"]) == [measure.name for measure in MEASURES] == list(found["meanings"])
    assert set(found["by_kind"]) == {"fact", '"odd" kind', "unanswerable"}
    assert set(found["by_language"]) == {"sv", "en"}
    assert [question["id"] for question in found["per_question"]] == ["good", "bad", "none"]
    assert found["per_question"][1]["values"]["facts_found"] == 0.0
    assert found["citations"] == {"total": 2, "valid": 2}
    assert found["settings"] == {"model": ATTACK, "top_k": 8}


def test_the_markdown_holds_tables_and_the_questions_that_went_wrong(written: Path) -> None:
    text = (written / "report.md").read_text("utf-8")
    assert "| Questions right | 66.7 % | 20.8 % to 93.9 % | 3 |" in text
    assert "| fact | 1 | 100.0 % |" in text
    assert "### bad: wrong answer" in text
    assert "- fact missing: sex / 6" in text
    assert "- [1] malmo-2019.pdf, page 1: sedan 1987" in text
    assert "### good" not in text
    rows = [re.sub(r"\\\|", "", line).count("|") for line in text.splitlines() if line.startswith("|")]
    assert set(rows) == {3, 5, 11}, "every row of a table has as many cells as its head"


def test_the_markdown_lets_no_text_become_markup(written: Path) -> None:
    text = (written / "report.md").read_text("utf-8")
    assert "<script" not in text
    assert "](javascript" not in text


def test_the_page_lets_no_text_become_markup(page: Elements) -> None:
    assert [tag for tag, _ in page.elements].count("script") == 1
    assert page.text.count("<script>alert(1)</script>") >= 4
    assert not [name for _, attributes in page.elements for name in attributes if name.startswith("on")]


def test_the_page_loads_nothing_and_runs_only_its_own_script(page: Elements) -> None:
    links = [attributes[name] for _, attributes in page.elements for name in ("src", "href") if name in attributes]
    assert all(link is not None and link.startswith("#") for link in links)
    policy = next(
        attributes["content"] for tag, attributes in page.elements if tag == "meta" and "http-equiv" in attributes
    )
    assert policy is not None
    assert policy.startswith("default-src 'none';")
    for text in page.inline.values():
        assert "sha256-" + b64encode(sha256(text.encode()).digest()).decode() in policy


def test_markers_lead_to_their_quotes_and_emphasis_shows(page: Elements) -> None:
    targets = {attributes["id"] for _, attributes in page.elements if "id" in attributes}
    links = [attributes["href"] for tag, attributes in page.elements if tag == "a"]
    assert len(links) == 2, "a marker without a citation is no link"
    assert {str(link)[1:] for link in links} <= targets
    assert [tag for tag, _ in page.elements].count("strong") == 2


def test_every_question_can_be_filtered(page: Elements) -> None:
    articles = [attributes for tag, attributes in page.elements if tag == "article"]
    assert [article["data-outcome"] for article in articles] == ["wrong", "right", "right"]
    offered = {attributes["value"] for tag, attributes in page.elements if tag == "option"}
    for article in articles:
        assert {article["data-outcome"], article["data-kind"], article["data-language"]} <= offered


def test_every_outcome_has_words() -> None:
    assert set(OUTCOMES) == {outcome.value for outcome in Outcome}


def test_each_citation_has_its_verdict_and_each_group_its_bar(page: Elements) -> None:
    assert page.text.count("stands there, as expected") == 1
    assert page.text.count("stands there") == 2
    bars = [attributes for tag, attributes in page.elements if tag == "rect" and "height" in attributes]
    # A square of the legend for each outcome, in both groupings; then a bar for each kind and language.
    legend = [bar for bar in bars if bar["width"] == "12"]
    assert len(legend) == 2 * 2
    widths = [float(bar["width"] or 0) for bar in bars if bar not in legend]
    assert sum(widths) == pytest.approx(120 * (3 + 2))


def test_stages_and_tokens_are_told_where_they_were_measured(report: Report, tmp_path: Path) -> None:
    from dataclasses import replace

    from evals.ask import Effort
    from evals.measure import summarise

    plain = (tmp_path / "plain", report)
    scores = tuple(
        replace(score, stages={"retrieve": 0.01 * number}, values={**score.values, "input_tokens": 100.0 * number})
        for number, score in enumerate(report.scores, start=1)
    )
    assert Effort("a", {"retrieve": 0.01234567}).as_json()["stages"] == {"retrieve": 0.0123}
    timed = (tmp_path / "timed", replace(report, scores=scores, overall=summarise(scores)))
    for folder, written in (plain, timed):
        write_reports(written, folder)
        for name in ("report.md", "report.html"):
            text = (folder / name).read_text("utf-8")
            assert ("Where the time goes" in text) is (folder == timed[0])
            assert ("Tokens read" in text.partition("What is measured")[0]) is (folder == timed[0])
    assert "| retrieve | 20 ms | 29 ms |" in (tmp_path / "timed" / "report.md").read_text("utf-8")


def test_reports_on_nothing_can_be_written(pages, tmp_path: Path) -> None:
    write_reports(measure_run([], [], pages), tmp_path)
    assert "None." in (tmp_path / "report.md").read_text("utf-8")


def test_the_same_report_gives_the_same_bytes(report: Report, written: Path, tmp_path: Path) -> None:
    write_reports(report, tmp_path / "again", {"model": ATTACK, "top_k": 8})
    for name in ("report.json", "report.md", "report.html"):
        assert (tmp_path / "again" / name).read_bytes() == (written / name).read_bytes()


def test_a_folder_that_cannot_be_written_is_named(report: Report, tmp_path: Path) -> None:
    (tmp_path / "file").write_text("", encoding="utf-8")
    with pytest.raises(OutputError, match="--out"):
        write_reports(report, tmp_path / "file")
