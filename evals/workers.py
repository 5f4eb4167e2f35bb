"""Answer cases in processes of their own: several at once, each within its time, none able to end the batch."""

import os
import signal
import time
from collections import deque
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from multiprocessing import get_context
from multiprocessing.connection import Connection, wait
from multiprocessing.context import SpawnProcess

from evals.ask import Answerer, Asked, Effort, ask_case, failed_answer
from evals.cases import Case
from evals.errors import WorkerError

_THREADS = ("OMP_NUM_THREADS", "MKL_NUM_THREADS", "OPENBLAS_NUM_THREADS")
_READY = "ready"


@dataclass(slots=True)
class _Worker:
    process: SpawnProcess
    connection: Connection
    case: Case | None = None
    since: float = 0.0
    ready: bool = False


@dataclass(frozen=True, slots=True)
class Workers:
    """Processes that answer questions.

    A process is killed when its question takes too long, and replaced; so is one that dies of its question. The
    processes end when this one does, however it ends.

    Attributes:
        open_answerer: Opens what answers, once in each process; must be picklable.
        count: How many processes.
        seconds: Time for a question with the earlier ones of its conversation; None for no limit.
    """

    open_answerer: Callable[[], Answerer]
    count: int = 1
    seconds: float | None = None

    def answer(self, cases: Sequence[Case]) -> Iterator[Asked]:
        """The answers as they come, which with several processes is in no fixed order.

        Raises:
            WorkerError: A process ended before it could answer anything.
        """
        waiting = deque(cases)
        workers = [self._start() for _ in range(min(self.count, len(waiting)))]
        try:
            while waiting or any(worker.case for worker in workers):
                for connection in wait([worker.connection for worker in workers], timeout=self._until_limit(workers)):
                    worker = next(worker for worker in workers if worker.connection is connection)
                    yield from self._receive(worker, waiting)
                yield from self._late(workers)
                workers = [worker for worker in workers if not worker.connection.closed]
                # Whoever died is replaced while there is something left to do.
                idle = self.count - len(workers)
                workers += [self._start() for _ in range(min(idle, len(waiting)))]
        finally:
            for worker in workers:
                worker.connection.close()
                worker.process.kill()
                worker.process.join()

    def _start(self) -> _Worker:
        context = get_context("spawn")
        here, there = context.Pipe()
        threads = max(1, (os.cpu_count() or 1) // self.count) if self.count > 1 else None
        process = context.Process(target=_serve, args=(self.open_answerer, there, threads), daemon=True)
        process.start()
        there.close()
        return _Worker(process, here)

    def _receive(self, worker: _Worker, waiting: deque[Case]) -> Iterator[Asked]:
        """What a process has to say: that it is ready, an answer, or its end."""
        try:
            message = worker.connection.recv()
        except (EOFError, OSError):
            yield from self._dead(worker)
            return
        if isinstance(message, Asked):
            worker.case = None
            yield message
        elif message != _READY:
            raise WorkerError(f"what answers cannot be opened: {message}")
        worker.ready = True
        if waiting:
            worker.case = waiting.popleft()
            worker.since = time.monotonic()
            try:
                worker.connection.send(worker.case)
            except OSError:
                yield from self._dead(worker)

    def _dead(self, worker: _Worker) -> Iterator[Asked]:
        worker.process.join()
        worker.connection.close()
        code = worker.process.exitcode
        if worker.case is not None:
            reason = f"the process that answered ended with code {code}"
            yield _failed(worker, reason, time.monotonic() - worker.since)
        elif not worker.ready:
            # Another would end in the same way, and so on for ever.
            raise WorkerError(f"a process that answers questions ended with code {code} before it could answer any")

    def _late(self, workers: Sequence[_Worker]) -> Iterator[Asked]:
        """Ends what has had its time."""
        for worker in workers:
            if self.seconds is None or worker.case is None or time.monotonic() - worker.since < self.seconds:
                continue
            if worker.connection.closed or worker.connection.poll():
                continue
            worker.process.kill()
            worker.process.join()
            worker.connection.close()
            yield _failed(worker, f"not answered within {self.seconds:g} seconds", self.seconds)

    def _until_limit(self, workers: Sequence[_Worker]) -> float | None:
        """Seconds until the first question has had its time."""
        if self.seconds is None:
            return None
        begun = [worker.since for worker in workers if worker.case is not None]
        return max(0.0, min(begun) + self.seconds - time.monotonic()) if begun else None


def _failed(worker: _Worker, reason: str, seconds: float) -> Asked:
    case, worker.case = worker.case, None
    assert case is not None
    return Asked(failed_answer(case, reason, seconds), Effort(case.id))


def _serve(open_answerer: Callable[[], Answerer], connection: Connection, threads: int | None) -> None:
    """What a process does: answers what it is sent until the other end is closed."""
    # Ctrl+C reaches every process of the terminal; the first one decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    if threads is not None:
        # Several processes with a thread for each core hinder each other. Set before any of these is loaded.
        os.environ.update(dict.fromkeys(_THREADS, str(threads)))
    try:
        answerer = open_answerer()
    except Exception as problem:  # told to the other end, which raises
        connection.send(f"{type(problem).__name__}: {problem}")
        return
    connection.send(_READY)
    while True:
        try:
            case = connection.recv()
        except (EOFError, OSError):
            return
        try:
            connection.send(ask_case(case, answerer))
        except OSError:  # nobody listens any more
            return
