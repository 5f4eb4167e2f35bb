"""A job that changes the library: what it does, and how far it has come."""

from dataclasses import dataclass
from enum import StrEnum

from vectorstore.outcome import FAILURES, FileOutcome


class JobKind(StrEnum):
    """What a job does."""

    UPLOAD = "upload"
    ADDRESS = "address"
    FOLDER = "folder"
    REMOVAL = "removal"


class JobState(StrEnum):
    """How far a job has come."""

    WAITING = "waiting"
    WORKING = "working"
    HELD_UP = "held_up"
    DONE = "done"
    FAILED = "failed"
    CANCELLED = "cancelled"


ENDED = frozenset({JobState.DONE, JobState.FAILED, JobState.CANCELLED})


@dataclass(frozen=True, slots=True)
class Job:
    """A job as it is at a moment.

    Attributes:
        id: Unique.
        kind: What it does.
        subject: To what: a file's name, an address, a folder, a document's title.
        user: Who asked for it; empty where nobody signs in.
        state: How far it has come.
        done: How many files are done.
        total: How many there are, as far as is known; 0 before it began.
        current: The file that is read now.
        outcomes: What became of each file that is done and is not as it was before.
        unchanged: How many files were as they are stored.
        error: Why it failed, in English; empty where it did not.
        reference: Number under which the log has the error, where it is one of the program.
        ended_at: Seconds since the epoch; 0 before its end.
    """

    id: str
    kind: JobKind
    subject: str
    user: str = ""
    state: JobState = JobState.WAITING
    done: int = 0
    total: int = 0
    current: str = ""
    outcomes: tuple[FileOutcome, ...] = ()
    unchanged: int = 0
    error: str = ""
    reference: str = ""
    ended_at: float = 0.0

    @property
    def failures(self) -> int:
        """How many files could not be read."""
        return sum(outcome.outcome in FAILURES for outcome in self.outcomes)
