import re
from html.parser import HTMLParser

import pytest
from hypothesis import given
from hypothesis import strategies as st
from markdown_it import MarkdownIt

from assistant.answer_parts import answer_parts
from assistant.answers import Answer, AnswerStatus, Citation
from assistant.references import formatted_answer, markdown_answer, plain_answer, references_of
from assistant.ui_text_en import ENGLISH
from assistant.ui_text_sv import SWEDISH
from ingest.document import Fact, Field
from vectorstore.types import DocumentRecord

HOSTILE = '<img src=x onerror="x()"> ![bild](http://evil/x.png) [länk](javascript:x()) <script>x</script> `${x}`'


def citation(marker: int = 1, **changes) -> Citation:
    values = {"document": "a.pdf", "title": "Program", "organisation": "Provköpings kommun", "page": 3}
    values |= {"section": ("2 Mål",), "quote": "Nio mål\ngäller.", "start": 0, "end": 15}
    return Citation(marker, **(values | changes))


def record(**changes) -> DocumentRecord:
    values = {"id": "a.pdf", "title": "Program", "organisation": "Provköpings kommun", "document_type": "program"}
    values |= {"period": "2025", "language": "sv", "format": "pdf", "location": "/a.pdf", "pages": 9, "chunks": 1}
    return DocumentRecord(**(values | {"ingested_at": "2026-01-01"} | changes))


def answer(text: str, *citations: Citation, question: str = "Hur många?") -> Answer:
    return Answer("1", question, question, "sv", AnswerStatus.ANSWERED, text, citations)


FACTS = (
    Fact(Field.ADOPTED_BY, "kommunstyrelsen"),
    Fact(Field.ADOPTED_ON, "2024-12-04"),
    Fact(Field.REFERENCE, "KS 2024/1"),
)


def test_reference_has_what_a_memo_needs() -> None:
    records = {"a.pdf": record(facts=FACTS, labels=(None, None, "iii"))}
    (reference,) = references_of(answer("Nio. [1]", citation()), records, SWEDISH)
    assert reference.words(SWEDISH) == (
        "Provköpings kommun, Program, kommunstyrelsen 2024-12-04, dnr KS 2024/1, s. iii. ”Nio mål gäller.”"
    )
    (reference,) = references_of(answer("Nio. [1]", citation()), records, ENGLISH)
    assert "ref. KS 2024/1, p. iii. “Nio mål gäller.”" in reference.words(ENGLISH)


def test_reference_without_pages_names_section_and_address() -> None:
    facts = (Fact(Field.ADDRESS, "https://example.org/plan"),)
    records = {"a.pdf": record(format="html", pages=1, facts=facts)}
    (reference,) = references_of(answer("Nio. [1]", citation()), records, SWEDISH)
    assert reference.details == "avsnittet ”2 Mål”"
    assert reference.address == "https://example.org/plan"


def test_organisation_is_not_said_twice() -> None:
    titled = citation(title="Program för Provköpings kommun")
    (reference,) = references_of(answer("Nio. [1]", titled), {}, SWEDISH)
    assert reference.organisation == ""


def test_copied_answer_reads_as_plain_text() -> None:
    copied = plain_answer(answer("**Nio** mål gäller. [1]", citation()), {"a.pdf": record()}, SWEDISH)
    assert copied == ("Nio mål gäller. [1]\n\nKällor:\n[1] Provköpings kommun, Program, s. 3. ”Nio mål gäller.”")


def test_copied_answer_is_formatted_for_a_word_processor() -> None:
    html = formatted_answer(answer("**Nio** mål. [1]\n- ett\n- två [1]", citation()), {"a.pdf": record()}, SWEDISH)
    assert "<p><b>Nio</b> mål.<sup>1</sup></p><ul><li>ett</li><li>två<sup>1</sup></li></ul>" in html
    assert '<li value="1">Provköpings kommun, <i>Program</i>, s. 3. ”Nio mål gäller.”</li>' in html


def test_markdown_has_a_numbered_list_of_references() -> None:
    markdown = markdown_answer(answer("**Nio** mål. [1]\n- ett [1]", citation()), {"a.pdf": record()}, SWEDISH)
    assert markdown == (
        "### Hur många?\n\n**Nio** mål. [1]\n\n- ett [1]\n\n**Källor**\n\n"
        "1. Provköpings kommun, Program, s. 3. ”Nio mål gäller.”\n"
    )


class Tags(HTMLParser):
    def __init__(self, html: str) -> None:
        super().__init__()
        self.tags: list[tuple[str, dict]] = []
        self.feed(html)

    def handle_starttag(self, tag, attributes):
        self.tags.append((tag, dict(attributes)))


@pytest.mark.parametrize("form", [formatted_answer, markdown_answer])
def test_hostile_text_does_nothing_where_it_is_pasted(form) -> None:
    hostile = answer(f"{HOSTILE} [1]", citation(title=HOSTILE, quote=HOSTILE, section=(HOSTILE,)), question=HOSTILE)
    made = form(hostile, {}, SWEDISH)
    html = MarkdownIt("commonmark", {"html": True}).render(made) if form is markdown_answer else made
    tags = Tags(html).tags
    assert not {tag for tag, _ in tags} & {"img", "script", "a"}
    assert not any(name.startswith("on") for _, attributes in tags for name in attributes)


def test_address_that_is_no_web_address_is_left_out() -> None:
    facts = (Fact(Field.ADDRESS, "javascript:alert(1)"),)
    html = formatted_answer(answer("Nio. [1]", citation()), {"a.pdf": record(facts=facts)}, SWEDISH)
    assert "javascript" not in html


@given(st.text(st.sampled_from("*[]12-\n aå"), max_size=60))
def test_parts_keep_all_that_an_answer_says(text: str) -> None:
    parts = answer_parts(answer(text, citation()))
    said = "".join(run.text for part in parts for line in part.lines for run in line)
    assert re.sub(r"[\s*-]", "", said) == re.sub(r"[\s*-]", "", text)
