"""Pictures of every view for the documentation; `UTBLICK_SCREENSHOTS=1` keeps them in `docs/images`."""

import io
import os
from pathlib import Path

import pytest
from chat_page import open_source
from PIL import Image

from assistant.ui_language import texts_in

pytestmark = pytest.mark.browser

IMAGES = Path(__file__).parents[2] / "docs" / "images"
ASKED = {
    "sv": ("Vilka vänorter har Provköping och Exempelstad?", "Vad kostar en månlandning?"),
    "en": ("How much EU funding did Stockholm receive in 2021?", "What does a moon landing cost?"),
}


def keep(page, name: str, tmp_path: Path) -> None:
    """Take a picture when all is at rest; it must show something, and in colours enough for a page."""
    page.mouse.move(0, 0)
    page.wait_for_function("[...document.images].every((image) => image.complete && image.naturalWidth)")
    page.wait_for_timeout(300)
    picture = Image.open(io.BytesIO(page.screenshot())).convert("RGB")
    assert len(picture.resize((64, 64)).getcolors(4096)) > 20
    folder = IMAGES if os.environ.get("UTBLICK_SCREENSHOTS") == "1" else tmp_path
    picture.quantize(256, dither=Image.Dither.NONE).save(folder / f"{name}.png", optimize=True)


def answered(page, question: str, number: int = 1) -> None:
    page.locator("#ub-question").fill(question)
    page.keyboard.press("Enter")
    page.wait_for_selector(f"article:nth-of-type({number})[data-phase=complete]")


@pytest.mark.parametrize("language", ["sv", "en"])
def test_pictures_of_the_chat(open_page, address: str, language: str, tmp_path: Path) -> None:
    texts, (question, unanswered) = texts_in(language), ASKED[language]
    page = open_page(address, viewport={"width": 1280, "height": 880})
    page.locator(f".ub-switch[data-language={language}]").click()
    page.wait_for_selector(f"header[data-language={language}]")
    keep(page, f"chat-welcome-{language}", tmp_path)
    answered(page, question)
    open_source(page)
    keep(page, f"chat-answer-{language}", tmp_path)
    if page.locator(".ub-sheet").count():
        page.get_by_role("button", name=texts.view_text, exact=True).click()
        page.wait_for_selector(".ub-page mark:not(.ub-box)")
    page.locator(".ub-history summary").first.click()
    keep(page, f"chat-history-{language}", tmp_path)
    page.keyboard.press("Escape")
    page.get_by_role("button", name=texts.close).click()
    page.locator(".ub-scope summary").click()
    page.get_by_role("checkbox", name="Provköpings kommun").check()
    page.wait_for_selector("text=(Provköpings kommun)")
    keep(page, f"chat-scope-{language}", tmp_path)
    page.keyboard.press("Escape")
    answered(page, unanswered, 2)
    page.locator(".ub-feedback").nth(1).get_by_role("button", name=texts.feedback_no).click()
    page.locator(".ub-feedback").nth(1).evaluate("(one) => one.scrollIntoView({ block: 'end' })")
    keep(page, f"chat-feedback-{language}", tmp_path)


def test_pictures_of_other_screens(open_page, address: str, tmp_path: Path) -> None:
    dark = open_page(address, viewport={"width": 1280, "height": 880}, color_scheme="dark")
    answered(dark, ASKED["sv"][0])
    open_source(dark)
    keep(dark, "chat-dark-sv", tmp_path)
    narrow = open_page(address, viewport={"width": 390, "height": 844})
    answered(narrow, ASKED["sv"][0])
    narrow.locator("article").scroll_into_view_if_needed()
    keep(narrow, "chat-narrow-sv", tmp_path)
