"""What becomes of an answer: copied, saved, linked to, found again, deleted."""

import io
import re

import docx
import pypdfium2
import pytest
from chat_page import QUESTION, ask, open_source, plain
from lxml import etree

pytestmark = pytest.mark.browser
CLIPBOARD = {"permissions": ["clipboard-read", "clipboard-write"]}


def clipboard(page, kind: str) -> str:
    return page.evaluate(
        "async (kind) => (await (await navigator.clipboard.read())[0].getType(kind)).text()", f"text/{kind}"
    )


def test_answer_is_copied_formatted(open_page, address: str, assistant) -> None:
    page = open_page(address, **CLIPBOARD)
    ask(page, QUESTION)
    page.get_by_role("button", name="Kopiera med källor").click()
    page.wait_for_selector("text=Svaret är kopierat")
    citation = assistant.ask(QUESTION).citations[0]
    html = clipboard(page, "html")
    assert "<sup>1</sup>" in html
    assert f"<i>{citation.title}</i>" in html
    assert plain(citation.quote) in plain(html)
    assert "[1]" in clipboard(page, "plain")


def test_answer_is_copied_as_markdown(open_page, address: str, assistant) -> None:
    page = open_page(address, **CLIPBOARD)
    ask(page, QUESTION)
    page.get_by_role("button", name="Kopiera som Markdown").click()
    page.wait_for_selector("text=Svaret är kopierat")
    copied = clipboard(page, "plain")
    citation = assistant.ask(QUESTION).citations[0]
    assert copied.startswith(f"### {QUESTION}\n")
    assert f"\n1. {citation.organisation}, {citation.title}" in copied


def test_answer_is_copied_where_the_browser_has_no_clipboard_api(open_page, address: str) -> None:
    page = open_page(address)
    page.evaluate("Object.defineProperty(navigator, 'clipboard', { value: undefined })")
    ask(page, QUESTION)
    page.get_by_role("button", name="Kopiera med källor").click()
    page.wait_for_selector("text=Svaret är kopierat")
    page.get_by_label("Din fråga").click()
    page.keyboard.press("Control+v")
    assert "Källor:\n[1] Exempelstads kommun" in page.get_by_label("Din fråga").input_value()


def test_conversation_is_saved_and_read_back(open_page, address: str, assistant) -> None:
    page = open_page(address)
    ask(page, QUESTION)
    ask(page, "Vem beslutar om medlemskap i nätverk?")
    quote = plain(assistant.ask(QUESTION).citations[0].quote)

    def saved(name: str) -> tuple[str, bytes]:
        page.get_by_text("Spara samtalet").click()
        with page.expect_download() as download:
            page.get_by_role("link", name=name).click()
        page.keyboard.press("Escape")
        return download.value.suggested_filename, download.value.path().read_bytes()

    name, content = saved("Word")
    assert re.fullmatch(r"utblick-\d{4}-\d\d-\d\d\.docx", name)
    document = docx.Document(io.BytesIO(content))
    headings = [one.text for one in document.paragraphs if one.style.name == "Heading 2"]
    assert headings == [QUESTION, "Vem beslutar om medlemskap i nätverk?"]
    notes = next(part for part in document.part.package.iter_parts() if part.partname == "/word/footnotes.xml")
    assert quote in plain("".join(etree.fromstring(notes.blob).itertext()))
    name, content = saved("PDF")
    assert name.endswith(".pdf")
    pdf = pypdfium2.PdfDocument(content)
    text = plain(" ".join(page.get_textpage().get_text_range() for page in pdf))
    assert QUESTION in text
    assert quote[:40] in text


def test_link_opens_the_answer_in_another_browser(open_page, address: str) -> None:
    page = open_page(address, **CLIPBOARD)
    ask(page, QUESTION)
    page.get_by_role("button", name="Kopiera länk till svaret").click()
    page.wait_for_selector("text=Länken är kopierad")
    link = clipboard(page, "plain")
    assert link.startswith(f"{address}?answer=")
    other = open_page(link)
    other.wait_for_selector("article[data-phase=complete]")
    assert other.locator("article h2").inner_text().endswith(QUESTION)
    assert "som någon har delat" in other.locator(".ub-notice").inner_text()
    open_source(other)
    assert other.url == link
    ask(other, "Vem beslutar om medlemskap i nätverk?")
    other.wait_for_url("**/?conversation=*")
    assert other.locator("article").count() == 2


def test_link_to_what_was_not_shared_or_is_gone_says_so(open_page, address: str) -> None:
    page = open_page(address)
    ask(page, QUESTION)
    page.wait_for_url("**/?conversation=*")
    identifier = page.url.split("=")[1]
    other = open_page(f"{address}?answer={identifier}")
    other.wait_for_selector("text=Svaret som länken leder till finns inte kvar.")
    assert other.locator("article").count() == 0
    ask(other, QUESTION, "Besvarad")


def test_conversations_are_found_again_and_deleted(open_page, address: str) -> None:
    page = open_page(address)
    ask(page, QUESTION)
    page.get_by_role("button", name="Nytt samtal").click()
    page.wait_for_selector(".ub-welcome")
    page.wait_for_function("!location.search")
    ask(page, "Vem beslutar om medlemskap i nätverk?")
    page.wait_for_url("**/?conversation=*")
    page.reload()
    page.wait_for_selector("article[data-phase=complete]")
    assert page.locator("article h2").inner_text().endswith("Vem beslutar om medlemskap i nätverk?")
    page.get_by_text("Tidigare samtal (2)").click()
    page.get_by_role("button", name=f"Öppna: {QUESTION}").click()
    page.wait_for_selector(f"article h2 >> text={QUESTION}")
    open_source(page)
    page.get_by_text("Tidigare samtal (2)").click()
    page.get_by_role("button", name=f"Radera samtalet: {QUESTION}").click()
    page.get_by_role("dialog").get_by_role("button", name="Avbryt").click()
    page.get_by_role("button", name=f"Radera samtalet: {QUESTION}").click()
    page.get_by_role("dialog").get_by_role("button", name="Ja, radera").click()
    page.wait_for_selector("text=Tidigare samtal (1)")
    page.wait_for_selector(".ub-welcome")
    assert open_page(address).locator("text=Tidigare samtal (").count() == 0


def test_follow_up_goes_on_after_a_reload(open_page, troubled_address: str) -> None:
    page = open_page(troubled_address)
    ask(page, QUESTION)
    page.wait_for_url("**/?conversation=*")
    page.reload()
    page.wait_for_selector("article[data-phase=complete]")
    ask(page, "Och ekot?")
    assert f"Tidigare: {QUESTION}" in page.locator("article").nth(1).inner_text()


def test_question_under_way_is_there_again_when_the_page_was_left(open_page, troubled_address: str) -> None:
    page = open_page(troubled_address)
    page.get_by_label("Din fråga").fill("Kan du vänta?")
    page.keyboard.press("Enter")
    page.wait_for_selector("article[data-phase=working] .ub-text p")
    again = page.context.new_page()
    again.goto(page.url)
    page.close()
    again.wait_for_selector("article[data-phase=stopped]")
    assert again.locator("article h2").inner_text().endswith("Kan du vänta?")


def test_question_is_asked_again(open_page, address: str) -> None:
    page = open_page(address)
    ask(page, QUESTION)
    page.get_by_role("button", name="Fråga igen").click()
    page.wait_for_selector("article:nth-of-type(2)[data-phase=complete]")
    assert page.locator("article h2").nth(1).inner_text().endswith(QUESTION)
