"""Saying what one thinks of an answer."""

import json
from pathlib import Path

import pytest
from chat_page import QUESTION, ask

pytestmark = pytest.mark.browser
HOSTILE = '<img src=x onerror="window.harmed=1"> ![x](http://evil.example/x.png) <script>window.harmed=2</script>'


def last_line(kept: Path) -> dict:
    return json.loads((kept / "feedback.jsonl").read_text("utf-8").splitlines()[-1])


def test_useful_answer_is_said_to_be_so(open_page, address: str, kept: Path) -> None:
    page = open_page(address)
    ask(page, QUESTION)
    page.locator(".ub-feedback").get_by_role("button", name="Ja").click()
    page.wait_for_selector("text=Tack! Du tyckte att svaret var till hjälp.")
    page.wait_for_function("document.activeElement.classList.contains('ub-thanks')")
    line = last_line(kept)
    assert (line["verdict"], line["question"], line["reason"]) == ("useful", QUESTION, None)
    assert line["answer"]["citations"]


def test_answer_that_is_not_useful_gets_reason_and_comment(open_page, address: str, kept: Path) -> None:
    page = open_page(address)
    ask(page, QUESTION)
    ask(page, "Vem beslutar om medlemskap i nätverk?")
    second = page.locator(".ub-feedback").nth(1)
    second.get_by_role("button", name="Nej").click()
    page.wait_for_function("document.activeElement.type === 'radio'")
    second.get_by_label("Källan säger inte det").check()
    second.get_by_label("Kommentar").fill(HOSTILE)
    second.get_by_role("button", name="Skicka").click()
    page.wait_for_selector("text=Tack! Du tyckte inte att svaret var till hjälp.")
    line = last_line(kept)
    assert (line["verdict"], line["reason"], line["comment"]) == ("not_useful", "source", HOSTILE)
    assert [turn["question"] for turn in line["history"]] == [QUESTION]
    page.reload()
    page.wait_for_selector("text=Tack! Du tyckte inte att svaret var till hjälp.")
    assert page.locator(".ub-thanks").count() == 1
    page.get_by_role("button", name="Ändra").click()
    second.get_by_role("button", name="Ja").click()
    page.wait_for_selector("text=Tack! Du tyckte att svaret var till hjälp.")
    assert last_line(kept)["answer_id"] == line["answer_id"]
    assert page.evaluate("window.harmed") is None
