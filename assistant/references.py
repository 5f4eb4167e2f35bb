"""References to citations, in the form in which a memo has them, and answers for the clipboard."""

import re
from collections.abc import Mapping
from dataclasses import dataclass
from html import escape

from assistant.answer_parts import Part, Run, answer_parts
from assistant.answers import Answer, Citation
from assistant.ui_text import Texts
from ingest.document import Field
from vectorstore.types import DocumentRecord

Records = Mapping[str, DocumentRecord]

_PAGED = ("pdf",)
_MARKDOWN = re.compile(r"([\\`*_\[\]<>#|~!])")
_LINE_START = re.compile(r"^(\s*)([-+>]|\d+(?=[.)]))")


@dataclass(frozen=True, slots=True)
class Reference:
    """Where a statement comes from, in words.

    Attributes:
        marker: The citation's number.
        organisation: Whose document it is; may be empty.
        title: The document's title.
        details: What else tells it from others: page or section, by whom and when it was adopted, its number.
        quote: The words that the statement rests on, on one line.
        address: Web address of the document; empty for a file.
    """

    marker: int
    organisation: str
    title: str
    details: str
    quote: str
    address: str

    def words(self, texts: Texts) -> str:
        """The whole reference on one line, as a sentence with the quote after it."""
        source = ", ".join(part for part in (self.organisation, self.title, self.details, self.address) if part)
        return f"{source}. {texts.quoted.format(quote=self.quote)}"


def references_of(answer: Answer, records: Records, texts: Texts) -> list[Reference]:
    """The references of an answer's citations, by their markers."""
    return [_reference(citation, records.get(citation.document), texts) for citation in answer.citations]


def page_label(record: DocumentRecord | None, page: int) -> str | None:
    """The number that is printed on a page, else its number; None for a document that has no pages."""
    if record is None:
        return str(page)
    if record.pages == 1 and record.format not in _PAGED:
        return None
    return (record.labels[page - 1] if page <= len(record.labels) else None) or str(page)


def formatted_answer(answer: Answer, records: Records, texts: Texts) -> str:
    """An answer as HTML for a word processor: raised numbers, and the numbered references under it."""
    body = "".join(_formatted(part) for part in answer_parts(answer))
    items = "".join(
        f'<li value="{reference.marker}">{_formatted_reference(reference, texts)}</li>'
        for reference in references_of(answer, records, texts)
    )
    sources = f"<p><b>{escape(texts.references)}</b></p><ol>{items}</ol>" if items else ""
    return f'<div lang="{escape(answer.language)}">{body}</div>{sources}'


def plain_answer(answer: Answer, records: Records, texts: Texts) -> str:
    """An answer as text: numbers in brackets, and the numbered references under it."""
    references = [
        f"[{reference.marker}] {reference.words(texts)}" for reference in references_of(answer, records, texts)
    ]
    body = answer.text.strip().replace("**", "")
    return "\n".join([body, *(["", f"{texts.references}:", *references] if references else [])])


def markdown_answer(answer: Answer, records: Records, texts: Texts) -> str:
    """An answer as Markdown: the question as its heading, numbers in brackets, and a numbered list of references."""
    lines = [f"### {_markdown(' '.join(answer.question.split()))}", ""]
    for part in answer_parts(answer):
        for line in part.lines:
            text = "".join(map(_markdown_run, line))
            lines.append(f"- {text}" if part.is_list else _LINE_START.sub(r"\1\\\2", text))
        lines.append("")
    references = references_of(answer, records, texts)
    if references:
        lines += [f"**{texts.references}**", ""]
        lines += [f"{reference.marker}. {_markdown(reference.words(texts))}" for reference in references]
    return "\n".join(lines).strip() + "\n"


def _reference(citation: Citation, record: DocumentRecord | None, texts: Texts) -> Reference:
    facts = {fact.field: fact.value for fact in record.facts} if record else {}
    page = page_label(record, citation.page)
    where = texts.short_page.format(page=page) if page else ""
    if not where and citation.section:
        where = texts.short_section.format(section=citation.section[-1])
    adopted = " ".join(facts[name] for name in (Field.ADOPTED_BY, Field.ADOPTED_ON) if name in facts)
    number = texts.short_reference.format(number=facts[Field.REFERENCE]) if Field.REFERENCE in facts else ""
    address = facts.get(Field.ADDRESS, "")
    known = citation.organisation or ""
    return Reference(
        citation.marker,
        "" if known and known.casefold() in citation.title.casefold() else known,
        citation.title,
        ", ".join(part for part in (adopted, number, where) if part),
        " ".join(citation.quote.split()),
        address if address.startswith(("https://", "http://")) else "",
    )


def _formatted(part: Part) -> str:
    lines = ["".join(map(_formatted_run, line)) for line in part.lines]
    return (
        f"<ul>{''.join(f'<li>{line}</li>' for line in lines)}</ul>" if part.is_list else f"<p>{'<br>'.join(lines)}</p>"
    )


def _formatted_run(run: Run) -> str:
    if run.marker is not None:
        return f"<sup>{run.marker}</sup>"
    return f"<b>{escape(run.text)}</b>" if run.strong else escape(run.text)


def _formatted_reference(reference: Reference, texts: Texts) -> str:
    address = escape(reference.address)
    pieces = [
        escape(reference.organisation),
        f"<i>{escape(reference.title)}</i>",
        escape(reference.details),
        f'<a href="{address}">{address}</a>' if address else "",
    ]
    quote = escape(texts.quoted.format(quote=reference.quote))
    return f"{', '.join(piece for piece in pieces if piece)}. {quote}"


def _markdown_run(run: Run) -> str:
    if run.marker is not None:
        return f" {run.text}"
    return f"**{_markdown(run.text)}**" if run.strong else _markdown(run.text)


def _markdown(text: str) -> str:
    """Text with all that Markdown or HTML would take for its own made harmless."""
    return _MARKDOWN.sub(r"\\\1", text).replace("&", "&amp;")
