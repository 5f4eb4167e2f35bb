from dataclasses import replace
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answers import Answer, AnswerStatus, Citation, Retrieved
from assistant.ui_render import answer_html, conversation_html, page_name
from assistant.ui_state import Exchange, Phase
from assistant.ui_text_en import ENGLISH
from assistant.ui_text_sv import SWEDISH
from vectorstore.types import DocumentRecord

TAGS = {"p", "ul", "li", "br", "strong", "button"}


def citation(marker: int = 1, *, title: str = "Program", page: int = 3) -> Citation:
    return Citation(marker, "a.pdf", title, "Provköpings kommun", page, ("2 Mål",), "Nio mål\ngäller.", 0, 15)


def answer(text: str, *citations: Citation, status: AnswerStatus = AnswerStatus.ANSWERED) -> Answer:
    return Answer("1", "Hur många?", "Hur många?", "sv", status, text, citations)


def record(**changes) -> DocumentRecord:
    values = {"id": "a.pdf", "title": "Program", "organisation": "Provköpings kommun", "document_type": "program"}
    values |= {"period": "2025", "language": "sv", "format": "pdf", "location": "/a.pdf", "pages": 9, "chunks": 1}
    return DocumentRecord(**(values | {"ingested_at": "2026-01-01"} | changes))


class Tags(HTMLParser):
    """The tags and attributes, and the text between them."""

    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.text = ""
        self.feed(html)
        self.close()

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))

    def handle_data(self, data):
        self.text += data


def test_text_becomes_paragraphs_lists_and_emphasis() -> None:
    html = answer_html(answer("Målen är **nio**:\n- ett\n- två\n\nSlut.\nRad."), 0, {}, SWEDISH)
    assert html == ("<p>Målen är <strong>nio</strong>:</p><ul><li>ett</li><li>två</li></ul><p>Slut.<br>Rad.</p>")


def test_marker_is_a_button_that_names_its_source() -> None:
    html = answer_html(answer("Nio mål gäller. [1]", citation()), 4, {"a.pdf": record()}, SWEDISH)
    button = next(attributes for tag, attributes in Tags(html).tags if tag == "button")
    assert button["aria-label"] == "Källa 1: Program, sida 3"
    assert (button["data-event"], button["data-exchange"], button["data-marker"]) == ("cite", "4", "1")


def test_marker_without_a_citation_stays_text() -> None:
    assert answer_html(answer("Se [7]."), 0, {}, SWEDISH) == "<p>Se [7].</p>"


@given(st.text(st.sampled_from("<>&\"'`[]*1-\n aå{}$/="), max_size=60))
def test_no_text_makes_markup(text: str) -> None:
    parsed = Tags(answer_html(answer(text, citation(title=text)), 0, {}, SWEDISH))
    assert {tag for tag, _ in parsed.tags} <= TAGS
    allowed = {"type", "class", "data-event", "data-exchange", "data-marker", "aria-label", "title", "lang"}
    assert all(set(attributes) <= allowed for _, attributes in parsed.tags)


@pytest.mark.parametrize("text", ["<script>x</script>", '"><img src=x onerror=x>', "javascript:x", "${x}", "{{x}}"])
def test_hostile_text_is_only_shown(text: str) -> None:
    hostile = Answer("1", text, text, "sv", AnswerStatus.NOT_FOUND, text, (citation(title=text),))
    hostile = Answer(
        "1",
        text,
        text,
        text,
        AnswerStatus.NOT_FOUND,
        text,
        (citation(title=text),),
        (Retrieved(text, 1, (text,), 1, text),),
    )
    parsed = Tags(conversation_html([Exchange(text, Phase.COMPLETE, hostile)], {}, SWEDISH))
    assert not {tag for tag, _ in parsed.tags} & {"script", "img", "a", "iframe", "svg"}
    assert not any(name.startswith("on") for _, attributes in parsed.tags for name in attributes)
    assert text in parsed.text


@pytest.mark.parametrize("status", AnswerStatus)
def test_every_status_is_told_in_words(status: AnswerStatus) -> None:
    for texts in (SWEDISH, ENGLISH):
        html = conversation_html([Exchange("?", Phase.COMPLETE, answer("Text.", status=status))], {}, texts)
        assert texts.statuses[status] in html
        assert texts.answer_ready.format(status=texts.statuses[status]) in html


def test_growing_answer_is_busy_and_has_no_references() -> None:
    html = conversation_html([Exchange("?", Phase.WORKING, answer("Nio [1]", citation()))], {}, SWEDISH)
    assert 'aria-busy="true"' in html
    assert 'aria-live="polite"' in html
    assert SWEDISH.working in html
    assert SWEDISH.references not in html
    assert SWEDISH.copy not in html


def test_broken_answer_names_the_error_number() -> None:
    html = conversation_html([Exchange("?", Phase.BROKEN, None, "a1b2c3")], {}, SWEDISH)
    assert "Misslyckades" in html
    assert "a1b2c3" in html


def test_references_name_title_organisation_and_page() -> None:
    exchange = Exchange("?", Phase.COMPLETE, answer("Nio. [1] Tio. [2]", citation(), citation(2, page=4)))
    text = Tags(conversation_html([exchange], {"a.pdf": record()}, SWEDISH)).text
    assert "Program Provköpings kommun, sida 3" in text
    assert "Program Provköpings kommun, sida 4" in text


def test_nearest_passages_are_shown_where_nothing_was_found() -> None:
    near = tuple(Retrieved("a.pdf", page, ("2 Mål",), 0.5, "Ord " * 200) for page in range(1, 9))
    missing = Answer("1", "?", "?", "sv", AnswerStatus.NOT_FOUND, "Det framgår inte.", (), near)
    html = conversation_html([Exchange("?", Phase.COMPLETE, missing)], {"a.pdf": record()}, SWEDISH)
    assert html.count('data-event="passage"') == 3
    assert "Program, sida 2" in html
    assert "Ord …" in html


def test_page_is_named_as_the_reader_finds_it() -> None:
    labels = (None,) * 5 + ("iv",) + (None,) * 3
    assert page_name(record(labels=labels), 6, SWEDISH) == "sida 6 (tryckt sidnummer iv)"
    assert page_name(record(labels=labels), 7, SWEDISH) == "sida 7"
    assert page_name(record(format="html", pages=1), 1, SWEDISH) == ""
    assert page_name(record(format="pdf", pages=1), 1, ENGLISH) == "page 1"
    assert page_name(None, 2, ENGLISH) == "page 2"


def test_what_can_be_done_with_an_answer_stands_under_it() -> None:
    done = Exchange("Hur många?", Phase.COMPLETE, answer("Nio. [1]", citation()), id="e1")
    html = conversation_html([done], {"a.pdf": record()}, SWEDISH)
    for words in (SWEDISH.copy, SWEDISH.copy_markdown, SWEDISH.link, SWEDISH.retry, SWEDISH.feedback_ask):
        assert words in html
    stopped = conversation_html([replace(done, phase=Phase.STOPPED)], {}, SWEDISH)
    assert SWEDISH.retry in stopped
    assert SWEDISH.copy not in stopped
    assert SWEDISH.feedback_ask not in stopped


@pytest.mark.parametrize("verdict", ["useful", "not_useful", "failed"])
def test_verdict_is_told_and_can_be_changed(verdict: str) -> None:
    done = Exchange("?", Phase.COMPLETE, answer("Nio."), id="e1", verdict=verdict)
    html = conversation_html([done], {}, SWEDISH)
    assert getattr(SWEDISH, f"feedback_{verdict}") in html
    assert SWEDISH.feedback_change in html


def test_somebody_elses_answer_is_neither_linked_to_nor_judged() -> None:
    shared = Exchange("?", Phase.COMPLETE, answer("Nio."), id="e1", shared=True, asked="2026-11-26T04:00:00+00:00")
    html = conversation_html([shared], {}, SWEDISH)
    assert "2026-11-26" in html
    assert SWEDISH.link not in html
    assert SWEDISH.feedback_ask not in html
