"""Recognise the text of pages that are pictures, with the program Tesseract where it is installed.

Tesseract runs as a process of its own for each page: it can be stopped, and page images pass through pipes, never
through files.
"""

import logging
import os
import re
import shutil
import subprocess
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from ingest.hocr import read_hocr
from ingest.lines import Line
from ingest.ocr_layout import Reading, lines_of_readings, stroke_share
from ingest.pdfium import PDFIUM_LOCK, open_document, page_pixels

if TYPE_CHECKING:
    import numpy
    from numpy.typing import NDArray
    from pypdfium2 import PdfDocument

    _Pixels = NDArray[numpy.uint8]

INSTALL = (
    "install Tesseract with Swedish (Debian and Ubuntu: apt-get install tesseract-ocr tesseract-ocr-swe) and ingest "
    "it again"
)
"""What to do where a page cannot be recognised for want of the program."""

_log = logging.getLogger(__name__)
_BLANK = 24
_GLANCE_DPI = 36
_POOR = 0.6
_DOUBTFUL = 0.8
_NOISE = 0.4
_MOST_AT_ONCE = 4
_WORD = re.compile(r"[^\W\d_]{2}|\d")


@dataclass(frozen=True, slots=True)
class Ocr:
    """How pages are recognised, and what that may cost.

    Attributes:
        languages: Tesseract's names of languages, the most likely first; those not installed are left out.
        dpi: Resolution in which a page is drawn.
        page_seconds: Time for one page; a page that takes longer stays unread.
        max_seconds: Time for all pages of a document; those left over stay unread.
        max_pages: Pages of a document that are recognised; those after them stay unread.
    """

    languages: tuple[str, ...] = ("swe", "eng")
    dpi: int = 300
    page_seconds: float = 60.0
    max_seconds: float = 150.0
    max_pages: int = 300


@dataclass(frozen=True, slots=True)
class OcrPage:
    """A page that was recognised.

    Attributes:
        lines: Its lines in reading order; none where it shows no text.
        confidence: Mean of what Tesseract says of its words, by their length, from 0 to 1; 0 without words.
    """

    lines: tuple[Line, ...]
    confidence: float


def installed_languages() -> frozenset[str]:
    """The languages that Tesseract can read here; none where it is not installed."""
    program = shutil.which("tesseract")
    if program is None:
        return frozenset()
    try:
        listed = subprocess.run([program, "--list-langs"], capture_output=True, text=True, timeout=30, check=True)  # noqa: S603
    except (OSError, subprocess.SubprocessError) as error:
        _log.warning("Tesseract is installed and does not run: %s", error)
        return frozenset()
    return frozenset(line.strip() for line in listed.stdout.splitlines()[1:]) - {"osd", "equ"}


def recognise_pages(
    path: Path, numbers: Sequence[int], password: str | None = None, ocr: Ocr | None = None
) -> dict[int, OcrPage | None]:
    """Recognise pages of a PDF. Not to be called while `PDFIUM_LOCK` is held, as pages are drawn in threads.

    Args:
        path: The file.
        numbers: Which pages, counted from 1.
        password: Opens an encrypted file.
        ocr: How; else with the defaults.

    Returns:
        For each of the pages that is not blank what was recognised; None where that was not possible, for the reason
        that is logged.
    """
    ocr = ocr or Ocr()
    shown = _not_blank(path, numbers, password)
    languages = _languages(ocr.languages) if shown else ()
    if not languages:
        return dict.fromkeys(shown)
    deadline = time.monotonic() + ocr.max_seconds

    def recognise(number: int) -> Reading | None:
        return _recognise(path, number, password, languages, ocr, deadline)

    with ThreadPoolExecutor(min(os.cpu_count() or 1, _MOST_AT_ONCE)) as threads:
        read = dict(zip(shown, threads.map(recognise, shown[: ocr.max_pages]), strict=False))
    unread = [str(number) for number in shown if read.get(number) is None]
    if unread:
        _log.warning("%s: text recognition left out pages %s", path.name, ", ".join(unread))
    readings = {number: reading for number, reading in read.items() if reading is not None}
    lines = lines_of_readings(readings)
    pages = {number: OcrPage(tuple(lines[number]), round(it.confidence, 3)) for number, it in readings.items()}
    return dict.fromkeys(shown) | pages


def _not_blank(path: Path, numbers: Sequence[int], password: str | None) -> list[int]:
    """Those of the pages that can be drawn and show something."""
    with PDFIUM_LOCK:
        document, _ = open_document(path, password)
        if document is None:
            return []
        try:
            return [number for number in numbers if _shows_something(document, number)]
        finally:
            document.close()


def _shows_something(document: "PdfDocument", number: int) -> bool:
    drawn = page_pixels(document, number - 1, _GLANCE_DPI)
    return drawn is not None and int(drawn[0].max()) - int(drawn[0].min()) >= _BLANK


def _languages(wanted: Sequence[str]) -> tuple[str, ...]:
    """Those of the wanted languages that are installed, else another one."""
    installed = installed_languages()
    missing = [language for language in wanted if language not in installed]
    if installed and missing:
        packages = " ".join(f"tesseract-ocr-{language.replace('_', '-')}" for language in missing)
        _log.warning("Tesseract lacks the languages %s (Debian: %s)", ", ".join(missing), packages)
    found = tuple(language for language in wanted if language in installed)
    return found or tuple(sorted(installed))[:1]


def _recognise(
    path: Path, number: int, password: str | None, languages: Sequence[str], ocr: Ocr, deadline: float
) -> Reading | None:
    """What is read on a page; None where it cannot be drawn or read, or time is up."""
    if time.monotonic() >= deadline:
        return None
    with PDFIUM_LOCK:
        document, _ = open_document(path, password)
        if document is None:
            return None
        try:
            drawn = page_pixels(document, number - 1, ocr.dpi)
        finally:
            document.close()
    if drawn is None:
        return None
    end = min(time.monotonic() + ocr.page_seconds, deadline)
    try:
        return _read_upright(*drawn, languages, end)
    except subprocess.TimeoutExpired:
        _log.warning("%s: recognising page %d took more than its time", path.name, number)
    except (OSError, subprocess.SubprocessError) as error:
        _log.warning("%s: page %d is not recognised: %s", path.name, number, error)
    return None


def _read_upright(pixels: "_Pixels", dpi: float, languages: Sequence[str], end: float) -> Reading:
    """What is read on a page, turned first where it is not upright; no lines where nothing makes sense."""
    reading = _read(pixels, dpi, languages, end)
    sideways = _runs_upwards(reading)
    if (sideways or reading.confidence < _DOUBTFUL) and (turns := _quarter_turns(pixels, dpi, end)):
        import numpy

        turned = _read(numpy.rot90(pixels, -turns), dpi, languages, end)
        reading = turned if sideways or turned.confidence > reading.confidence else reading
    return reading if reading.confidence >= _POOR else Reading((), (), dpi, reading.height, reading.confidence)


def _read(pixels: "_Pixels", dpi: float, languages: Sequence[str], end: float) -> Reading:
    found = read_hocr(_run_tesseract(pixels, dpi, ("-l", "+".join(languages), "hocr"), end))
    lines = tuple(line for line in found if line.confidence >= _NOISE and _WORD.search(line.text))
    letters = sum(len(word.text) for line in lines for word in line.words)
    sure = sum(len(word.text) * word.confidence for line in lines for word in line.words)
    strokes = tuple(stroke_share(pixels, line) for line in lines)
    return Reading(lines, strokes, dpi, pixels.shape[0], sure / letters if letters else 0.0)


def _runs_upwards(reading: Reading) -> bool:
    """Whether most text was recognised in lines that run up or down the page."""
    letters = sum(len(line.text) for line in reading.lines)
    return 2 * sum(len(line.text) for line in reading.lines if line.is_upright) > letters


def _quarter_turns(pixels: "_Pixels", dpi: float, end: float) -> int:
    """By how many quarters a page is to be turned clockwise to stand upright."""
    try:
        told = _run_tesseract(pixels, dpi, ("--psm", "0"), end).decode("utf-8", errors="replace")
    except subprocess.CalledProcessError:  # it sees too few characters to tell, or lacks the data to (`osd`)
        return 0
    rotate = re.search(r"Rotate: (\d+)", told)
    return int(rotate[1]) // 90 % 4 if rotate else 0


def _run_tesseract(pixels: "_Pixels", dpi: float, arguments: Sequence[str], end: float) -> bytes:
    """What the program writes about an image.

    Raises:
        OSError: It does not start.
        subprocess.SubprocessError: It fails, or takes too long.
    """
    program = shutil.which("tesseract")
    if program is None:
        raise FileNotFoundError("Tesseract is no longer installed")
    height, width = pixels.shape
    done = subprocess.run(  # noqa: S603 - our own arguments
        [program, "stdin", "stdout", "--dpi", str(round(dpi)), *arguments],
        input=b"P5 %d %d 255\n" % (width, height) + pixels.tobytes(),
        capture_output=True,
        timeout=max(end - time.monotonic(), 0.01),
        # Pages side by side make better use of processors than threads within a page.
        env=os.environ | {"OMP_THREAD_LIMIT": "1"},
        check=True,
    )
    return done.stdout
