"""A conversation as a Word document with footnotes; the one module that writes WordprocessingML.

python-docx knows no footnotes, so their part is written here: ECMA-376, part 1, 17.11 and 11.3.7.
"""

import io
from collections.abc import Sequence
from datetime import date
from typing import TYPE_CHECKING, Any

from assistant.export import Saved, saved_answers, without_controls
from assistant.references import Records, Reference
from assistant.ui_state import Exchange
from assistant.ui_text import LOCALES, Texts

if TYPE_CHECKING:
    from docx.document import Document
    from docx.text.paragraph import Paragraph

_NAMESPACE = "http://schemas.openxmlformats.org/wordprocessingml/2006/main"
_CONTENT_TYPE = "application/vnd.openxmlformats-officedocument.wordprocessingml.footnotes+xml"
_RELATIONSHIP = "http://schemas.openxmlformats.org/officeDocument/2006/relationships/footnotes"
_EMPTY = f"""<w:footnotes xmlns:w="{_NAMESPACE}"
 xmlns:r="http://schemas.openxmlformats.org/officeDocument/2006/relationships">
<w:footnote w:type="separator" w:id="-1"><w:p><w:r><w:separator/></w:r></w:p></w:footnote>
<w:footnote w:type="continuationSeparator" w:id="0"><w:p><w:r><w:continuationSeparator/></w:r></w:p></w:footnote>
</w:footnotes>"""


def conversation_docx(exchanges: Sequence[Exchange], records: Records, texts: Texts, day: date) -> bytes:
    """A conversation as the bytes of a DOCX file.

    Args:
        exchanges: The conversation; what was stopped or broke off is left out.
        records: The documents in the store, by identifier.
        texts: Strings in the language of headings and references.
        day: When it was made.
    """
    import docx

    document = docx.Document()
    _prepare(document, texts)
    document.add_heading(texts.export_title, level=1)
    document.add_paragraph(texts.export_made.format(date=day.isoformat()), style="Subtitle")
    notes = _Footnotes(document, texts)
    for saved in saved_answers(exchanges, records, texts):
        _write(document, saved, notes)
    file = io.BytesIO()
    document.save(file)
    return file.getvalue()


class _Footnotes:
    """The document's footnotes."""

    def __init__(self, document: "Document", texts: Texts) -> None:
        from docx.opc.packuri import PackURI
        from docx.opc.part import XmlPart
        from docx.oxml import parse_xml
        from docx.oxml.ns import qn

        self._texts = texts
        self._written: set[int] = set()
        self._root = parse_xml(_EMPTY)
        package = document.part.package
        self._part = XmlPart(PackURI("/word/footnotes.xml"), _CONTENT_TYPE, self._root, package)
        document.part.relate_to(self._part, _RELATIONSHIP)
        separators = _element("w:footnotePr", _element("w:footnote", id="-1"), _element("w:footnote", id="0"))
        settings = document.settings.element
        after = settings.find(qn("w:compat"))
        after.addprevious(separators) if after is not None else settings.append(separators)

    def add(self, paragraph: "Paragraph", number: int, reference: Reference) -> None:
        """Put a footnote at the end of a paragraph; where the same one stands already, its number once more."""
        if number in self._written:
            again = _run(_text(str(number)), style="FootnoteReference")
            paragraph._p.append(_element("w:fldSimple", again, instr=f" NOTEREF _note{number} \\f \\h "))
            return
        self._written.add(number)
        mark = _run(_element("w:footnoteReference", id=str(number)), style="FootnoteReference")
        paragraph._p.append(_element("w:bookmarkStart", id=str(number), name=f"_note{number}"))
        paragraph._p.append(mark)
        paragraph._p.append(_element("w:bookmarkEnd", id=str(number)))
        style = _element("w:pPr", _element("w:pStyle", val="FootnoteText"))
        own = _run(_element("w:footnoteRef"), style="FootnoteReference")
        words = _element("w:p", style, own, _words(" "), *self._words(reference))
        self._root.append(_element("w:footnote", words, id=str(number)))

    def _words(self, reference: Reference) -> list[Any]:
        pieces: list[Any] = []
        if reference.organisation:
            pieces.append(_words(f"{reference.organisation}, "))
        pieces.append(_words(reference.title, italic=True))
        if reference.details:
            pieces.append(_words(f", {reference.details}"))
        if reference.address:
            pieces += [_words(", "), self._link(reference.address)]
        return [*pieces, _words(f". {self._texts.quoted.format(quote=reference.quote)}")]

    def _link(self, address: str) -> Any:  # noqa: ANN401 - lxml's elements have no type here
        from docx.opc.constants import RELATIONSHIP_TYPE
        from docx.oxml.ns import qn

        link = _element("w:hyperlink", _words(address))
        link.set(qn("r:id"), self._part.relate_to(address, RELATIONSHIP_TYPE.HYPERLINK, is_external=True))
        return link


def _prepare(document: "Document", texts: Texts) -> None:
    """Title, language and styles."""
    from docx.enum.style import WD_STYLE_TYPE
    from docx.oxml.ns import qn
    from docx.shared import Pt

    properties = document.core_properties
    properties.title, properties.author, properties.comments = texts.export_title, "Utblick", ""
    properties.language = LOCALES[texts.language]
    styles = document.styles
    for language in styles.element.iter(qn("w:lang")):
        language.set(qn("w:val"), LOCALES[texts.language])
    reference = styles.add_style("Footnote Reference", WD_STYLE_TYPE.CHARACTER)
    reference.font.superscript = True
    note = styles.add_style("Footnote Text", WD_STYLE_TYPE.PARAGRAPH)
    note.base_style = styles["Normal"]
    note.font.size = Pt(9)
    styles["Subtitle"].font.size = Pt(10)


def _write(document: "Document", saved: Saved, notes: _Footnotes) -> None:
    document.add_heading(without_controls(saved.question), level=2)
    document.add_paragraph().add_run(saved.status).italic = True
    for part in saved.parts:
        paragraph = None
        for line in part.lines:
            if part.is_list:
                paragraph = document.add_paragraph(style="List Bullet")
            elif paragraph is None:
                paragraph = document.add_paragraph()
            else:
                paragraph.add_run().add_break()
            for run in line:
                if run.marker is not None:
                    notes.add(paragraph, *saved.notes[run.marker])
                else:
                    paragraph.add_run(without_controls(run.text)).bold = run.strong or None


def _words(text: str, *, italic: bool = False) -> Any:  # noqa: ANN401 - lxml's elements have no type here
    return _run(_text(text), italic=italic)


def _text(text: str) -> Any:  # noqa: ANN401
    from docx.oxml.ns import qn

    words = _element("w:t")
    words.text = without_controls(text)
    words.set(qn("xml:space"), "preserve")
    return words


def _run(content: Any, style: str = "", *, italic: bool = False) -> Any:  # noqa: ANN401
    manner = [_element("w:rStyle", val=style)] if style else []
    manner += [_element("w:i")] if italic else []
    return _element("w:r", *([_element("w:rPr", *manner)] if manner else []), content)


def _element(tag: str, *children: Any, **attributes: str) -> Any:  # noqa: ANN401
    from docx.oxml import OxmlElement
    from docx.oxml.ns import qn

    element = OxmlElement(tag)
    for attribute, value in attributes.items():
        element.set(qn(f"w:{attribute}"), value)
    element.extend(children)
    return element
