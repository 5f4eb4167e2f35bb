"""What a person does in the chat, for tests of it."""

import re

QUESTION = "Vilka vänorter har Exempelstad?"


def ask(page, question: str, status: str | None = None) -> None:
    """Ask as a person does, and wait for the answer to be complete."""
    before = page.locator("article").count()
    page.get_by_label("Din fråga").fill(question)
    page.get_by_role("button", name="Fråga", exact=True).click()
    page.wait_for_selector(f"article:nth-of-type({before + 1})[data-phase=complete]")
    if status:
        assert page.locator("article").last.locator(".ub-status").inner_text().strip().endswith(status)


def plain(text: str) -> str:
    return re.sub(r"\s+", " ", re.sub(r"[•\n]", " ", text)).strip()


def marked(page) -> str:
    """What is highlighted: on a page's picture it is said in words beside the boxes."""
    return plain(" ".join(page.locator(".ub-quoted q, .ub-page mark:not(.ub-box)").all_text_contents()))


def current_marker(page, marker: str) -> None:
    """Wait until this marker, and no other number, is shown as the open one."""
    page.wait_for_function(
        """(marker) => {
          const open = [...document.querySelectorAll('.ub-marker[aria-current=true]')].map((one) => one.innerText);
          return open.length > 0 && open.every((one) => one === marker);
        }""",
        arg=marker,
    )


def open_source(page) -> None:
    """Open the first citation and wait until its page is there."""
    page.locator(".ub-marker").first.click()
    page.wait_for_selector("[data-view=source] mark")


def speak(page, language: str, title: str, heading: str) -> None:
    """Change the language, and wait until a view's title is in it."""
    page.locator(f".ub-switch[data-language={language}]").click()
    page.wait_for_selector(f"header[data-language={language}]")
    page.wait_for_selector(f"{title} >> text='{heading}'")
