"""What became of a file in a sync."""

from collections.abc import Callable
from dataclasses import dataclass
from enum import StrEnum
from typing import Any


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
        reason: Why, where it was not read; else None.
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


Report = Callable[[FileOutcome, int, int], None]
"""Called after each file with its outcome, how many are done and how many there are."""
