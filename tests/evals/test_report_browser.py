import shutil
from pathlib import Path

import pytest

from evals.measure import measure_run
from evals.report import write_reports

playwright = pytest.importorskip("playwright.sync_api")
CHROMIUM = shutil.which("chromium") or shutil.which("google-chrome")

pytestmark = [pytest.mark.browser, pytest.mark.skipif(CHROMIUM is None, reason="no Chromium is installed")]


@pytest.fixture
def browser():
    with playwright.sync_playwright() as driver:
        chromium = driver.chromium.launch(executable_path=CHROMIUM, args=["--no-sandbox"])
        yield chromium
        chromium.close()


@pytest.fixture
def address(make_case, make_answer, make_citation, pages, tmp_path: Path) -> str:
    cases = [
        make_case("good", "Sedan när?", lang="sv", kind="fact", facts=[["1987"]]),
        make_case("bad", "A" * 200, lang="en", kind="a kind with a long name " * 4, facts=[["6"]]),
    ]
    quote = make_citation("malmo-2019.pdf", 1, "sedan 1987")
    write_reports(
        measure_run(cases, [make_answer("1987 [1].", quote, id="good"), make_answer("?", id="bad")], pages), tmp_path
    )
    return (tmp_path / "report.html").as_uri()


def test_questions_can_be_filtered(browser, address: str) -> None:
    page = browser.new_page()
    faults: list[str] = []
    page.on("pageerror", lambda error: faults.append(str(error)))
    page.on("console", lambda message: faults.append(message.text))
    page.goto(address)
    shown = page.locator("article:visible")
    assert shown.count() == 2
    page.select_option("select[name=outcome]", "wrong")
    assert shown.count() == 1
    assert page.locator("output").inner_text() == "1 of 2 shown"
    page.select_option("select[name=outcome]", "")
    page.fill("input[name=text]", "SEDAN NÄR")
    assert shown.count() == 1
    page.locator("article:visible a").click()
    assert page.url.endswith("-1")
    assert faults == []


def test_all_questions_show_without_a_script(browser, address: str) -> None:
    page = browser.new_context(java_script_enabled=False).new_page()
    page.goto(address)
    assert page.locator("article").count() == 2
    assert not page.locator("form").is_visible()


@pytest.mark.parametrize("width", [320, 768, 1280])
def test_the_page_is_no_wider_than_the_screen(browser, address: str, width: int) -> None:
    page = browser.new_page(viewport={"width": width, "height": 800})
    page.goto(address)
    assert page.evaluate("document.documentElement.scrollWidth") <= width


def test_a_dark_screen_gets_a_dark_page(browser, address: str) -> None:
    colours = []
    for scheme in ("light", "dark"):
        page = browser.new_page(color_scheme=scheme)
        page.goto(address)
        colours.append(page.evaluate("getComputedStyle(document.body).backgroundColor"))
    assert colours == ["rgb(255, 255, 255)", "rgb(21, 24, 28)"]
