"""The compare view in a real browser: fill a grid, open its sources, save it, and read back what was saved."""

import os
import re
import threading
from pathlib import Path

import pytest
from chat_page import plain, speak
from docx import Document
from openpyxl import load_workbook
from test_accessible import violations

from assistant.settings import Settings
from assistant.ui_language import texts_in

pytestmark = pytest.mark.browser

IMAGES = Path(__file__).parents[2] / "docs" / "images"
QUESTIONS = "\n".join(
    (
        "Vilka vänorter finns?",
        "Hur mycket EU-finansiering har beviljats?",
        "Vem beslutar om medlemskap i nätverk?",
        "Vad är målet med det internationella arbetet?",
    )
)
NAMES = ("Exempelstads kommun", "Provköpings kommun", "Region Mellansjö")


def open_compare(open_page, address: str, language: str = "sv", **options):
    page = open_page(address, **options)
    page.locator(".ub-view-link[href='#compare']").click()
    page.wait_for_selector(".ub-compare-form")
    if language == "en":
        switch_language(page, "en")
    return page


def switch_language(page, language: str) -> None:
    speak(page, language, "#ub-compare-title", texts_in(language).compare.heading)


def start(page, questions: str = QUESTIONS, names: tuple[str, ...] = NAMES) -> None:
    page.locator("#ub-questions").fill(questions)
    for name in names:
        page.locator("#ub-compare-form").get_by_label(name, exact=True).check()
    page.locator("#ub-compare-form button[type=submit]").click()


def complete(page) -> None:
    page.wait_for_selector(".ub-compare[data-working=false] .ub-grid")


def download(page, name: str, folder: Path) -> Path:
    with page.expect_download() as waiting:
        page.get_by_role("link", name=name).click()
    target = folder / waiting.value.suggested_filename
    waiting.value.save_as(target)
    return target


class Held:
    """The real assistant, which answers one question each time it is let."""

    def __init__(self, assistant) -> None:
        self._assistant = assistant
        self.documents, self.document = assistant.documents, assistant.document
        self.gate = threading.Semaphore(0)

    def stream(self, question, history=(), scope=None):
        self.gate.acquire(timeout=20)
        yield from self._assistant.stream(question, history, scope)


@pytest.fixture
def held(assistant, serving, tmp_path: Path):
    """An assistant that is held, and the address of a page over it."""
    made = Held(assistant)
    with serving(made, tmp_path, settings=Settings(data=tmp_path)) as address:
        yield made, address
        made.gate.release(1000)


def test_grid_fills_cell_by_cell_and_goes_on_while_the_page_is_reloaded(open_page, held) -> None:
    assistant, address = held
    page = open_compare(open_page, address)
    start(page)
    page.wait_for_selector(".ub-compare[data-working=true]")
    assert page.locator(".ub-grid td[data-state=found]").count() == 0
    assistant.gate.release(2)
    page.wait_for_selector(".ub-compare-head >> text=2 av 12 rutor är klara")
    assert page.locator(".ub-grid td[data-state=found]").count() == 2
    page.reload()
    page.wait_for_selector(".ub-compare-head >> text=2 av 12 rutor är klara")
    assert page.locator("#ub-questions").input_value() == QUESTIONS
    assistant.gate.release(1)
    page.wait_for_selector(".ub-compare-head >> text=3 av 12 rutor är klara")
    page.get_by_role("button", name="Stoppa").click()
    assistant.gate.release(1)
    page.wait_for_selector(".ub-compare-head >> text=/Stoppad: [34] av 12/")
    assistant.gate.release(12)
    page.get_by_role("button", name="Fortsätt").click()
    page.wait_for_selector(".ub-compare-head >> text=Jämförelsen är klar")


def test_each_cell_has_an_answer_with_its_source_or_says_that_it_is_not_stated(open_page, address, assistant) -> None:
    page = open_compare(open_page, address)
    start(page)
    complete(page)
    cells = page.locator(".ub-grid td")
    assert cells.count() == 12
    found = page.locator(".ub-grid td[data-state=found]")
    assert 0 < found.count() < 12
    for cell in found.all():
        assert cell.locator(".ub-marker").count() > 0
    for cell in page.locator(".ub-grid td:not([data-state=found])").all():
        assert "Framgår inte" in cell.inner_text()
    marker = found.first.locator(".ub-marker").first
    assert "Källa 1: " in marker.get_attribute("aria-label")
    marker.click()
    page.wait_for_selector("#ub-compare-source mark")
    quote = plain(
        page.locator(
            "#ub-compare-source .ub-quoted q, #ub-compare-source .ub-page mark:not(.ub-box)"
        ).first.text_content()
    )
    told = plain(page.locator(".ub-sources li").first.locator("q").text_content())
    assert quote.split()[:3] == told.split()[:3]
    assert page.evaluate("document.activeElement.id") == "ub-compared-title"
    page.locator("#ub-compare-source").get_by_role("button", name="Text", exact=True).click()
    page.wait_for_selector("#ub-compare-source .ub-page mark:not(.ub-box)")
    page.locator("#ub-compare-source [data-event=close]").click()
    page.wait_for_function("document.activeElement.matches('#ub-compare-grid .ub-marker')")
    near = page.locator(".ub-grid td:not([data-state=found])").get_by_role("button", name="Närmast i dokumenten").first
    near.click()
    page.wait_for_selector("#ub-compare-source [data-view=source]")
    assert page.locator("#ub-source [data-view=documents]").count() == 1, "the chat's own panel stays as it was"


@pytest.mark.parametrize("language", ["sv", "en"])
def test_grid_is_saved_and_what_was_saved_says_the_same(open_page, address: str, language: str, tmp_path) -> None:
    texts = texts_in(language).compare
    page = open_compare(open_page, address, language)
    start(page, QUESTIONS)
    complete(page)
    shown = [plain(text) for text in page.locator(".ub-grid td").all_text_contents()]
    sources = page.locator(".ub-sources li").count()
    file = download(page, texts.excel, tmp_path)
    assert file.name.startswith(f"utblick-{texts.file_name}-")
    book = load_workbook(file, rich_text=True)
    sheet, listed = book.worksheets
    assert [sheet.cell(4, column).value for column in (2, 3, 4)] == list(NAMES)
    assert listed.max_row == sources + 1
    saved = [str(sheet.cell(row, column).value) for row in range(5, 9) for column in (2, 3, 4)]
    for on_page, in_file in zip(shown, saved, strict=True):
        words = plain(re.sub(r"\[\d+\]|•", " ", in_file)).split()
        assert words[:4] == re.sub(r"(?<=\s)\d+(?=\s|$)", "", on_page).split()[:4] or words[0] in on_page
        assert (texts.not_found in on_page) == (in_file == texts.not_found)
    for row in listed.iter_rows(min_row=2):
        target = row[2].hyperlink.target
        answer = page.request.get(target.split("#")[0])
        assert answer.ok and len(answer.body()) > 100, target
        assert row[0].hyperlink.location or row[0].hyperlink.target
    document = Document(download(page, texts.word, tmp_path))
    text = "\n".join(node.text or "" for node in document.element.body.iter() if node.tag.endswith("}t"))
    for name in NAMES:
        assert name in text
    assert texts.not_found in text
    assert text.count(texts.back) == sources > 0


def test_documents_are_compared_as_well(open_page, address: str, assistant) -> None:
    records = [record for record in assistant.documents() if record.organisation == "Exempelstads kommun"]
    page = open_compare(open_page, address)
    page.get_by_role("radio", name="Dokument").check()
    form = page.locator("#ub-compare-form")
    assert form.get_by_label("Exempelstads kommun", exact=True).is_hidden()
    page.locator("#ub-questions").fill("Vilka vänorter finns?")
    for record in records:
        form.locator(f"input[value='{record.id}']").check()
    assert "1 × 2 = 2 rutor" in form.inner_text()
    form.locator("button[type=submit]").click()
    complete(page)
    assert page.locator(".ub-grid thead th").all_inner_texts()[1:] == sorted(record.title for record in records)
    form.get_by_role("button", name="Välj alla").click()
    assert f"= {len(assistant.documents())} rutor" in form.inner_text()
    form.get_by_role("button", name="Välj inga").click()
    form.locator("button[type=submit]").click()
    page.wait_for_selector("text=Välj minst en organisation eller ett dokument.")
    page.locator("#ub-questions").fill(" ")
    form.locator("button[type=submit]").click()
    page.wait_for_selector("text=Skriv minst en fråga.")
    page.locator("#ub-questions").fill("\n".join(f"Fråga {n}?" for n in range(21)))
    form.get_by_role("button", name="Välj alla").click()
    form.locator("button[type=submit]").click()
    page.wait_for_selector("text=Ställ högst 20 frågor åt gången.")


def test_earlier_comparisons_are_opened_and_removed_and_are_ones_own(open_page, address: str) -> None:
    page = open_compare(open_page, address)
    start(page, "Vilka vänorter finns?", NAMES[:1])
    complete(page)
    page.locator("#ub-questions").fill("Vem beslutar om medlemskap i nätverk?")
    page.locator("#ub-compare-form button[type=submit]").click()
    page.wait_for_selector(".ub-grid >> text=Vem beslutar om medlemskap")
    complete(page)
    page.locator(".ub-compare-head summary").click()
    page.get_by_role("button", name=re.compile("^Vilka vänorter finns")).click()
    page.wait_for_selector(".ub-grid >> text=Vilka vänorter finns?")
    link = page.get_by_role("link", name="Hämta som Excel").get_attribute("href")
    assert page.request.get(address + link).ok
    other = open_compare(open_page, address)
    assert other.locator(".ub-grid").count() == 0
    assert other.request.get(address + link).status == 404
    page.get_by_role("button", name="Ta bort jämförelsen").click()
    page.wait_for_selector(".ub-grid >> text=Vem beslutar om medlemskap")
    assert page.locator(".ub-compare-head summary").count() == 0


def test_hostile_documents_and_questions_do_nothing(open_page, hostile_address: str, tmp_path: Path) -> None:
    page = open_compare(open_page, hostile_address)
    question = 'Hur mycket EU-stöd fick kommunen 2024? <img src=x onerror="window.harmed = 20"> =1+1'
    page.get_by_role("radio", name="Dokument").check()
    page.locator("#ub-compare-form").get_by_role("button", name="Välj alla").click()
    page.locator("#ub-questions").fill(question)
    page.locator("#ub-compare-form button[type=submit]").click()
    complete(page)
    assert question in page.locator(".ub-grid tbody th").inner_text()
    page.locator(".ub-grid button").first.click()
    page.wait_for_selector("#ub-compare-source [data-view=source]")
    switch_language(page, "en")
    assert page.evaluate("window.harmed") is None
    assert page.locator("#ub-view-compare :is(img, script, iframe, svg)").count() == 0
    book = load_workbook(download(page, "Download for Excel", tmp_path))
    assert {cell.data_type for sheet in book for row in sheet for cell in row} <= {"s", "n", "inlineStr"}


@pytest.mark.parametrize("language", ["sv", "en"])
def test_no_rule_of_wcag_is_broken_and_pictures_for_the_documentation(
    open_page, address: str, language: str, tmp_path: Path
) -> None:
    page = open_compare(open_page, address, language, viewport={"width": 1440, "height": 1150})
    assert violations(page) == []
    start(page, QUESTIONS)
    complete(page)
    page.locator(".ub-sources summary").click()
    assert violations(page) == []
    page.locator(".ub-sources summary").click()
    page.locator(".ub-grid .ub-marker").first.click()
    page.wait_for_selector("#ub-compare-source mark")
    page.wait_for_timeout(300)
    page.mouse.move(0, 0)
    assert violations(page) == []
    page.evaluate("document.body.classList.remove('dark')")
    page.locator("#ub-compare-below").evaluate("(below) => below.scrollIntoView({ block: 'start' })")
    page.wait_for_timeout(300)
    folder = IMAGES if os.environ.get("UTBLICK_SCREENSHOTS") == "1" else tmp_path
    assert len(page.screenshot(path=folder / f"compare-{language}.png")) > 20_000


def test_each_language_is_the_only_one_in_the_view(open_page, address: str) -> None:
    page = open_compare(open_page, address)
    start(page)
    complete(page)
    for code, other in (("sv", "en"), ("en", "sv")):
        switch_language(page, code)
        text = page.evaluate(
            """() => {
              const copy = document.getElementById('ub-view-compare').cloneNode(true);
              for (const node of copy.querySelectorAll('th, td [lang], q, .ub-sources span, label')) node.remove();
              return copy.textContent;
            }"""
        )
        foreign = strings(other) - strings(code)
        assert {word for word in foreign if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)} == set()


def strings(language: str) -> set[str]:
    """Strings of the view that have nothing to fill in."""
    texts = texts_in(language).compare
    values = [getattr(texts, name) for name in texts.__dataclass_fields__]
    return {value for value in values if isinstance(value, str) and "{" not in value}


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_view_fits_its_width(open_page, address: str, width: int) -> None:
    page = open_compare(open_page, address, viewport={"width": width, "height": 800})
    start(page)
    complete(page)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.locator(".ub-grid .ub-marker").first.click()
    page.wait_for_selector("#ub-compare-source mark")
    page.wait_for_timeout(300)
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    mark = page.locator("#ub-compare-source mark").first.bounding_box()
    assert 0 <= mark["y"] < 800


def test_grid_is_made_and_read_by_keyboard_alone(open_page, address: str) -> None:
    page = open_compare(open_page, address)

    def tab_to(selector: str) -> None:
        for _ in range(80):
            page.keyboard.press("Tab")
            if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"{selector} was not reached")

    tab_to("#ub-questions")
    page.keyboard.type("Hur många vänorter har kommunen?")
    tab_to("#ub-compare-form input[name=organisation]")
    page.keyboard.press("Space")
    tab_to("#ub-compare-form button[type=submit]")
    page.keyboard.press("Enter")
    complete(page)
    tab_to(".ub-grid")
    tab_to(".ub-grid .ub-marker")
    page.keyboard.press("Enter")
    page.wait_for_function("document.activeElement.id === 'ub-compared-title'")
    tab_to("#ub-compare-source [data-event=turn]:not([disabled])")
    page.keyboard.press("Enter")
    page.wait_for_timeout(500)
    assert page.evaluate("document.activeElement.closest('#ub-compare-source') !== null")
