"""The page for those who do not see it or use no mouse: axe-core on every view, the main path by keyboard alone."""

import re
from importlib.resources import files

import pytest
from chat_page import QUESTION, open_source

from assistant.ui_language import texts_in

pytestmark = pytest.mark.browser

AXE = files("axe_playwright_python").joinpath("axe.min.js").read_text("utf-8")
RULES = {"runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "best-practice"]}


def violations(page) -> list[str]:
    """What axe-core finds against WCAG 2.1 A and AA, and against good practice, in light and in dark."""
    if not page.evaluate("typeof window.axe === 'object'"):
        page.evaluate(AXE)
        page.add_style_tag(content="*, ::before, ::after { transition: none !important; }")
    found = []
    for dark in (False, True):
        page.evaluate("(dark) => document.body.classList.toggle('dark', dark)", dark)
        found += page.evaluate("async (rules) => (await axe.run(document, rules)).violations", RULES)
    return [
        f"{one['id']} ({one['help']}): {node['html'][:200]} {node['failureSummary']}"
        for one in found
        for node in one["nodes"]
    ]


@pytest.mark.parametrize("language", ["sv", "en"])
def test_no_view_breaks_a_rule_of_wcag(open_page, address: str, language: str) -> None:
    texts = texts_in(language)
    page = open_page(address)
    page.locator(f".ub-switch[data-language={language}]").click()
    page.wait_for_selector(f"header[data-language={language}]")
    found: dict[str, list[str]] = {}

    def check(view: str) -> None:
        found[view] = violations(page)

    def ask(question: str, count: int) -> None:
        page.locator("#ub-question").fill(question)
        page.keyboard.press("Enter")
        page.wait_for_selector(f"article:nth-of-type({count})[data-phase=complete]")

    check("welcome")
    ask(QUESTION, 1)
    check("answer")
    open_source(page)
    check("source as a picture")
    page.get_by_role("button", name=texts.view_text, exact=True).click()
    page.wait_for_selector(".ub-page mark:not(.ub-box)")
    check("source as text")
    page.locator(".ub-feedback").get_by_role("button", name=texts.feedback_no).click()
    check("feedback")
    page.locator(".ub-feedback").get_by_role("button", name=texts.feedback_yes).click()
    page.wait_for_selector(".ub-thanks")
    check("thanks")
    page.locator(".ub-scope summary").click()
    check("scope")
    page.locator(".ub-history summary").first.click()
    check("earlier conversations")
    page.get_by_role("button", name=texts.history_delete.format(title=QUESTION)).click()
    check("question before deleting")
    page.get_by_role("dialog").get_by_role("button", name=texts.history_cancel).click()
    page.locator(".ub-history summary").nth(1).click()
    check("saving")
    page.keyboard.press("Escape")
    ask("Vad kostar en månlandning?", 2)
    check("not found")
    page.get_by_role("button", name=texts.close).click()
    page.wait_for_selector("[data-view=documents]")
    check("documents")
    assert {view: faults for view, faults in found.items() if faults} == {}
    assert len(found) == 12


def test_small_screen_breaks_no_rule(open_page, address: str) -> None:
    page = open_page(address, viewport={"width": 320, "height": 640})
    page.get_by_label("Din fråga").fill(QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_selector("article[data-phase=complete]")
    open_source(page)
    for opened in (None, ".ub-history summary", ".ub-scope summary"):
        if opened:
            page.locator(opened).first.click()
        assert violations(page) == []
        assert page.evaluate("document.documentElement.scrollWidth") <= 320


def test_growing_answer_is_announced(open_page, troubled_address: str) -> None:
    page = open_page(troubled_address)
    page.get_by_label("Din fråga").fill("Kan du vänta?")
    page.keyboard.press("Enter")
    text = page.locator(".ub-text")
    page.wait_for_selector("article[data-phase=working] .ub-text p")
    assert (text.get_attribute("aria-live"), text.get_attribute("aria-busy")) == ("polite", "true")
    assert page.locator(".ub-conversation > [role=status]").inner_text() == "Söker i dokumenten"
    page.get_by_role("button", name="Stoppa").click()
    page.wait_for_selector("[data-phase=stopped]")
    assert page.locator(".ub-conversation > [role=status]").inner_text() == "Stoppad"


class Keyboard:
    """A reader without a mouse."""

    def __init__(self, page) -> None:
        self._page = page

    def to(self, pattern: str, key: str = "Tab") -> None:
        """Go on until something is focused whose name or class matches; it must be seen that it is."""
        names = []
        for _ in range(120):
            self._page.keyboard.press(key)
            name, outline, width = self._page.evaluate(
                """() => {
                  const one = document.activeElement, style = getComputedStyle(one);
                  const label = one.labels?.[0]?.innerText ?? '';
                  const text = one === document.body ? '' : one.innerText;
                  const name = one.getAttribute('aria-label') ?? (label || text);
                  return [`${name} ${one.className}`, style.outlineStyle, parseFloat(style.outlineWidth)];
                }"""
            )
            names.append(name)
            if re.search(pattern, name):
                assert outline == "solid", name
                assert width >= 2, name
                return
        raise AssertionError(f"{pattern} was not reached: {names}")

    def press(self, key: str) -> None:
        self._page.keyboard.press(key)


def test_main_path_goes_by_keyboard_alone(open_page, address: str) -> None:
    page = open_page(address, permissions=["clipboard-read", "clipboard-write"])
    keys = Keyboard(page)
    # narrow the scope
    keys.to("Välj dokument")
    keys.press("Enter")
    keys.to("Exempelstads kommun")
    keys.press("Space")
    page.wait_for_selector("text=dokument (Exempelstads kommun)")
    page.wait_for_function("document.activeElement.value === 'Exempelstads kommun'")
    keys.press("Escape")
    page.wait_for_function("document.activeElement.tagName === 'SUMMARY'")
    # ask
    keys.to("Din fråga")
    page.keyboard.type(QUESTION)
    keys.press("Enter")
    page.wait_for_selector("article[data-phase=complete]")
    sources = page.locator(".ub-references li").all_inner_texts()
    assert len(sources) > 1
    assert all("Exempelstad" in one for one in sources)
    # check
    keys.to("ub-marker", "Shift+Tab")
    keys.press("Enter")
    page.wait_for_selector("[data-view=source] mark")
    page.wait_for_function("document.activeElement.id === 'ub-source-title'")
    keys.to("Nästa sida")
    keys.press("Enter")
    page.wait_for_selector("text=Till citatet")
    keys.to("Förstora")
    keys.press("Enter")
    page.wait_for_selector(".ub-zoom >> text=125 %")
    keys.to("Text")
    keys.press("Enter")
    page.wait_for_selector(".ub-page:not(.ub-pictured)")
    keys.to("Föregående källa", "Shift+Tab")
    keys.press("Enter")
    page.wait_for_selector(f"text=Källa {len(sources) - 1} av {len(sources)}")
    keys.to("Stäng källan")
    keys.press("Enter")
    page.wait_for_selector("[data-view=documents]")
    page.wait_for_function("document.activeElement.dataset.event === 'cite'")
    # reuse
    keys.to("Kopiera med källor")
    keys.press("Enter")
    page.wait_for_selector("text=Svaret är kopierat")
    # feedback
    keys.to("^Nej")
    keys.press("Enter")
    page.wait_for_function("document.activeElement.type === 'radio'")
    keys.press("Space")
    keys.to("Kommentar")
    page.keyboard.type("Årtalet är fel.")
    keys.to("Skicka")
    keys.press("Enter")
    page.wait_for_selector(".ub-thanks")
    page.wait_for_function("document.activeElement.classList.contains('ub-thanks')")
    # save, and find again
    keys.to("Spara samtalet", "Shift+Tab")
    keys.press("Enter")
    keys.to("Word")
    with page.expect_download() as download:
        keys.press("Enter")
    assert download.value.suggested_filename.endswith(".docx")
    keys.press("Escape")
    keys.to("Tidigare samtal", "Shift+Tab")
    keys.press("Enter")
    keys.to("Radera samtalet")
    keys.press("Enter")
    keys.to("Ja, radera")
    keys.press("Enter")
    page.wait_for_selector(".ub-welcome")
    # change the language
    keys.to("English", "Shift+Tab")
    keys.press("Enter")
    page.wait_for_selector("header[data-language=en]")
