"""The five real documents beside the project, where they are: what is read of them, and the questions over them."""

import re
from pathlib import Path

import pypdf
import pytest

from assistant import Assistant
from evals import measure_run, read_cases, run_cases
from vectorstore.embed import SentenceEmbeddings
from vectorstore.store import Store
from vectorstore.sync import sync_path

SHARED = Path(__file__).parents[1].parent / "shared"
CORPUS = SHARED / "corpus"

pytestmark = pytest.mark.skipif(not CORPUS.is_dir(), reason="the corpus beside the project is not here")

WEB_DEBRIS = ("kakor", "Tillgänglighetsredogörelse", "Relaterade sidor", "Other languages", "Till innehållet", "Sök\n")


@pytest.fixture(scope="module")
def store_folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("corpus")
    store = Store(folder, SentenceEmbeddings.load())
    outcomes = sync_path(store, CORPUS)
    store.close()
    assert [outcome.outcome.value for outcome in outcomes] == ["ingested"] * 5
    return folder


@pytest.fixture(scope="module")
def assistant(store_folder: Path) -> Assistant:
    return Assistant.open(store_folder)


def letters(text: str) -> str:
    return re.sub(r"[\W_]", "", text).lower()


def test_pdfs_are_read_without_running_lines_and_hyphens(assistant: Assistant) -> None:
    for record in assistant.documents():
        if record.format != "pdf":
            continue
        text = assistant.document(record.id).text
        assert not re.search(r"Sida \d+ \(\d+\)", text)
        assert "Verksamhetsberättelse 2019\n\nMalmö stad |" not in text
        assert "Malmö stad | Verksamhetsberättelse" not in text
        assert not re.search(r"[­‐￾]", text)
        assert not re.search(r"\w- ?\n\w", text)


def test_web_pages_are_read_without_menu_banner_and_footer(assistant: Assistant) -> None:
    for record in assistant.documents():
        if record.format == "html":
            text = assistant.document(record.id).text
            assert not [debris for debris in WEB_DEBRIS if debris in text], record.id


def test_questions_reach_the_floor_and_every_quote_is_on_its_page(assistant: Assistant, tmp_path: Path) -> None:
    cases = read_cases(SHARED / "evals" / "seed_dev.jsonl")
    answers = run_cases(cases, assistant, tmp_path, settings=assistant.describe(), quiet=True)
    report = measure_run(cases, answers, assistant, documents=[record.id for record in assistant.documents()])
    facts = [score.values["all_facts_found"] for score in report.scores if score.case.expects_answer]
    abstained = [score.answer.status == "not_found" for score in report.scores if not score.case.expects_answer]
    assert (len(facts), len(abstained)) == (24, 6)
    assert sum(facts) >= 20
    assert sum(abstained) >= 5
    assert report.valid_citations == report.citations > 0
    pages: dict[str, list[str]] = {}
    for answer in answers:
        for citation in answer.citations:
            page_text = assistant.page_text(citation.document, citation.page)
            assert page_text[citation.start : citation.end] == citation.quote
            if citation.document.endswith(".pdf"):
                if citation.document not in pages:
                    reader = pypdf.PdfReader(CORPUS / citation.document)
                    pages[citation.document] = [letters(page.extract_text()) for page in reader.pages]
                assert letters(citation.quote) in pages[citation.document][citation.page - 1]
