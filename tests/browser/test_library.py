"""The library view in a real browser: adding, what becomes of each file, removing, and who may."""

import io
import os
import re
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest
from chat_page import speak
from reportlab.lib.pagesizes import A4
from reportlab.pdfgen.canvas import Canvas
from test_accessible import violations

from assistant.assistant import Assistant
from assistant.library import Library
from assistant.settings import Settings
from assistant.ui_language import texts_in
from vectorstore.store import Store

pytestmark = pytest.mark.browser

IMAGES = Path(__file__).parents[2] / "docs" / "images"
HOSTILE = 'plan <img src=x onerror="window.harmed=1"> ${window.harmed=2} ..md'
LOCAL = "Skurköpings kommun fick 17 miljoner kronor i EU-stöd 2024."


def pdf(*lines: str) -> bytes:
    stream = io.BytesIO()
    canvas = Canvas(stream, pagesize=A4)
    for number, line in enumerate(lines):
        canvas.setFont("Helvetica-Bold" if number == 0 else "Helvetica", 18 if number == 0 else 11)
        canvas.drawString(72, 770 - 30 * number, line)
    canvas.save()
    return stream.getvalue()


PLAN = pdf("Plan för omvärlden 2024", "Skurköpings kommun har antagit planen.", LOCAL)


@dataclass
class Shelf:
    """A library that may be changed, and its page."""

    address: str
    library: Library
    store: Store
    folder: Path


@pytest.fixture
def shelf_over(samples_data: Path, samples: Path, embeddings, tmp_path: Path, serving) -> Iterator:
    """Makes a page over a copy of the samples."""
    served = []

    def make(**options: object) -> Shelf:
        data, folder = tmp_path / "data", tmp_path / "folder"
        shutil.copytree(samples_data, data)
        folder.mkdir()
        settings = Settings(data=data, library_folders=(folder,), allow_private_addresses=True, **options)
        store = Store(data, embeddings)
        library = Library(store, settings)
        context = serving(Assistant(store, settings), data, settings=settings, library=library)
        served.append((context, store))
        return Shelf(context.__enter__(), library, store, folder)

    yield make
    for context, store in served:
        context.__exit__(None, None, None)
        store.close()


@pytest.fixture
def shelf(shelf_over) -> Shelf:
    return shelf_over()


def open_library(open_page, address: str, language: str = "sv", **options):
    page = open_page(address, **options)
    page.locator(".ub-view-link[href='#library']").click()
    page.wait_for_selector(".ub-documents")
    if language == "en":
        switch_language(page, "en")
    return page


def switch_language(page, language: str) -> None:
    speak(page, language, "#ub-library-title", texts_in(language).library.heading)


def choose(page, *files: tuple[str, bytes]) -> None:
    page.set_input_files("#ub-files", [{"name": name, "mimeType": "", "buffer": content} for name, content in files])


def ended(page, name: str):
    """The job of a file, once it has ended."""
    row = page.locator(".ub-jobs > li", has=page.locator(f"strong:text-is('{name}')")).first
    row.and_(page.locator("[data-state=done], [data-state=failed], [data-state=cancelled]")).wait_for()
    return row


def test_uploaded_pdf_is_in_the_library_and_answers_at_once(open_page, shelf: Shelf) -> None:
    page = open_library(open_page, shelf.address)
    choose(page, ("omvärldsplan.pdf", PLAN))
    told = ended(page, "omvärldsplan.pdf").inner_text()
    assert "Tillagt" in told and "Det går att fråga om dokumentet nu." in told
    row = page.locator(".ub-documents tr", has_text="Plan för omvärlden 2024")
    row.wait_for()
    assert "Sökbart" in row.inner_text()
    row.locator("summary").click()
    assert "omvärldsplan.pdf" in row.inner_text()
    row.get_by_role("button", name="Läs Plan för omvärlden 2024").click()
    page.wait_for_selector("#ub-view-chat[data-shown] #ub-source [data-view=source]")
    assert page.locator("#ub-source-title").inner_text() == "Plan för omvärlden 2024"
    page.get_by_label("Din fråga").fill("Hur mycket EU-stöd fick Skurköping 2024?")
    page.keyboard.press("Enter")
    page.wait_for_selector("article[data-phase=complete]")
    assert "17 miljoner" in page.locator("article .ub-text").inner_text()


def test_broken_file_is_told_in_plain_words_and_is_not_kept(open_page, shelf: Shelf) -> None:
    page = open_library(open_page, shelf.address)
    before = page.locator(".ub-documents tbody tr").count()
    choose(page, ("trasig.pdf", b"%PDF-1.7\n" + bytes(range(256)) * 4), ("data.xlsx", b"PK\x03\x04" + bytes(64)))
    row = ended(page, "trasig.pdf")
    assert "Går inte att läsa" in row.inner_text() and "Hämta eller exportera den på nytt" in row.inner_text()
    row.locator("summary").click()
    assert row.locator("[lang=en]").inner_text().startswith("trasig.pdf")
    ended(page, "data.xlsx")
    assert page.locator(".ub-documents tbody tr").count() == before
    switch_language(page, "en")
    assert "Cannot be read" in page.locator(".ub-jobs").first.inner_text()


def test_several_files_are_dropped_and_each_ones_outcome_is_told(open_page, shelf: Shelf) -> None:
    page = open_library(open_page, shelf.address)
    data = page.evaluate_handle(
        """(files) => {
          const data = new DataTransfer();
          for (const [name, text] of files) data.items.add(new File([text], name));
          return data;
        }""",
        [[f"fil {n}.md", f"# Plan {n}\n\nStaden nummer {n} fick {n} kronor."] for n in range(1, 5)]
        + [["kopia.md", "# Plan 1\n\nStaden nummer 1 fick 1 kronor."], ["tom.md", ""]],
    )
    page.dispatch_event(".ub-drop", "dragenter", {"dataTransfer": data})
    assert page.locator(".ub-drop[data-over]").count() == 1
    page.dispatch_event(".ub-drop", "drop", {"dataTransfer": data})
    for number in range(1, 5):
        assert "Tillagt" in ended(page, f"fil {number}.md").inner_text()
    assert "Samma innehåll som" in ended(page, "kopia.md").inner_text()
    assert "Går inte att läsa" in ended(page, "tom.md").inner_text()
    page.wait_for_selector(".ub-jobs-panel[data-working=false]")
    page.get_by_role("button", name="Rensa listan").click()
    page.wait_for_selector(".ub-jobs-panel", state="hidden")


def test_document_is_removed_after_a_question(open_page, shelf: Shelf) -> None:
    page = open_library(open_page, shelf.address)
    choose(page, ("omvärldsplan.pdf", PLAN))
    ended(page, "omvärldsplan.pdf")
    row = page.locator(".ub-documents tr", has_text="Plan för omvärlden 2024")
    row.wait_for()
    button = row.get_by_role("button", name="Ta bort Plan för omvärlden 2024")
    button.click()
    dialog = page.get_by_role("dialog")
    assert "den uppladdade filen raderas" in dialog.inner_text()
    dialog.get_by_role("button", name="Behåll").click()
    page.wait_for_selector("dialog", state="detached")
    assert row.count() == 1
    button.click()
    dialog.get_by_role("button", name="Ta bort").click()
    row.wait_for(state="detached")
    assert "Borttaget" in page.locator(".ub-jobs > li").first.inner_text()
    assert not list((shelf.store.folder / "uploads").glob("*.pdf"))


def test_work_goes_on_while_the_page_is_reloaded(open_page, shelf: Shelf) -> None:
    page = open_library(open_page, shelf.address)
    with shelf.store.writing():
        choose(page, ("omvärldsplan.pdf", PLAN))
        page.wait_for_selector(".ub-jobs > li >> text=omvärldsplan.pdf")
        page.reload()
        page.wait_for_selector(".ub-jobs > li >> text=omvärldsplan.pdf")
        page.wait_for_selector(".ub-jobs-panel[data-working=true]")
        page.locator("[data-state=held_up] >> text=Väntar på ett annat program").wait_for(timeout=30_000)
        assert page.get_by_role("button", name="Avbryt: omvärldsplan.pdf").is_visible()
    assert "Tillagt" in ended(page, "omvärldsplan.pdf").inner_text()
    page.locator(".ub-documents tr", has_text="Plan för omvärlden 2024").wait_for()


def test_a_job_that_waits_can_be_cancelled(open_page, shelf: Shelf) -> None:
    page = open_library(open_page, shelf.address)
    with shelf.store.writing():
        choose(page, ("ett.pdf", PLAN), ("två.md", b"# Plan\n\nText om planen."))
        page.get_by_role("button", name="Avbryt: två.md").click()
        assert "Avbrutet" in ended(page, "två.md").inner_text()
    ended(page, "ett.pdf")
    assert "två.md" not in {record.id for record in shelf.library.records()}


def test_web_pages_and_folders_are_added(open_page, shelf: Shelf, site) -> None:
    site.put("/robots.txt", "", status=404)
    html = (
        f"<html lang=sv><head><title>Om EU</title></head><body><main><h1>Om EU</h1><p>{LOCAL}</p></main></body></html>"
    )
    address = site.put("/eu", html, content_type="text/html; charset=utf-8")
    page = open_library(open_page, shelf.address)
    field = page.get_by_label("Webbadress")
    page.get_by_role("button", name="Hämta sidan").click()
    assert "Skriv en webbadress först." in page.locator(".ub-address").inner_text()
    field.fill(address)
    page.keyboard.press("Enter")
    assert "Tillagt" in ended(page, address).inner_text()
    field = page.get_by_label("Webbadress")
    field.fill(site.origin + "/borta")
    page.keyboard.press("Enter")
    assert "Sidan kunde inte hämtas" in ended(page, site.origin + "/borta").inner_text()
    (shelf.folder / "plan.md").write_text(f"# Plan\n\n{LOCAL}")
    (shelf.folder / "trasig.pdf").write_bytes(b"%PDF-")
    page.get_by_role("button", name=f"Synka mappen {shelf.folder}").click()
    told = ended(page, str(shelf.folder)).inner_text()
    assert "plan.md" in told and "Tillagt" in told and "trasig.pdf" in told and "Går inte att läsa" in told
    page.locator("#ub-failures-title").wait_for()
    assert "trasig.pdf" in page.locator("section[aria-labelledby=ub-failures-title]").inner_text()


def test_documents_are_found_among_many(open_page, shelf: Shelf) -> None:
    page = open_library(open_page, shelf.address)
    total = page.locator(".ub-documents th[scope=row]").count()
    page.get_by_label("Sök bland dokumenten").fill("årsrapport 2022")
    page.keyboard.press("Enter")
    page.locator(".ub-find [role=status]", has_text="1 dokument stämmer").wait_for()
    assert page.locator(".ub-documents th[scope=row]").count() == 1
    assert page.evaluate("document.activeElement.id") == "ub-words"
    page.get_by_label("Sök bland dokumenten").fill("månlandning")
    page.keyboard.press("Enter")
    page.wait_for_selector("text=Inget dokument stämmer")
    page.get_by_role("button", name="Visa alla").click()
    page.wait_for_function(f"document.querySelectorAll('.ub-documents th[scope=row]').length === {total}")


def test_hostile_names_titles_and_addresses_do_nothing(open_page, shelf: Shelf) -> None:
    page = open_library(open_page, shelf.address)
    body = '# Plan <script>window.harmed=3</script> <img src=x onerror="window.harmed=4">\n\nTexten i planen.'
    choose(page, (HOSTILE, body.encode()), ("../../etc/passwd.md", b"# Passwd\n\nEn text."))
    ended(page, "passwd.md")
    page.wait_for_selector(".ub-jobs-panel[data-working=false]")
    page.locator(".ub-jobs > li").nth(1).locator("text=Tillagt").wait_for()
    page.get_by_label("Webbadress").fill("javascript:window.harmed=5//https://")
    page.keyboard.press("Enter")
    page.wait_for_timeout(500)
    row = page.locator(".ub-documents tr", has_text="onerror").first
    row.wait_for()
    row.locator("summary").click()
    assert "onerror" in row.locator("dd").last.locator("xpath=../preceding-sibling::div[1]").inner_text()
    row.locator("[data-event=remove]").click()
    page.get_by_role("dialog").get_by_role("button", name="Behåll").click()
    assert page.evaluate("window.harmed") is None
    assert page.locator(".ub-view :is(script, iframe, img:not([src^='documents/']))").count() == 0
    inside = {path.name for path in (shelf.store.folder / "uploads").iterdir() if path.is_file()}
    assert inside >= {"passwd.md"} and len(inside) == 2


def test_name_that_steers_how_documents_are_read_is_refused(chromium, shelf: Shelf) -> None:
    page = chromium.new_page()  # its console tells that the server refused something, as it should
    page.goto(shelf.address + "#library")
    page.wait_for_selector(".ub-documents")
    choose(page, ("Documents.toml", b"x=1"))
    page.wait_for_selector(".ub-sending >> text=Documents.toml kan inte tas emot under det namnet")
    page.close()
    assert not (shelf.store.folder / "uploads" / "Documents.toml").exists()


def test_file_that_is_too_large_is_told_before_it_is_sent(open_page, shelf_over) -> None:
    shelf = shelf_over(max_file_megabytes=1)
    page = open_library(open_page, shelf.address)
    sent = []
    page.on("request", lambda request: sent.append(request.url) if "uploads" in request.url else None)
    choose(page, ("stor.pdf", bytes(2**20 + 1)))
    page.wait_for_selector(".ub-sending >> text=stor.pdf är större än 1 MB")
    assert sent == []


def test_who_may_not_change_the_library_reads_it(open_page, shelf_over) -> None:
    shelf = shelf_over(library_editors="nobody")
    page = open_library(open_page, shelf.address)
    page.wait_for_selector("text=Du kan läsa biblioteket men inte ändra det")
    assert page.locator("#ub-files, .ub-address, [data-event=remove], [data-event=sync]").count() == 0
    answer = page.request.post(f"{shelf.address}library/uploads?name=a.md", data="# Plan")
    assert (answer.status, answer.json()) == (403, {"error": "forbidden"})
    assert shelf.library.jobs.all() == []


def test_each_language_is_the_only_one_in_the_view(open_page, shelf: Shelf) -> None:
    page = open_library(open_page, shelf.address)
    choose(page, ("omvärldsplan.pdf", PLAN), ("trasig.pdf", b"%PDF-"))
    for name in ("omvärldsplan.pdf", "trasig.pdf"):
        ended(page, name)
    page.locator(".ub-documents tr", has_text="Plan för omvärlden 2024").wait_for()
    for code, other in (("sv", "en"), ("en", "sv")):
        switch_language(page, code)
        own, foreign = strings(code), strings(other)
        text = page.evaluate(
            """() => {
              const copy = document.getElementById('ub-view-library').cloneNode(true);
              const content = 'dd, .ub-group, .ub-path, [lang] > *, .ub-jobs strong';
              for (const node of copy.querySelectorAll(content)) node.remove();
              const names = ['aria-label', 'placeholder', 'title'];
              const labels = [...copy.querySelectorAll('*')].flatMap(
                (node) => names.map((name) => node.getAttribute(name)).filter(Boolean));
              return [copy.innerText ?? copy.textContent, ...labels].join(' | ');
            }"""
        )
        assert {word for word in foreign - own if re.search(rf"(?<!\w){re.escape(word)}(?!\w)", text)} == set()


def strings(language: str) -> set[str]:
    """Strings of the view that have nothing to fill in."""
    texts = texts_in(language).library
    values = [getattr(texts, name) for name in texts.__dataclass_fields__]
    single = {value for value in values if isinstance(value, str) and "{" not in value}
    return single | {*texts.columns.values(), *texts.outcomes.values(), *texts.explanations.values()}


@pytest.mark.parametrize("language", ["sv", "en"])
def test_no_rule_of_wcag_is_broken_and_pictures_for_the_documentation(
    open_page, shelf: Shelf, language: str, tmp_path: Path
) -> None:
    page = open_library(open_page, shelf.address, language)
    choose(page, ("omvärldsplan.pdf", PLAN))
    ended(page, "omvärldsplan.pdf")
    choose(page, ("trasig rapport.pdf", b"%PDF-1.7\n" + bytes(range(256))))
    ended(page, "trasig rapport.pdf")
    page.locator(".ub-documents tr", has_text="Plan för omvärlden 2024").wait_for()
    page.locator(".ub-documents summary").first.click()
    page.mouse.move(0, 0)
    folder = IMAGES if os.environ.get("UTBLICK_SCREENSHOTS") == "1" else tmp_path
    hide_machine(page)
    assert len(page.screenshot(path=folder / f"library-{language}.png")) > 20_000
    assert violations(page) == []
    page.locator("[data-event=remove]").first.click()
    assert violations(page) == []


def hide_machine(page) -> None:
    """Pictures for the documentation name no folder of the machine on which they were made."""
    page.evaluate(
        """() => {
          const names = ['/srv/utblick/inbox', '/srv/utblick/strategier'];
          document.querySelectorAll('.ub-path').forEach((path, index) => { path.textContent = names[index]; });
        }"""
    )


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_view_fits_its_width(open_page, shelf: Shelf, width: int) -> None:
    page = open_library(open_page, shelf.address, viewport={"width": width, "height": 800})
    choose(page, ("trasig.pdf", b"%PDF-"))
    ended(page, "trasig.pdf")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    assert violations(page) == []


def test_library_is_used_by_keyboard_alone(open_page, shelf: Shelf) -> None:
    page = open_library(open_page, shelf.address)
    choose(page, ("omvärldsplan.pdf", PLAN))
    ended(page, "omvärldsplan.pdf")
    page.locator(".ub-documents tr", has_text="Plan för omvärlden 2024").wait_for()
    page.locator(".ub-view-link[href='#library']").focus()

    def tab_to(selector: str) -> None:
        for _ in range(120):
            page.keyboard.press("Tab")
            if page.evaluate("(selector) => document.activeElement.matches(selector)", selector):
                return
        raise AssertionError(f"{selector} was not reached")

    tab_to("#ub-words")
    page.keyboard.type("omvärlden")
    page.keyboard.press("Enter")
    page.locator(".ub-find [role=status]", has_text="1 dokument").wait_for()
    tab_to(".ub-documents summary")
    page.keyboard.press("Enter")
    assert page.locator(".ub-documents details[open]").count() == 1
    tab_to("[data-event=remove]")
    page.keyboard.press("Enter")
    page.get_by_role("dialog").wait_for()
    page.keyboard.press("Escape")
    page.wait_for_selector("dialog", state="detached")
    page.keyboard.press("Enter")
    page.keyboard.press("Tab")
    page.keyboard.press("Enter")
    page.locator(".ub-jobs > li >> text=Borttaget").wait_for()
    tab_to("#ub-files")
    outline = page.evaluate("getComputedStyle(document.querySelector('#ub-files + label')).outlineStyle")
    assert outline == "solid"
    tab_to("#ub-address")


def test_two_people_see_the_same_library(open_page, shelf: Shelf) -> None:
    one, two = open_library(open_page, shelf.address), open_library(open_page, shelf.address)
    choose(one, ("omvärldsplan.pdf", PLAN))
    ended(one, "omvärldsplan.pdf")
    two.locator(".ub-view-link[href='#chat']").click()
    two.locator(".ub-view-link[href='#library']").click()
    two.locator(".ub-documents tr", has_text="Plan för omvärlden 2024").wait_for()
    two.locator(".ub-view-link[href='#chat']").click()
    two.locator(".ub-library .ub-link", has_text="Plan för omvärlden 2024").wait_for()
