"""Read hOCR, the HTML in which Tesseract tells what it recognised and where."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from ingest.characters import clean_line

if TYPE_CHECKING:
    from lxml.etree import _Element as Element

Box = tuple[int, int, int, int]
"""Left, top, right and bottom edge in pixels from the top left corner."""

_LINES = "ocr_line ocr_header ocr_textfloat ocr_caption".split()
_X = "{http://www.w3.org/1999/xhtml}"
_BOX = re.compile(r"bbox (\d+) (\d+) (\d+) (\d+)")


@dataclass(frozen=True, slots=True)
class OcrWord:
    """A recognised word.

    Attributes:
        text: What it says, never empty.
        box: Where it stands.
        confidence: From 0 to 1.
    """

    text: str
    box: Box
    confidence: float


@dataclass(frozen=True, slots=True)
class OcrLine:
    """A recognised line. Distances are in pixels.

    Attributes:
        words: At least one.
        box: Where it stands.
        slope: By how much its baseline falls for each pixel to the right.
        offset: Where its baseline is at its left edge, from the bottom of its box.
        size: Height from the lowest descender to the highest ascender: the type size.
        x_height: Height of its small letters.
        block: Number of the block of text that it is part of.
    """

    words: tuple[OcrWord, ...]
    box: Box
    slope: float
    offset: float
    size: float
    x_height: float
    block: int = 0

    @property
    def x0(self) -> int:
        """Left edge."""
        return self.box[0]

    @property
    def x1(self) -> int:
        """Right edge."""
        return self.box[2]

    @property
    def text(self) -> str:
        """Its words."""
        return " ".join(word.text for word in self.words)

    @property
    def is_upright(self) -> bool:
        """Whether it runs up or down the page."""
        return len(self.text) > 3 and self.box[3] - self.box[1] > 1.5 * (self.box[2] - self.box[0])

    @property
    def confidence(self) -> float:
        """Mean confidence of its words by their length."""
        return sum(word.confidence * len(word.text) for word in self.words) / sum(len(word.text) for word in self.words)

    def baseline(self, x: float) -> float:
        """Where its baseline is at `x`, from the top of the page."""
        return self.box[3] + self.offset + self.slope * (x - self.box[0])


def read_hocr(hocr: bytes) -> list[OcrLine]:
    """The lines of a page in the order in which Tesseract reads them; none where the output is cut short."""
    from lxml import etree

    try:
        root = etree.fromstring(hocr, etree.XMLParser(resolve_entities=False, no_network=True, recover=True))
    except etree.XMLSyntaxError:  # empty
        return []
    return list(_lines(root)) if root is not None else []


def _lines(root: "Element") -> Iterator[OcrLine]:
    block = 0
    for element in root.iter(f"{_X}div", f"{_X}span"):
        block += element.get("class") == "ocr_carea"
        title = element.get("title") or ""
        box = _box(title)
        words = tuple(_words(element))
        if element.get("class") not in _LINES or box is None or not words:
            continue
        slope, offset = _numbers(title, "baseline", 2) or (0.0, 0.0)
        (size,) = _numbers(title, "x_size", 1) or (float(box[3] - box[1]),)
        (below,) = _numbers(title, "x_descenders", 1) or (0.2 * size,)
        (above,) = _numbers(title, "x_ascenders", 1) or (0.2 * size,)
        x_height = size - below - above
        yield OcrLine(words, box, slope, offset, max(size, 1.0), max(x_height, 1.0), block)


def _words(line: "Element") -> Iterator[OcrWord]:
    for element in line.iter(f"{_X}span"):
        title = element.get("title") or ""
        text = clean_line("".join(str(piece) for piece in element.itertext()))
        box = _box(title)
        if element.get("class") == "ocrx_word" and text and box is not None:
            (confidence,) = _numbers(title, "x_wconf", 1) or (0.0,)
            yield OcrWord(text, box, confidence / 100)


def _box(title: str) -> Box | None:
    found = _BOX.search(title)
    return (int(found[1]), int(found[2]), int(found[3]), int(found[4])) if found else None


def _numbers(title: str, name: str, count: int) -> tuple[float, ...] | None:
    found = re.search(rf"\b{name}((?: -?[\d.]+(?:e-?\d+)?){{{count}}})", title)
    return tuple(float(number) for number in found[1].split()) if found else None
