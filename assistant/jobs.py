"""Work that goes on in the background, one job after another, whatever becomes of the page that asked for it."""

import logging
import threading
import time
import uuid
from collections import deque
from collections.abc import Callable
from dataclasses import dataclass, replace

from assistant.errors import AssistantError
from assistant.job import ENDED, Job, JobKind, JobState
from ingest.errors import IngestError
from vectorstore.errors import StoreLocked, VectorStoreError
from vectorstore.outcome import FileOutcome, Outcome

logger = logging.getLogger(__name__)

KEPT = 200
"""How many jobs that have ended are remembered."""

RETRY_SECONDS = 2.0
"""How long to wait before asking again for the store, where another process is writing to it."""


class Cancelled(AssistantError):
    """A job was cancelled while it worked; raised between two files."""


class Closing(Cancelled):
    """The program ends; what was begun can go on when it starts again."""


class Tracker:
    """What a job tells while it works; its methods fit `sync_path` and `sync_addresses`.

    Args:
        jobs: Where the job is kept.
        job_id: Its identifier.
    """

    def __init__(self, jobs: "Jobs", job_id: str) -> None:
        self._jobs = jobs
        self._id = job_id

    def start(self, path: str, done: int, total: int) -> None:
        """Tell which file is read now.

        Raises:
            Cancelled: Someone cancelled the job.
        """
        self.check()
        self._jobs.update(self._id, state=JobState.WORKING, current=path, done=done, total=total)

    def report(self, outcome: FileOutcome, done: int, total: int) -> None:
        """Tell what became of a file.

        Raises:
            Cancelled: Someone cancelled the job.
        """
        job = self._jobs.job(self._id)
        same = outcome.outcome == Outcome.UNCHANGED
        outcomes = job.outcomes if same else (*job.outcomes, outcome)
        self._jobs.update(
            self._id,
            state=JobState.WORKING,
            current="",
            done=done,
            total=total,
            outcomes=outcomes,
            unchanged=job.unchanged + same,
        )
        self.check()

    def check(self) -> None:
        """Do nothing, unless someone cancelled the job.

        Raises:
            Cancelled: Someone did.
            Closing: The program ends.
        """
        if self._jobs.is_closing():
            raise Closing("The program ends.")
        if self._jobs.is_cancelled(self._id):
            raise Cancelled("The job was cancelled.")

    def patiently(self, work: Callable[[], object]) -> None:
        """Do what needs the store's lock; while another process has it, wait and say so.

        Raises:
            Cancelled: Someone cancelled the job meanwhile.
        """
        while True:
            self.check()
            try:
                work()
                return
            except StoreLocked:  # raised before anything was done
                self._jobs.update(self._id, state=JobState.HELD_UP)
                self._jobs.pause(self._id, RETRY_SECONDS)


class Jobs:
    """Does jobs in one thread, in the order in which they were asked for. Safe to use from several threads."""

    def __init__(self) -> None:
        self._lock = threading.RLock()
        self._changed = threading.Condition(self._lock)
        self._jobs: dict[str, Job] = {}
        self._waiting: deque[_Waiting] = deque()
        self._cancelled: set[str] = set()
        self._closing = threading.Event()
        self._thread: threading.Thread | None = None

    def submit(
        self,
        kind: JobKind,
        subject: str,
        user: str,
        work: Callable[[Tracker], None],
        drop: Callable[[], None] = lambda: None,
    ) -> Job:
        """Have a job done; returns at once.

        Args:
            kind: What it does.
            subject: To what, as it is shown.
            user: Who asks for it; empty where nobody signs in.
            work: Does it, and tells the tracker how far it has come.
            drop: Called instead where the job is cancelled before it began.
        """
        job = Job(uuid.uuid4().hex, kind, subject, user)
        with self._changed:
            self._forget_old()
            self._jobs[job.id] = job
            self._waiting.append(_Waiting(job.id, work, drop))
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name="utblick-jobs", daemon=True)
                self._thread.start()
            self._changed.notify_all()
        return job

    def all(self) -> list[Job]:
        """All jobs, the latest first."""
        with self._lock:
            return list(reversed(self._jobs.values()))

    def job(self, job_id: str) -> Job:
        """The job with this identifier, as it is now.

        Raises:
            KeyError: There is none.
        """
        with self._lock:
            return self._jobs[job_id]

    def is_busy(self) -> bool:
        """Whether a job waits or works."""
        with self._lock:
            return any(job.state not in ENDED for job in self._jobs.values())

    def cancel(self, job_id: str) -> None:
        """Do not begin a job, or stop it after the file that it reads now; what it did stays done."""
        with self._changed:
            job = self._jobs.get(job_id)
            if job is None or job.state in ENDED:
                return
            waiting = next((entry for entry in self._waiting if entry.job_id == job_id), None)
            if waiting is None:
                self._cancelled.add(job_id)
                self._changed.notify_all()
                return
            self._waiting.remove(waiting)
            self.update(job_id, state=JobState.CANCELLED, ended_at=time.time())
        waiting.drop()

    def forget_ended(self) -> None:
        """Leave out of the list what has ended."""
        with self._lock:
            self._jobs = {job.id: job for job in self._jobs.values() if job.state not in ENDED}

    def wait(self, job_id: str, seconds: float) -> Job:
        """The job once it has ended, or as it is after so many seconds."""
        with self._changed:
            self._changed.wait_for(lambda: self._jobs[job_id].state in ENDED, seconds)
            return self._jobs[job_id]

    def close(self, seconds: float = 10.0) -> None:
        """Begin no more jobs, end the present one after the file that it reads, and wait for that so many seconds."""
        self._closing.set()
        with self._changed:
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join(seconds)

    # For the tracker

    def update(self, job_id: str, **changes: object) -> None:
        """Put down how far a job has come."""
        with self._changed:
            self._jobs[job_id] = replace(self._jobs[job_id], **changes)  # type: ignore[arg-type]
            self._changed.notify_all()

    def is_cancelled(self, job_id: str) -> bool:
        """Whether someone cancelled a job."""
        with self._lock:
            return job_id in self._cancelled

    def is_closing(self) -> bool:
        """Whether the program ends."""
        return self._closing.is_set()

    def pause(self, job_id: str, seconds: float) -> None:
        """Wait, or less long where the job is cancelled or the program ends."""
        with self._changed:
            self._changed.wait_for(lambda: job_id in self._cancelled or self._closing.is_set(), seconds)

    def _run(self) -> None:
        while True:
            with self._changed:
                self._changed.wait_for(lambda: self._waiting or self._closing.is_set())
                if self._closing.is_set():
                    return
                begun = self._waiting.popleft()
                self.update(begun.job_id, state=JobState.WORKING)
            ended = self._do(begun)
            with self._lock:
                self._cancelled.discard(begun.job_id)
                self.update(begun.job_id, **ended, current="", ended_at=time.time())

    def _do(self, begun: "_Waiting") -> dict[str, object]:
        """Do a job; returns how it ended."""
        try:
            begun.work(Tracker(self, begun.job_id))
        except Cancelled:
            return {"state": JobState.CANCELLED}
        except (AssistantError, IngestError, VectorStoreError, OSError) as error:
            logger.warning("A job (%s) failed: %s", self.job(begun.job_id).kind, error)
            return {"state": JobState.FAILED, "error": str(error)}
        except Exception:  # the door: the next job must be done whatever became of this one
            reference = uuid.uuid4().hex[:6]
            logger.exception("A job (%s) broke off (error number %s)", self.job(begun.job_id).kind, reference)
            return {"state": JobState.FAILED, "reference": reference}
        return {"state": JobState.DONE}

    def _forget_old(self) -> None:
        ended = [job.id for job in self._jobs.values() if job.state in ENDED]
        for job_id in ended[: max(0, len(ended) - KEPT)]:
            del self._jobs[job_id]


@dataclass(frozen=True, slots=True)
class _Waiting:
    """A job that was not begun yet."""

    job_id: str
    work: Callable[[Tracker], None]
    drop: Callable[[], None]
