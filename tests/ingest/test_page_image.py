import io
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from PIL import Image, ImageDraw

from ingest.errors import UnreadableFile
from ingest.limits import Limits
from ingest.load import load_file
from ingest.locate import Box, Glyph, locate_quote
from ingest.page_image import draw_page
from ingest.worker import Drawing, LoadWorker, TimedOut


def set_text(*lines: str) -> list[Glyph]:
    """Characters in boxes a hundredth of the page wide, lines a tenth apart."""
    return [
        Glyph(sign, column / 100, row / 10, (column + 1) / 100, row / 10 + 0.05)
        for row, line in enumerate(lines)
        for column, sign in enumerate(line)
    ]


def said(glyphs: list[Glyph], boxes: tuple[Box, ...]) -> list[str]:
    """What stands in each box."""
    return [
        "".join(
            glyph.text
            for glyph in glyphs
            if box.left <= (glyph.left + glyph.right) / 2 <= box.right
            and box.top <= (glyph.top + glyph.bottom) / 2 <= box.bottom
        )
        for box in boxes
    ]


def test_quote_is_covered_line_by_line() -> None:
    page = set_text("Det är så. Nio mål", "gäller för inter-", "nationellt arbete. Slut.")
    boxes = locate_quote(page, "Nio mål gäller för internationellt arbete.")
    assert said(page, boxes) == ["Nio mål", "gäller för inter-", "nationellt arbete."]


def test_quote_is_found_although_a_footnote_mark_was_left_out() -> None:
    page = set_text("Staden är med i tre nätverk12 i Europa sedan 1998.")
    boxes = locate_quote(page, "Staden är med i tre nätverk i Europa sedan 1998.")
    assert "Staden är med i tre" in " ".join(said(page, boxes))
    assert "sedan 1998." in " ".join(said(page, boxes))


def test_boxes_of_close_lines_do_not_overlap() -> None:
    close = [replace(glyph, bottom=glyph.top + 0.13) for glyph in set_text("Nio mål", "gäller nu.", "Slut.")]
    first, second = locate_quote(close, "Nio mål gäller nu.")
    assert first.bottom == second.top == pytest.approx(0.115)
    assert second.bottom == pytest.approx(0.23)


@pytest.mark.parametrize("quote", ["", "…", "Något helt annat står inte här.", "mål nio gäller inte alls här"])
def test_what_does_not_stand_there_is_not_marked(quote: str) -> None:
    assert locate_quote(set_text("Nio mål gäller."), quote) == ()


@given(st.text("ab1 -.\u00ad", max_size=40), st.data())
def test_any_part_of_a_page_is_found_on_it(text: str, data) -> None:
    start = data.draw(st.integers(0, len(text)))
    quote = text[start : data.draw(st.integers(start, len(text)))]
    boxes = locate_quote(set_text(text), quote)
    assert bool(boxes) == any(sign.isalnum() for sign in quote)
    assert all(0 <= box.left < box.right <= 1 for box in boxes)


def test_paragraphs_of_the_samples_are_found_where_they_stand(samples: Path) -> None:
    path = samples / "region-mellansjo-program-2024-2027.pdf"
    document = load_file(path, path.name)
    checked = 0
    for block in document.blocks:
        page = document.page_at(block.start)
        if block.kind != "paragraph" or block.end > page.end:
            continue
        image = draw_page(path, page.number, 1400, document.text[block.start : block.end])
        assert image.boxes, document.text[block.start : block.end]
        assert ink_within(image.png, image.boxes) > 0.02
        checked += 1
    assert checked > 10


def ink_within(png: bytes, boxes: tuple[Box, ...]) -> float:
    """The share of dark pixels in the boxes."""
    picture = Image.open(io.BytesIO(png)).convert("L")
    mask = Image.new("1", picture.size)
    for box in boxes:
        edges = [box.left * picture.width, box.top * picture.height, box.right * picture.width]
        ImageDraw.Draw(mask).rectangle([*edges, box.bottom * picture.height], fill=1)
    pixels = [
        level for level, inside in zip(picture.get_flattened_data(), mask.get_flattened_data(), strict=True) if inside
    ]
    return sum(level < 128 for level in pixels) / len(pixels)


def test_picture_is_as_wide_as_asked(samples: Path) -> None:
    image = draw_page(samples / "region-mellansjo-program-2024-2027.pdf", 1, 700)
    assert Image.open(io.BytesIO(image.png)).size == (image.width, image.height)
    assert abs(image.width - 700) <= 1


def test_page_that_is_not_there_is_named(samples: Path) -> None:
    with pytest.raises(UnreadableFile, match="Page 99"):
        draw_page(samples / "region-mellansjo-program-2024-2027.pdf", 99, 700)


def test_page_is_drawn_in_another_process(samples: Path) -> None:
    path = samples / "region-mellansjo-program-2024-2027.pdf"
    with LoadWorker(Limits(max_seconds=60)) as worker:
        assert worker.draw_page(path, Drawing(1, 700)) == draw_page(path, 1, 700)
        with pytest.raises(UnreadableFile):
            worker.draw_page(path.with_name("english-summary-three-swedish-cities.md"), Drawing(1, 700))


def test_page_that_takes_too_long_is_given_up(samples: Path) -> None:
    with LoadWorker(Limits(max_seconds=0.001)) as worker, pytest.raises(TimedOut):
        worker.draw_page(samples / "region-mellansjo-program-2024-2027.pdf", Drawing(1, 2800))
