"""Read files in a process of its own, which may be stopped: no file can hang, fill or bring down the one that asked.

The process is started when the first file comes, serves all that follow, and is replaced after a file that it did not
survive. Requests and answers are pickled, each after its length, over the standard streams.
"""

import io
import os
import pickle
import signal
import struct
import subprocess
import sys
import threading
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import IO, ClassVar

from ingest.document import Block, BlockKind, Document, Fact, Field, Page
from ingest.errors import IngestError, NeedsOcr, NeedsPassword, PageGone, TooLarge, UnreadableFile, UnsupportedFormat
from ingest.fetch import FETCHING_SECONDS, Fetcher, Source
from ingest.limits import Limits
from ingest.load import WebPage
from ingest.locate import Box
from ingest.page_image import PageImage, draw_page

_LENGTH = struct.Struct("<Q")
# What one answer of a server may take beyond the time after which the fetching process gives up by itself.
_FETCHING_SECONDS = FETCHING_SECONDS + 30
_MEGABYTE = 2**20
# What a parser leaks ends with its process.
_FILES_A_PROCESS = 500
_Result = Document | WebPage | PageImage
_REMEDY = "Obtain it anew, or open it in the program that made it and save a copy."


_ERRORS: dict[type, type[IngestError]] = {
    kind: kind for kind in (IngestError, NeedsOcr, NeedsPassword, PageGone, TooLarge, UnreadableFile, UnsupportedFormat)
}


class TimedOut(IngestError):
    """Reading the file took longer than the limit."""

    outcome = "timed_out"


@dataclass(frozen=True, slots=True)
class Drawing:
    """Which page of a PDF to draw: as `ingest.page_image.draw_page`."""

    page: int
    width: int
    quote: str = ""


@dataclass(frozen=True, slots=True)
class _Request:
    """What to read: a file, or where `path` is None a web page, of which something may be `known`; or what to draw."""

    document_id: str
    path: Path | None
    password: str | None
    limits: Limits
    known: Source | None = None
    allow_private: bool = False
    drawing: Drawing | None = None


class LoadWorker:
    """Reads files and web pages, and draws pages, in another process. Not to be used by two threads at once.

    Args:
        limits: What one file may cost.
        allow_private: Also fetch web pages from private network ranges.
    """

    _program = "from ingest.worker import serve; serve()"

    def __init__(self, limits: Limits | None = None, *, allow_private: bool = False) -> None:
        self.limits = limits or Limits()
        self._allow_private = allow_private
        self._process: subprocess.Popen[bytes] | None = None
        self._served = 0
        self._ended: int | None = None

    def __enter__(self) -> "LoadWorker":
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def load_file(self, path: Path, document_id: str, *, password: str | None = None) -> Document:
        """Read a file, as `ingest.load_file`.

        Raises:
            TimedOut: It took longer than `limits.max_seconds`.
            TooLarge: It exceeds a limit.
            IngestError: As `ingest.load_file`; `UnreadableFile` also where the reader crashed.
        """
        request = _Request(document_id, path, password, self.limits)
        document = self._load(request, path.name, self.limits.max_seconds)
        assert isinstance(document, Document)
        return document

    def read_web_page(self, address: str, known: Source | None = None) -> WebPage:
        """Fetch a normal address where it changed, and read it, as `ingest.load.read_web_page`.

        Raises:
            TimedOut: It took longer than `limits.max_seconds` beside the time for fetching.
            IngestError: As `ingest.load_web_page`.
        """
        seconds = self.limits.max_seconds + _FETCHING_SECONDS
        request = _Request(address, None, None, self.limits, known, self._allow_private)
        page = self._load(request, address, seconds)
        assert isinstance(page, WebPage)
        return page

    def draw_page(self, path: Path, drawing: Drawing) -> PageImage:
        """Draw a page of a PDF.

        Raises:
            TimedOut: It took longer than `limits.max_seconds`.
            TooLarge: It takes more than `limits.max_memory`.
            UnreadableFile: It cannot be drawn.
        """
        request = _Request(path.name, path, None, self.limits, drawing=drawing)
        image = self._load(request, path.name, self.limits.max_seconds)
        assert isinstance(image, PageImage)
        return image

    def close(self) -> None:
        """End the process."""
        process, self._process = self._process, None
        self._served = 0
        if process is not None:
            _kill(process)
            process.wait()
            for stream in (process.stdin, process.stdout):
                if stream is not None:
                    with suppress(OSError):
                        stream.close()

    def _load(self, request: _Request, name: str, seconds: float) -> _Result:
        first = self._served == 0
        answer = self._ask(request, name, seconds)
        if answer is None and not first:
            # Perhaps an earlier file's fault: once more, in a new process.
            answer = self._ask(request, name, seconds)
        if answer is None and self._ended == -signal.SIGABRT:
            # So the libraries for PDF and images end where they get no more memory.
            limit = self.limits.max_memory // _MEGABYTE
            raise TooLarge(
                f"{name} takes more than {limit} MB of memory to read, or is made to break its reader. Check where it "
                "comes from; divide it, or raise the limit."
            )
        if answer is None:
            raise UnreadableFile(f"{name} cannot be read: the reader broke down over it. {_REMEDY}")
        if isinstance(answer, IngestError):
            raise answer
        return answer

    def _ask(self, request: _Request, name: str, seconds: float) -> _Result | IngestError | None:
        """What the process answers; None where it died over the file."""
        if self._served >= _FILES_A_PROCESS:
            self.close()
        process = self._process or self._start()
        assert process.stdin is not None and process.stdout is not None
        late = threading.Event()

        def stop() -> None:
            late.set()
            _kill(process)

        timer = threading.Timer(seconds, stop)
        timer.daemon = True
        timer.start()
        try:
            _send(process.stdin, request)
            answer = _receive(process.stdout)
        except (OSError, EOFError, pickle.UnpicklingError):
            with suppress(subprocess.TimeoutExpired):
                self._ended = process.wait(timeout=1)
            self.close()
            if late.is_set():
                limit = f"{seconds:.0f} s" if seconds >= 1 else f"{seconds:.2g} s"
                raise TimedOut(f"{name} was not read within {limit}; divide the file, or raise the limit.") from None
            return None
        except BaseException:
            self.close()
            raise
        finally:
            timer.cancel()
        self._served += 1
        if isinstance(answer, TooLarge) and "memory" in str(answer):
            # Memory that was once taken is seldom given back.
            self.close()
        expected = PageImage if request.drawing else WebPage if request.path is None else Document
        return answer if isinstance(answer, expected | IngestError) else None

    def _start(self) -> subprocess.Popen[bytes]:
        root = str(Path(__file__).parents[1])
        paths = os.pathsep.join(filter(None, (root, os.environ.get("PYTHONPATH"))))
        command = [sys.executable, "-P", "-c", self._program]
        self._process = subprocess.Popen(  # noqa: S603 - this interpreter and our own module
            command,
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            env=os.environ | {"PYTHONPATH": paths},
            start_new_session=True,
        )
        return self._process


def _kill(process: subprocess.Popen[bytes]) -> None:
    """End a process with all that it has started, such as text recognition."""
    try:
        os.killpg(process.pid, signal.SIGKILL)
    except (AttributeError, ProcessLookupError, PermissionError):
        process.kill()


def serve() -> None:
    """Answer requests on the standard streams until they end. What else is printed goes to standard error."""
    requests, answers = os.fdopen(os.dup(0), "rb"), os.fdopen(os.dup(1), "wb")
    os.dup2(os.open(os.devnull, os.O_RDONLY), 0)
    os.dup2(2, 1)
    # Ctrl+C reaches every process of the terminal; the one that asked decides.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    fetchers: dict[bool, Fetcher] = {}
    while True:
        try:
            request = _receive(requests)
        except EOFError:
            return
        assert isinstance(request, _Request)
        answer = _answer(request, fetchers)
        try:
            _send(answers, answer)
        except BrokenPipeError:
            return


def _answer(request: _Request, fetchers: dict[bool, Fetcher]) -> _Result | IngestError:
    name = request.path.name if request.path is not None else request.document_id
    _restrict(request.limits, 0.0 if request.path is not None else _FETCHING_SECONDS)
    try:
        return _loaded(request, fetchers)
    except IngestError as error:
        kind = next(known for known in type(error).__mro__ if known in _ERRORS)
        return _ERRORS[kind](str(error))
    except MemoryError:
        limit = request.limits.max_memory // _MEGABYTE
        return TooLarge(f"{name} takes more than {limit} MB of memory to read; divide the file, or raise the limit.")
    except Exception as error:
        return UnreadableFile(f"{name} cannot be read ({type(error).__name__}: {error}). {_REMEDY}")


def _loaded(request: _Request, fetchers: dict[bool, Fetcher]) -> _Result:
    if request.drawing is not None and request.path is not None:
        return draw_page(request.path, request.drawing.page, request.drawing.width, request.drawing.quote)
    from ingest.load import load_file, read_web_page

    if request.path is None:
        # One for all pages, as it remembers the rules of each site.
        fetcher = fetchers.setdefault(request.allow_private, Fetcher(allow_private=request.allow_private))
        return read_web_page(request.document_id, fetcher, request.limits, request.known)
    return load_file(request.path, request.document_id, password=request.password, limits=request.limits)


def _restrict(limits: Limits, more_seconds: float) -> None:
    """Have the kernel end this process where the one that asked is gone and cannot; and limit its memory."""
    with suppress(ImportError, ValueError, OSError, AttributeError):
        import resource

        signal.setitimer(signal.ITIMER_REAL, limits.max_seconds + more_seconds + 30)
        resource.setrlimit(resource.RLIMIT_AS, (limits.max_memory, resource.getrlimit(resource.RLIMIT_AS)[1]))
        resource.setrlimit(resource.RLIMIT_CORE, (0, 0))


def _send(stream: IO[bytes], message: object) -> None:
    pickled = pickle.dumps(message, pickle.HIGHEST_PROTOCOL)
    stream.write(_LENGTH.pack(len(pickled)))
    stream.write(pickled)
    stream.flush()


def _receive(stream: IO[bytes]) -> object:
    (length,) = _LENGTH.unpack(_exactly(stream, _LENGTH.size))
    return _OurClasses(io.BytesIO(_exactly(stream, length))).load()


def _exactly(stream: IO[bytes], length: int) -> bytes:
    content = stream.read(length)
    if len(content) < length:
        raise EOFError
    return content


class _OurClasses(pickle.Unpickler):
    """A parser that was taken over by the file that it read can send nothing else."""

    _ALLOWED: ClassVar = {
        (allowed.__module__, allowed.__name__): allowed
        for allowed in (
            *(Document, Page, Block, BlockKind, Fact, Field),
            *_ERRORS,
            *(_Request, Limits, Source, WebPage, type(Path())),
            *(Drawing, PageImage, Box),
        )
    }

    def find_class(self, module: str, name: str) -> object:
        try:
            return self._ALLOWED[module, name]
        except KeyError:
            raise pickle.UnpicklingError(f"{module}.{name} is not part of an answer") from None
