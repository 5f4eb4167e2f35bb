"""A conversation as a PDF with footnotes, tagged for screen readers; the one module that knows typst."""

import json
from collections.abc import Sequence
from datetime import date
from pathlib import Path

from assistant.answer_parts import Run
from assistant.export import Saved, saved_answers, without_controls
from assistant.references import Records
from assistant.ui_state import Exchange
from assistant.ui_text import Texts

_TEMPLATE = Path(__file__).parent / "templates" / "conversation.typ"


def conversation_pdf(exchanges: Sequence[Exchange], records: Records, texts: Texts, day: date) -> bytes:
    """A conversation as the bytes of a PDF file: PDF/UA-1 where the fonts of this machine have all its signs.

    Texts are handed to the template as data, so that nothing in them is taken for typst's markup.

    Args:
        exchanges: The conversation; what was stopped or broke off is left out.
        records: The documents in the store, by identifier.
        texts: Strings in the language of headings and references.
        day: When it was made.
    """
    import typst

    data = {
        "language": texts.language,
        "title": texts.export_title,
        "made": texts.export_made.format(date=day.isoformat()),
        "answers": [_plain(saved, texts) for saved in saved_answers(exchanges, records, texts)],
    }
    inputs = {"data": json.dumps(data, ensure_ascii=False)}
    try:
        return typst.compile(_TEMPLATE, root=_TEMPLATE.parent, sys_inputs=inputs, pdf_standards="ua-1")
    except typst.TypstError:
        # A sign that no font here has, such as one of a rare script, is against the standard; the text still is there.
        return typst.compile(_TEMPLATE, root=_TEMPLATE.parent, sys_inputs=inputs)


def _plain(saved: Saved, texts: Texts) -> dict[str, object]:
    """The answer as the template takes it; a marker becomes a note, the second time only its number."""
    written: set[int] = set()

    def run_of(run: Run) -> dict[str, object]:
        if run.marker is None:
            return {"text": without_controls(run.text), "strong": run.strong}
        number, reference = saved.notes[run.marker]
        if number in written:
            return {"again": f"note{number}"}
        written.add(number)
        return {
            "label": f"note{number}",
            "note": {
                "organisation": without_controls(reference.organisation),
                "title": without_controls(reference.title),
                "details": without_controls(reference.details),
                "address": reference.address,
                "quote": without_controls(texts.quoted.format(quote=reference.quote)),
            },
        }

    return {
        "question": without_controls(saved.question),
        "status": saved.status,
        "language": saved.language,
        "parts": [
            {"list": part.is_list, "lines": [[run_of(run) for run in line] for line in part.lines]}
            for part in saved.parts
        ],
    }
