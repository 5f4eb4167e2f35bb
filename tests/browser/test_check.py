"""Checking an answer where it was read: the original's page as picture and as text, and the original itself."""

import re

import pytest
from chat_page import QUESTION, ask, marked, open_source, plain

pytestmark = pytest.mark.browser


def test_page_is_drawn_and_its_highlight_lies_on_it(open_page, address: str, assistant) -> None:
    page = open_page(address)
    ask(page, QUESTION)
    open_source(page)
    page.wait_for_function("document.querySelector('.ub-sheet img').naturalWidth >= 1400")
    sheet = page.locator(".ub-sheet").bounding_box()
    boxes = [box.bounding_box() for box in page.locator(".ub-box").all()]
    assert len(boxes) > 1
    for box in boxes:
        assert sheet["x"] <= box["x"] < box["x"] + box["width"] <= sheet["x"] + sheet["width"]
        assert sheet["y"] <= box["y"] < box["y"] + box["height"] <= sheet["y"] + sheet["height"]
        assert box["height"] < sheet["height"] / 20
    assert marked(page) == plain(assistant.ask(QUESTION).citations[0].quote)


def test_page_is_enlarged_and_stays_so(open_page, address: str, assistant) -> None:
    page = open_page(address)
    ask(page, QUESTION)
    open_source(page)
    width = page.locator(".ub-sheet").bounding_box()["width"]
    assert page.get_by_role("button", name="Förminska").is_disabled()
    for _ in range(4):
        page.get_by_role("button", name="Förstora").click()
    assert page.locator(".ub-zoom").inner_text() == "300 %"
    assert page.get_by_role("button", name="Förstora").is_disabled()
    assert page.locator(".ub-sheet").bounding_box()["width"] == pytest.approx(3 * width, rel=0.01)
    page.wait_for_function("document.querySelector('.ub-sheet img').naturalWidth >= 2800")
    shown = assistant.ask(QUESTION).citations[0].page
    page.get_by_role("button", name="Nästa sida").click()
    page.wait_for_selector(f"text=Sida {shown + 1} av")
    page.wait_for_selector(".ub-zoom >> text=300 %")
    assert page.locator(".ub-sheet").bounding_box()["width"] == pytest.approx(3 * width, rel=0.01)
    page.get_by_role("button", name="Förminska").click()
    assert page.locator(".ub-zoom").inner_text() == "200 %"


def test_page_can_be_read_as_text(open_page, address: str) -> None:
    page = open_page(address)
    ask(page, QUESTION)
    open_source(page)
    quote = marked(page)
    page.get_by_role("button", name="Text", exact=True).click()
    page.wait_for_selector(".ub-page mark:not(.ub-box)")
    assert marked(page) == quote
    assert page.locator(".ub-sheet").count() == 0
    assert page.locator(".ub-page :is(h3, h4)").count() > 0
    page.get_by_role("button", name="Nästa källa").click()
    page.wait_for_selector("text=Källa 2 av")
    assert page.locator(".ub-sheet").count() == 0
    page.get_by_role("button", name="Sida", exact=True).click()
    page.wait_for_selector(".ub-sheet mark")


def test_original_opens_at_its_page(open_page, address: str, assistant, samples) -> None:
    page = open_page(address)
    ask(page, QUESTION)
    open_source(page)
    citation = assistant.ask(QUESTION).citations[0]
    link = page.get_by_role("link", name="Öppna originalet")
    assert link.get_attribute("href").endswith(f"#page={citation.page}")
    assert link.get_attribute("target") == "_blank"
    response = page.request.get(address + link.get_attribute("href").split("#")[0])
    assert response.body() == (samples / citation.document).read_bytes()
    assert response.headers["content-type"] == "application/pdf"


def test_word_document_is_text_with_its_original_to_fetch(open_page, address: str) -> None:
    page = open_page(address)
    page.get_by_role("button", name=re.compile("Internationell strategi för Region Mellansjö")).click()
    page.wait_for_selector("[data-view=source]")
    assert page.locator(".ub-sheet").count() == 0
    with page.expect_download() as download:
        page.get_by_role("link", name="Hämta originalet").click()
    assert download.value.suggested_filename.endswith(".docx")


def test_document_tells_its_facts(open_page, address: str) -> None:
    page = open_page(address)
    ask(page, QUESTION)
    open_source(page)
    assert page.locator(".ub-meta").all_inner_texts() == [
        "Exempelstads kommun · Årsrapport · 2023 · PDF",
        "Antaget: kommunstyrelsen 2024-03-13",
    ]
    page.get_by_text("Om dokumentet").click()
    assert "KS 2024/0117" in page.locator(".ub-source dl").inner_text()
