"""What became of a file in a sync."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any

from ingest.document import Document


class Outcome(StrEnum):
    """What became of a file."""

    INGESTED = "ingested"
    UNCHANGED = "unchanged"
    RENAMED = "renamed"
    DUPLICATE = "duplicate"
    REMOVED = "removed"
    NEEDS_OCR = "needs_ocr"
    NEEDS_PASSWORD = "needs_password"  # noqa: S105
    UNREADABLE = "unreadable"
    UNSUPPORTED = "unsupported"
    TOO_LARGE = "too_large"
    TIMED_OUT = "timed_out"


FAILURES = frozenset(
    {
        Outcome.NEEDS_OCR,
        Outcome.NEEDS_PASSWORD,
        Outcome.UNREADABLE,
        Outcome.UNSUPPORTED,
        Outcome.TOO_LARGE,
        Outcome.TIMED_OUT,
    }
)


@dataclass(frozen=True, slots=True)
class FileOutcome:
    """What became of one file.

    Attributes:
        path: As found, relative to the ingested folder.
        outcome: What happened.
        document: Identifier of the document that holds its content, or what was read of it earlier; else None.
        pages: Its number of pages, where it was read.
        reason: Why, where it was not read or not all of it; where a web page is found now; else None.
    """

    path: str
    outcome: Outcome
    document: str | None = None
    pages: int | None = None
    reason: str | None = None

    def as_json(self) -> dict[str, Any]:
        """The entry of `ingest --json`."""
        return {
            "path": self.path,
            "outcome": self.outcome.value,
            "document": self.document,
            "pages": self.pages,
            "reason": self.reason,
        }


def kept(reason: str | None, remedy: str = "") -> str:
    """Why a file was not read, where a document that was read of it earlier stays; with what to do about that."""
    end = f"; {remedy}." if remedy else "."
    return f"{(reason or '').rstrip('.')}. What was read of it earlier is kept{end}"


def unread_pages(document: Document) -> str | None:
    """What the report says of a document that was read but for some of its pages; None where all were."""
    numbers = [str(page.number) for page in document.pages if page.read_by == "nothing"]
    if not numbers:
        return None
    which = f"page {numbers[0]}" if len(numbers) == 1 else f"pages {', '.join(numbers)}"
    return f"Something is shown on {which} in which no text could be read."


Report = Callable[[FileOutcome, int, int], None]
"""Called after each file with its outcome, how many are done and how many there are."""

Start = Callable[[str, int, int], None]
"""Called before a file is read with its path, as it is shown, how many are done and how many there are."""


def silent(outcome: FileOutcome, done: int, total: int) -> None:
    """Report to nobody."""


def unannounced(path: str, done: int, total: int) -> None:
    """Tell nobody."""
