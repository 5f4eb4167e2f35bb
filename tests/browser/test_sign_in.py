"""Signing in and out in a real browser."""

import os
from pathlib import Path

import pytest
from test_accessible import violations

from assistant.settings import Settings
from assistant.ui_language import texts_in
from assistant.users import FILE, Users

pytestmark = pytest.mark.browser

IMAGES = Path(__file__).parents[2] / "docs" / "images"
PASSWORD = "korrekt häst batteri"


@pytest.fixture
def guarded(assistant, serving, tmp_path: Path):
    """The address of a page to which users sign in, and the users."""
    users = Users(tmp_path / FILE)
    users.put("anna", PASSWORD)
    with serving(assistant, tmp_path, settings=Settings(data=tmp_path, sign_in="users")) as address:
        yield address, users


@pytest.fixture
def visit(chromium):
    """Opens an address in a browser session of its own."""
    contexts = []

    def open_(address: str, **options):
        contexts.append(chromium.new_context(locale="sv-SE", **options))
        page = contexts[-1].new_page()
        page.set_default_timeout(20_000)
        page.goto(address)
        return page

    yield open_
    for context in contexts:
        context.close()


def sign_in(page, password: str = PASSWORD, name: str = "Anna") -> None:
    page.get_by_label("Användarnamn").fill(name)
    page.get_by_label("Lösenord").fill(password)
    page.keyboard.press("Enter")


def test_user_signs_in_asks_and_signs_out(visit, guarded) -> None:
    address, _ = guarded
    page = visit(address + "#library")
    assert page.get_by_role("heading", name="Utblick").is_visible()
    assert "/sign-in" in page.url
    sign_in(page, "fel lösenord")
    page.wait_for_selector("[role=alert] >> text=hör inte ihop")
    assert page.evaluate("document.activeElement.id") == "ub-password"
    sign_in(page)
    page.wait_for_selector(".ub-scope")
    assert "anna" in page.locator(".ub-user").inner_text()
    page.get_by_label("Din fråga").fill("Vilka vänorter har Exempelstad?")
    page.keyboard.press("Enter")
    page.wait_for_selector("article[data-phase=complete]")
    page.locator(".ub-switch[data-language=en]").click()
    page.get_by_role("button", name="Sign out").wait_for()
    page.locator(".ub-switch[data-language=sv]").click()
    page.get_by_role("button", name="Logga ut").click()
    page.wait_for_selector("#ub-password")
    page.goto(address)
    assert "/sign-in" in page.url


def test_conversations_and_comparisons_are_the_users_wherever_they_sign_in(visit, guarded) -> None:
    address, users = guarded
    users.put("bo", PASSWORD)
    one = visit(address)
    sign_in(one)
    one.wait_for_selector(".ub-scope")
    one.locator(".ub-view-link[href='#compare']").click()
    one.locator("#ub-questions").fill("Vilka vänorter finns?")
    one.locator("#ub-compare-form").get_by_label("Exempelstads kommun", exact=True).check()
    one.locator("#ub-compare-form button[type=submit]").click()
    one.wait_for_selector(".ub-compare[data-working=false] .ub-grid")
    elsewhere, other = visit(address), visit(address)
    sign_in(elsewhere)
    elsewhere.wait_for_selector(".ub-scope")
    elsewhere.locator(".ub-view-link[href='#compare']").click()
    elsewhere.wait_for_selector(".ub-grid >> text=Vilka vänorter finns?")
    sign_in(other, name="bo")
    other.wait_for_selector(".ub-scope")
    other.locator(".ub-view-link[href='#compare']").click()
    other.wait_for_selector(".ub-compare-form")
    assert other.locator(".ub-grid").count() == 0


def test_open_page_of_a_removed_user_shows_no_more(visit, guarded) -> None:
    address, users = guarded
    page = visit(address)
    sign_in(page)
    page.wait_for_selector(".ub-scope")
    users.remove("anna")
    page.get_by_label("Din fråga").fill("Vilka vänorter har Exempelstad?")
    page.keyboard.press("Enter")
    page.wait_for_selector("[role=alert] >> text=Kontakten med Utblick bröts")
    assert page.locator("article .ub-text").count() == 0
    page.reload()
    assert "/sign-in" in page.url


def test_page_of_another_site_cannot_sign_in_or_change_anything(visit, guarded, site) -> None:
    address, _ = guarded
    form = f'<form id=f method=post action="{address}sign-in"><input name=name value=anna></form>'
    script = """<script>document.getElementById('f').submit()</script>"""
    evil = site.put("/evil", f"<!doctype html><title>x</title>{form}{script}", content_type="text/html")
    page = visit(evil)
    page.wait_for_url(f"{address}sign-in")
    assert "refused" in page.locator("body").inner_text()


@pytest.mark.parametrize("language", ["sv", "en"])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_sign_in_page_breaks_no_rule(visit, guarded, language: str, scheme: str, tmp_path: Path) -> None:
    address, _ = guarded
    texts = texts_in(language).signing_in
    page = visit(f"{address}sign-in?language={language}", color_scheme=scheme, viewport={"width": 900, "height": 640})
    assert page.evaluate("document.documentElement.lang") == language
    assert page.evaluate("document.documentElement.classList.contains('dark')") == (scheme == "dark")
    folder = IMAGES if os.environ.get("UTBLICK_SCREENSHOTS") == "1" and scheme == "light" else tmp_path
    page.wait_for_timeout(200)
    assert len(page.screenshot(path=folder / f"sign-in-{language}.png")) > 5_000
    assert violations(page) == []
    page.get_by_label(texts.user_name).fill("x")
    page.get_by_label(texts.password).fill("y")
    page.get_by_role("button", name=texts.sign_in).click()
    page.wait_for_selector("[role=alert]")
    assert violations(page) == []
    page.set_viewport_size({"width": 320, "height": 600})
    assert page.evaluate("document.documentElement.scrollWidth") <= 320
