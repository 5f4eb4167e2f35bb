import re

import pytest
from chat_page import QUESTION, ask, current_marker, marked, plain

from assistant.answers import Answer, AnswerStatus, Scope
from assistant.ui_text_en import ENGLISH
from assistant.ui_text_sv import SWEDISH
from vectorstore.errors import UnknownDocument
from vectorstore.types import DocumentRecord

pytestmark = pytest.mark.browser

UNKNOWN = "Vad kostar en månlandning?"
GROWING = "article[data-phase=working] .ub-text p"
STRINGS = ("placeholder", "aria-label", "title", "alt")


def chrome_text(page) -> str:
    """What the page shows and names by itself: without questions, answers and what stands in documents."""
    return page.evaluate(
        """(names) => {
          const copy = document.querySelector('gradio-app').cloneNode(true);
          const content = '.ub-question, .ub-text, .ub-page, .ub-library h3, .ub-library .ub-link, .ub-where, .ub-meta,'
            + ' .ub-section, .ub-excerpt, .ub-quoted q, .ub-history li .ub-link, .ub-references .ub-link,'
            + ' .ub-nearest .ub-link, #ub-source-title[lang], dd,'
            + ' .ub-switch, .ub-choices label, .ub-scope-now, style, script';
          const labels = [...copy.querySelectorAll('*')].flatMap(
            (node) => names.map((name) => node.getAttribute(name)).filter(Boolean));
          for (const node of copy.querySelectorAll(content)) node.remove();
          return [copy.textContent, document.title, ...labels].join(' | ');
        }""",
        list(STRINGS),
    )


def words_of(texts) -> set[str]:
    """The strings of a language that have nothing to fill in."""
    own = [getattr(texts, name) for name in texts.__dataclass_fields__ if name != "language"]
    single = {value for value in own if isinstance(value, str) and "{" not in value}
    several = (texts.statuses, texts.explanations, texts.facts, texts.feedback_reasons, texts.views)
    return single | {word for values in several for word in values.values()}


def test_question_is_answered_and_its_source_opens_at_the_quote(open_page, address: str, assistant) -> None:
    page = open_page(address)
    ask(page, QUESTION, "Besvarad")
    answer = assistant.ask(QUESTION)
    article = page.locator("article")
    assert article.locator("h2").inner_text().endswith(QUESTION)
    assert article.locator(".ub-references li").count() == len(answer.citations)
    marker = article.locator(".ub-text .ub-marker").first
    citation = answer.citations[0]
    assert marker.get_attribute("aria-label").startswith(f"Källa 1: {citation.title}")
    marker.click()
    page.wait_for_selector("[data-view=source] mark")
    assert marked(page) == plain(citation.quote)
    assert page.locator("#ub-source-title").inner_text() == citation.title
    assert citation.organisation in page.locator(".ub-source .ub-meta").first.inner_text()
    assert f"Sida {citation.page} av" in page.locator(".ub-source-head").inner_text()
    assert page.locator(".ub-sheet img").get_attribute("alt") == f"Sida {citation.page} av {citation.title}"
    page.wait_for_timeout(300)
    mark, panel = page.locator(".ub-page mark").first.bounding_box(), page.locator(".ub-page").bounding_box()
    assert panel["y"] <= mark["y"] < panel["y"] + panel["height"]
    current_marker(page, "1")


def test_pages_turn_and_the_way_back_leads_to_the_quote(open_page, address: str) -> None:
    page = open_page(address)
    ask(page, QUESTION)
    page.locator(".ub-references .ub-link").first.click()
    page.wait_for_selector("[data-view=source] mark")
    quoted, position = marked(page), page.locator(".ub-bar [aria-live]")
    number = int(re.search(r"\d+", position.inner_text())[0])
    page.get_by_role("button", name="Nästa sida").click()
    page.wait_for_selector(f"text=Sida {number + 1} av")
    assert page.locator(".ub-page mark").count() == 0
    page.get_by_role("button", name="Till citatet").click()
    page.wait_for_selector(".ub-page mark")
    assert marked(page) == quoted
    page.get_by_role("button", name="Stäng källan").click()
    page.wait_for_selector("[data-view=documents]")


def test_citations_can_be_stepped_through(open_page, troubled_address: str, assistant) -> None:
    other = "Vem beslutar om medlemskap i nätverk?"
    second = assistant.ask(other).citations[0]
    page = open_page(troubled_address)
    ask(page, f"{QUESTION} samt {other}")
    page.locator(".ub-references .ub-link").first.click()
    page.wait_for_selector("text=Källa 1 av 2")
    assert page.get_by_role("button", name="Föregående källa").is_disabled()
    page.get_by_role("button", name="Nästa källa").click()
    page.wait_for_selector("text=Källa 2 av 2")
    assert marked(page) == plain(second.quote)
    current_marker(page, "2")
    page.locator(".ub-marker").first.click()
    page.wait_for_selector("text=Källa 1 av 2")


def test_follow_up_question_joins_the_conversation(open_page, troubled_address: str) -> None:
    page = open_page(troubled_address)
    ask(page, QUESTION)
    ask(page, "Och vilka är ekot på nytt?")
    assert page.locator("article h2").all_inner_texts()[0].endswith(QUESTION)
    assert f"Tidigare: {QUESTION}" in page.locator("article").nth(1).inner_text()
    page.get_by_role("button", name="Nytt samtal").click()
    page.wait_for_selector(".ub-welcome")
    ask(page, "Och ekot nu?")
    assert QUESTION not in page.locator("article").inner_text()


def test_example_questions_come_from_the_documents_and_can_be_asked(open_page, address: str, assistant) -> None:
    page = open_page(address)
    examples = page.locator(".ub-example")
    organisations = [record.organisation for record in assistant.documents()]
    assert examples.count() >= 3
    for text in examples.all_inner_texts():
        assert any(name in text for name in organisations if name)
    examples.first.click()
    page.wait_for_selector("article[data-phase=complete]")
    assert page.locator(".ub-status").inner_text().strip().endswith("Besvarad")


def test_each_language_is_the_only_one_on_the_page(open_page, address: str) -> None:
    page = open_page(address)
    ask(page, QUESTION)
    ask(page, UNKNOWN)
    page.locator(".ub-references .ub-link").first.click()
    page.wait_for_selector("[data-view=source]")
    for code, own, other in (("sv", SWEDISH, ENGLISH), ("en", ENGLISH, SWEDISH)):
        page.locator(f".ub-switch[data-language={code}]").click()
        page.wait_for_selector(f"header[data-language={code}]")
        page.get_by_role("button", name=own.close).wait_for()
        text = chrome_text(page)
        assert page.evaluate("document.documentElement.lang") == code
        foreign = {word for word in words_of(other) - words_of(own) if re.search(rf"\b{re.escape(word)}\b", text)}
        assert foreign == set()
        assert not re.search(r"Gradio|\bAPI\b|Loading|Submit|Clear|Settings|processing|queue", text)
        assert own.copy in text
        assert own.references in text
        assert own.question_label in text


def test_scope_narrows_what_is_searched(open_page, address: str, assistant) -> None:
    page = open_page(address)
    names = sorted({record.organisation for record in assistant.documents() if record.organisation})
    name = next(name for name in names if "Göteborg" in name)
    page.locator(".ub-scope summary").click()
    page.get_by_role("checkbox", name=name).check()
    page.wait_for_selector(f"text=dokument ({name})")
    assert page.get_by_role("checkbox", name=name).is_visible()
    page.keyboard.press("Escape")
    question = "Vem beslutar om medlemskap i nätverk?"
    ask(page, question)
    expected = assistant.ask(question, (), Scope(organisations=(name,))).citations
    assert {citation.organisation for citation in expected} == {name}
    references = page.locator(".ub-references li").all_inner_texts()
    assert len(references) == len(expected)
    assert all(name in reference for reference in references)
    page.get_by_role("button", name="Sök i alla").click()
    page.wait_for_selector("text=alla dokument")
    page.locator(".ub-scope summary").click()
    page.get_by_role("checkbox", name="2022", exact=True).check()
    page.wait_for_selector("text=dokument (2022)")


class Many:
    """An assistant over more documents than one looks through."""

    def documents(self):
        return [
            DocumentRecord(
                f"{n}.pdf", f"Plan nummer {n}", "Provköpings kommun", "plan", "2024", "sv", "pdf", "/x", 1, 1, ""
            )
            for n in range(40)
        ]

    def document(self, document_id):
        raise UnknownDocument(document_id)

    def stream(self, question, history=(), scope=None):
        text = ", ".join(scope.documents)
        yield Answer("1", question, question, "sv", AnswerStatus.ANSWERED, text)


def test_one_document_of_many_is_found_and_searched(open_page, serve_chat) -> None:
    with serve_chat(Many()) as address:
        page = open_page(address)
        page.locator(".ub-scope summary").click()
        page.get_by_label("Sök bland valen: Dokument").fill("nummer 37")
        assert page.get_by_role("checkbox", name="Plan nummer").count() == 1
        page.get_by_role("checkbox", name="Plan nummer 37").check()
        page.wait_for_selector("text=1 av 40 dokument (Plan nummer 37)")
        page.keyboard.press("Escape")
        ask(page, "Vad gäller?")
        assert page.locator(".ub-text").inner_text() == "37.pdf"


def test_what_the_documents_do_not_hold_is_said_with_what_comes_nearest(open_page, address: str) -> None:
    page = open_page(address)
    ask(page, UNKNOWN, "Framgår inte av dokumenten")
    page.locator(":is(.ub-nearest, .ub-references) .ub-link").first.click()
    page.wait_for_selector("[data-view=source] mark")


def test_answer_is_copied_with_its_references(open_page, address: str, assistant) -> None:
    page = open_page(address, permissions=["clipboard-read", "clipboard-write"])
    ask(page, QUESTION)
    page.get_by_role("button", name="Kopiera med källor").click()
    page.wait_for_selector("text=Svaret är kopierat")
    copied = page.evaluate("navigator.clipboard.readText()")
    answer = assistant.ask(QUESTION)
    assert answer.text in copied
    citation = answer.citations[0]
    assert f"[1] {citation.organisation}, {citation.title}" in copied
    assert plain(answer.citations[0].quote) in plain(copied)


def test_hostile_documents_and_questions_do_nothing(open_page, hostile_address: str) -> None:
    page = open_page(hostile_address)
    question = 'Hur mycket EU-stöd fick Skurköping 2024? <img src=x onerror="window.harmed = 10"> ${window.harmed = 11}'
    ask(page, question)
    assert page.locator("article h2").inner_text().endswith(question)
    page.locator(".ub-marker").first.click()
    page.wait_for_selector("[data-view=source] mark")
    assert "onerror=" in page.locator(".ub-page").inner_text()
    assert "${window.harmed = 7}" in page.locator(".ub-page").inner_text()
    page.get_by_role("button", name="Stäng källan").click()
    page.wait_for_selector("[data-view=documents]")
    page.locator(".ub-library .ub-link").first.click()
    page.wait_for_selector("[data-view=source]")
    for menu in (".ub-history summary", ".ub-scope summary"):
        page.locator(menu).first.click()
        page.wait_for_selector("details[open] :is(.ub-link, input)")
        page.keyboard.press("Escape")
    page.get_by_role("button", name="Kopiera med källor").click()
    page.wait_for_selector(".ub-copied:not(:empty)")
    page.get_by_role("button", name="Nytt samtal").click()
    page.wait_for_selector(".ub-welcome")
    page.locator(".ub-switch[data-language=en]").click()
    page.wait_for_selector("header[data-language=en]")
    page.wait_for_timeout(300)
    assert page.evaluate("window.harmed") is None
    assert page.locator("#ub-layout :is(img, script, iframe, svg)").count() == 0
    assert page.locator("#ub-layout [onclick], #ub-layout [onerror], #ub-layout a[href^=javascript]").count() == 0
    page.goto(f"{hostile_address}?answer=%3Cimg src=x onerror=window.harmed=14%3E&conversation=%3Cscript%3E")
    page.wait_for_selector(".ub-notice")
    assert page.evaluate("window.harmed") is None


def test_question_box_is_reached_at_once_and_takes_several_lines(open_page, address: str) -> None:
    page = open_page(address)
    page.keyboard.press("Tab")
    assert page.evaluate("document.activeElement.className") == "ub-skip"
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.id") == "ub-question"
    page.keyboard.type("Första raden")
    page.keyboard.press("Shift+Enter")
    assert page.get_by_label("Din fråga").input_value() == "Första raden\n"
    page.keyboard.press("Control+a")
    page.keyboard.type(QUESTION)
    page.keyboard.press("Enter")
    page.wait_for_selector("article[data-phase=complete]")
    assert page.get_by_label("Din fråga").input_value() == ""


def test_stop_ends_an_answer_and_the_next_question_works(open_page, troubled_address: str) -> None:
    page = open_page(troubled_address)
    page.get_by_label("Din fråga").fill("Kan du vänta?")
    page.keyboard.press("Enter")
    page.wait_for_selector(GROWING)
    page.get_by_role("button", name="Stoppa").click()
    page.wait_for_selector("[data-phase=stopped] >> text=Stoppad")
    stopped = page.locator("article").inner_text()
    assert "Stoppad" in stopped
    page.wait_for_timeout(500)
    assert page.locator("article").inner_text() == stopped
    ask(page, QUESTION, "Besvarad")


def test_a_question_just_after_a_stop_is_not_lost(open_page, troubled_address: str) -> None:
    page = open_page(troubled_address)
    for count in range(1, 5):
        page.get_by_label("Din fråga").fill("Kan du vänta?" if count % 2 else "Är det trögt?")
        page.keyboard.press("Enter")
        page.wait_for_selector(GROWING)
        page.get_by_role("button", name="Stoppa").click()
        page.wait_for_function(f"document.querySelectorAll('[data-phase=stopped]').length === {count}")
    ask(page, QUESTION, "Besvarad")
    assert page.locator("[data-phase=stopped]").count() == 4


def test_language_can_change_while_an_answer_grows(open_page, troubled_address: str) -> None:
    page = open_page(troubled_address)
    page.get_by_label("Din fråga").fill("Kan du vänta?")
    page.keyboard.press("Enter")
    page.wait_for_selector(GROWING)
    page.locator(".ub-switch[data-language=en]").click()
    page.wait_for_selector("header[data-language=en]")
    page.get_by_role("button", name=re.compile("^(Stop|Stoppa)$")).click()
    page.wait_for_selector("text=Stopped")
    assert page.get_by_role("button", name="Ask", exact=True).is_enabled()


def test_an_error_is_told_kindly(open_page, troubled_address: str) -> None:
    page = open_page(troubled_address)
    page.get_by_label("Din fråga").fill("Kan du krascha?")
    page.keyboard.press("Enter")
    page.wait_for_selector("[data-phase=broken]")
    text = page.locator("article").inner_text()
    assert "Misslyckades" in text
    assert "Försök igen" in text
    assert "secret detail" not in page.content()
    ask(page, QUESTION, "Besvarad")


def test_an_empty_question_is_asked_for(open_page, address: str) -> None:
    page = open_page(address)
    page.get_by_role("button", name="Fråga", exact=True).click()
    page.wait_for_selector("text=Skriv en fråga först.")
    assert page.locator("article").count() == 0


def test_sessions_are_kept_apart(open_page, troubled_address: str) -> None:
    one, two = open_page(troubled_address), open_page(troubled_address)
    one.get_by_label("Din fråga").fill("Kan du vänta?")
    one.keyboard.press("Enter")
    one.wait_for_selector(GROWING)
    ask(two, QUESTION, "Besvarad")
    assert two.locator("article").count() == 1
    assert one.locator("article[data-phase=working]").count() == 1
    one.get_by_role("button", name="Stoppa").click()
    one.wait_for_selector("[data-phase=stopped]")


@pytest.mark.parametrize("width", [320, 768, 1280])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_page_fits_its_width(open_page, address: str, width: int, scheme: str) -> None:
    page = open_page(address, viewport={"width": width, "height": 800}, color_scheme=scheme)
    ask(page, QUESTION)
    page.locator(".ub-marker").first.click()
    page.wait_for_selector("[data-view=source] mark")
    assert page.evaluate("document.documentElement.scrollWidth") <= width
    page.wait_for_timeout(300)
    mark = page.locator(".ub-page mark").first.bounding_box()
    assert 0 <= mark["y"] < 800
    assert (page.locator("body.dark").count() == 1) == (scheme == "dark")
