import json
import logging
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

import pytest

from assistant.answers import Answer, AnswerStatus, Citation, Retrieved, Scope
from assistant.archive import Archive
from assistant.originals import Originals
from assistant.ui_events import Chat
from assistant.ui_kept import Kept
from assistant.ui_state import Exchange, Opened, Phase
from assistant.ui_text_en import ENGLISH
from assistant.ui_text_sv import SWEDISH
from assistant.ui_visitor import Visitor
from ingest.assemble import RawBlock, RawDocument, assemble_document
from ingest.document import BlockKind
from vectorstore.errors import UnknownDocument
from vectorstore.types import DocumentRecord

DOCUMENT = assemble_document(
    "a.pdf",
    "0" * 64,
    RawDocument("pdf", [RawBlock(BlockKind.PARAGRAPH, ((n, f"Sida {n}: nio mål."),)) for n in (1, 2)], (None, None)),
)
QUOTE = Citation(1, "a.pdf", "Program", "Provköpings kommun", 2, (), "nio mål.", 8, 16)
COMPLETE = Answer(
    "1", "?", "?", "sv", AnswerStatus.ANSWERED, "Nio. [1]", (QUOTE,), (Retrieved("a.pdf", 1, (), 1.0, "nio mål."),)
)


class Answers:
    """Gives the same growing answer to every question, and remembers what it was asked with."""

    def __init__(self) -> None:
        self.asked: list[tuple] = []
        self.broken = False

    def stream(self, question, history=(), scope=None):
        self.asked.append((question, history, scope))
        yield replace(COMPLETE, question=question, text="Nio", citations=())
        if self.broken:
            raise RuntimeError("the disk is on fire")
        yield replace(COMPLETE, question=question)

    def documents(self):
        return [
            DocumentRecord(
                "a.pdf", "Program", "Provköpings kommun", "program", "2021-2022", "sv", "pdf", "/a", 2, 1, "2026"
            )
        ]

    def document(self, document_id):
        if document_id != "a.pdf":
            raise UnknownDocument(document_id)
        return DOCUMENT


@pytest.fixture
def answers() -> Answers:
    return Answers()


ANNA = Visitor("browser:anna", "sv")
BO = Visitor("browser:bo", "sv")


@pytest.fixture
def archive() -> Iterator[Archive]:
    archive = Archive(None)
    yield archive
    archive.close()


@pytest.fixture
def chat(answers: Answers, archive: Archive, tmp_path: Path) -> Iterator[Chat]:
    originals = Originals()
    yield Chat(answers, Kept(archive, tmp_path, 30), originals)
    originals.close()


def asked(chat: Chat, question: str, exchanges=()):
    *_, (exchanges, html, form) = chat.ask(question, exchanges, Scope(), ANNA)
    return exchanges, html, form


def test_answer_grows_and_ends_complete(chat: Chat) -> None:
    steps = list(chat.ask("  Hur många?  ", (), Scope(), ANNA))
    assert [exchanges[-1].phase for exchanges, _, _ in steps] == [Phase.WORKING] * 3 + [Phase.COMPLETE]
    assert "Hur många?" in steps[0][1]
    assert SWEDISH.stop in steps[1][2]
    assert SWEDISH.stop not in steps[-1][2]
    assert 'data-event="cite"' in steps[-1][1]


def test_history_holds_what_was_answered(chat: Chat, answers: Answers) -> None:
    exchanges, _, _ = asked(chat, "Ett?")
    stopped = (*exchanges, Exchange("Två?", Phase.STOPPED), Exchange("Tre?", Phase.BROKEN))
    asked(chat, "Fyra?", stopped)
    assert [(turn.question, turn.answer) for turn in answers.asked[-1][1]] == [("Ett?", "Nio. [1]")]


def test_error_is_logged_and_told_without_detail(chat: Chat, answers: Answers, caplog) -> None:
    answers.broken = True
    with caplog.at_level(logging.ERROR):
        exchanges, html, form = asked(chat, "Hur många?")
    assert exchanges[-1].phase == Phase.BROKEN
    assert "fire" not in html
    assert exchanges[-1].reference in html
    assert exchanges[-1].reference in caplog.text
    assert SWEDISH.stop not in form


def test_stop_marks_what_was_under_way(chat: Chat) -> None:
    exchanges = (Exchange("Ett?", Phase.COMPLETE, COMPLETE), Exchange("Två?", Phase.WORKING, COMPLETE, id="2"))
    exchanges, html, _ = chat.stop(exchanges, replace(ANNA, language="en"))
    assert [exchange.phase for exchange in exchanges] == [Phase.COMPLETE, Phase.STOPPED]
    assert ENGLISH.stopped_explanation in html


def test_stopped_answer_stays_stopped_whatever_it_still_says(chat: Chat) -> None:
    steps = chat.ask("Hur många?", (), Scope(), ANNA)
    next(steps)
    exchanges, _, _ = next(steps)
    chat.stop(exchanges, ANNA)
    assert list(steps) == []
    assert SWEDISH.stopped_explanation in chat.conversation(exchanges, "sv")
    assert SWEDISH.stop not in chat.composer(exchanges, "sv")
    later, _, _ = asked(chat, "Och nu?", exchanges)
    assert [exchange.phase for exchange in later] == [Phase.STOPPED, Phase.COMPLETE]


def test_citation_opens_its_quote(chat: Chat) -> None:
    exchanges, _, _ = asked(chat, "Hur många?")
    opened = chat.cite({"exchange": "0", "marker": "1"}, exchanges)
    assert opened is not None
    assert DOCUMENT.text[opened.start : opened.end] == "nio mål."
    html = chat.source(opened, exchanges, "sv")
    assert "<mark>nio mål.</mark>" in html
    assert "Sida 2 av 2" in html
    first = chat.turn_page({"page": "1"}, opened)
    assert "<mark>" not in chat.source(first, exchanges, "sv")
    assert SWEDISH.to_quote in chat.source(first, exchanges, "sv")


def test_nearest_passage_opens(chat: Chat) -> None:
    exchanges, _, _ = asked(chat, "Hur många?")
    opened = chat.passage({"exchange": "0", "index": "0"}, exchanges)
    assert opened is not None
    assert DOCUMENT.text[opened.start : opened.end] == "nio mål."


@pytest.mark.parametrize(
    "data",
    [
        {},
        {"exchange": "9", "marker": "1"},
        {"exchange": "-1", "marker": "1"},
        {"exchange": "0", "marker": "x"},
        {"marker": 1},
    ],
)
def test_what_the_browser_makes_up_opens_nothing(chat: Chat, data) -> None:
    exchanges, _, _ = asked(chat, "Hur många?")
    assert chat.cite(data, exchanges) is None
    assert chat.passage({**data, "index": "99"}, exchanges) is None


def test_pages_and_documents_that_are_not_there(chat: Chat) -> None:
    gone = SWEDISH.document_gone
    assert gone in chat.source(chat.browse({"document": "b.pdf"}), (), "sv")
    assert gone in chat.source(chat.turn_page({"page": "77"}, Opened("a.pdf", 1)), (), "sv")
    assert chat.browse({"document": ["a.pdf"]}) is None
    assert chat.turn_page({"page": "1"}, None) is None


def test_scope_takes_only_what_documents_have(chat: Chat) -> None:
    data = {"organisations": ["Provköpings kommun", "Annan"], "years": ["2022", "2024", 7]}
    assert chat.choose_scope(data) == Scope(organisations=("Provköpings kommun",), years=(2022,))
    assert chat.choose_scope({"documents": ["a.pdf", "../b"]}) == Scope(documents=("a.pdf",))
    assert chat.choose_scope({"types": ["program", "avtal"]}) == Scope(document_types=("program",))
    assert chat.choose_scope({"organisations": "Provköpings kommun"}) == Scope()


def test_welcome_until_something_is_asked(chat: Chat) -> None:
    assert SWEDISH.intro_heading in chat.conversation((), "sv")
    exchanges, _, _ = asked(chat, "Hur många?")
    assert ENGLISH.references in chat.conversation(exchanges, "en")


def test_conversation_is_kept_for_who_had_it(chat: Chat, archive: Archive) -> None:
    exchanges, _, _ = asked(chat, "Ett?")
    exchanges, _, _ = asked(chat, "Två?", exchanges)
    (entry,) = archive.entries(ANNA.user)
    assert (entry.id, entry.title, entry.questions) == (exchanges[0].id, "Ett?", 2)
    assert [exchange.answer.text for exchange in chat.kept.open_conversation(entry.id, ANNA.user)] == ["Nio. [1]"] * 2
    assert chat.kept.open_conversation(entry.id, BO.user) == ()
    assert f"conversations/{entry.id}.docx" in chat.kept.history(exchanges, ANNA)
    assert entry.id not in chat.kept.history(exchanges, BO)


def test_link_opens_for_others_once_it_is_made(chat: Chat) -> None:
    exchanges, _, _ = asked(chat, "Ett?")
    identifier = exchanges[0].id
    assert chat.kept.open_link(identifier, BO.user)[0].phase == Phase.GONE
    chat.kept.link({"id": identifier}, BO.user)
    assert chat.kept.open_link(identifier, BO.user)[0].phase == Phase.GONE
    chat.kept.link({"id": identifier}, ANNA.user)
    (shared,) = chat.kept.open_link(identifier, BO.user)
    assert (shared.shared, shared.answer.text) == (True, "Nio. [1]")
    html = chat.conversation((shared,), "sv")
    assert SWEDISH.linked_answer.split("{")[0] in html
    assert 'data-conversation=""' in html
    gone = chat.conversation(chat.kept.open_link("nothing", BO.user), "sv")
    assert SWEDISH.link_unknown in gone
    assert SWEDISH.intro_heading in gone


def test_conversation_goes_on_from_a_link_as_ones_own(chat: Chat, archive: Archive) -> None:
    exchanges, _, _ = asked(chat, "Ett?")
    chat.kept.link({"id": exchanges[0].id}, ANNA.user)
    *_, (gone_on, _, _) = chat.ask("Två?", chat.kept.open_link(exchanges[0].id, BO.user), Scope(), BO)
    (entry,) = archive.entries(BO.user)
    assert (entry.id, entry.questions) == (gone_on[0].id, 2)
    assert [one.question for one in archive.conversation(ANNA.user, exchanges[0].id)] == ["Ett?"]


def test_deleted_conversation_is_gone_with_its_links(chat: Chat, archive: Archive) -> None:
    first, _, _ = asked(chat, "Ett?")
    second, _, _ = asked(chat, "Två?")
    chat.kept.link({"id": first[0].id}, ANNA.user)
    assert chat.forget({"conversation": first[0].id}, second, BO) == second
    assert len(archive.entries(ANNA.user)) == 2
    assert chat.forget({"conversation": first[0].id}, second, ANNA) == second
    assert chat.kept.open_link(first[0].id, BO.user)[0].phase == Phase.GONE
    assert chat.forget({}, second, ANNA) == ()
    assert archive.entries(ANNA.user) == []


def test_feedback_is_kept_with_the_answer(chat: Chat, tmp_path: Path) -> None:
    exchanges, _, _ = asked(chat, "Ett?")
    exchanges, _, _ = asked(chat, "Två?", exchanges)
    data = {"id": exchanges[1].id, "verdict": "not_useful", "reason": "wrong", "comment": " <b>Nej</b>\n"}
    html = chat.judge(data, exchanges, ANNA)
    assert SWEDISH.feedback_not_useful in html
    line = json.loads((tmp_path / "feedback.jsonl").read_text("utf-8"))
    assert line["answer_id"] == line["answer"]["id"] == exchanges[1].id
    assert (line["question"], line["history"]) == ("Två?", [{"question": "Ett?", "answer": "Nio. [1]"}])
    assert (line["verdict"], line["reason"], line["comment"]) == ("not_useful", "wrong", "<b>Nej</b>")
    assert chat.kept.open_conversation(exchanges[0].id, ANNA.user)[1].verdict == "not_useful"


@pytest.mark.parametrize("data", [{}, {"id": "x", "verdict": "useful"}, {"verdict": "useful"}, {"verdict": ["useful"]}])
def test_feedback_that_the_browser_makes_up_is_not_kept(chat: Chat, tmp_path: Path, data) -> None:
    exchanges, _, _ = asked(chat, "Ett?")
    chat.judge(data, exchanges, ANNA)
    chat.judge({**data, "id": exchanges[0].id, "verdict": "superb"}, exchanges, ANNA)
    assert not (tmp_path / "feedback.jsonl").exists()


def test_feedback_that_cannot_be_kept_is_told(chat: Chat, tmp_path: Path, caplog) -> None:
    (tmp_path / "feedback.jsonl").mkdir()
    exchanges, _, _ = asked(chat, "Ett?")
    with caplog.at_level(logging.ERROR):
        html = chat.judge({"id": exchanges[0].id, "verdict": "useful"}, exchanges, ANNA)
    assert SWEDISH.feedback_failed in html
    assert "feedback.jsonl" in caplog.text


def test_quote_that_the_document_no_longer_says_is_not_marked(chat: Chat) -> None:
    exchanges, _, _ = asked(chat, "Hur många?")
    moved = replace(QUOTE, quote="tio mål.")
    exchanges = (replace(exchanges[0], answer=replace(COMPLETE, citations=(moved,))),)
    html = chat.source(chat.cite({"exchange": "0", "marker": "1"}, exchanges), exchanges, "sv")
    assert SWEDISH.quote_changed in html
    assert "<mark" not in html
    vanished = (replace(exchanges[0], answer=replace(COMPLETE, citations=(replace(QUOTE, page=9),))),)
    assert SWEDISH.quote_changed in chat.source(chat.cite({"exchange": "0", "marker": "1"}, vanished), vanished, "sv")
