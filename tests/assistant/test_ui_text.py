import re
from collections.abc import Iterator
from dataclasses import fields, is_dataclass
from operator import attrgetter
from pathlib import Path
from string import Formatter

import pytest

from assistant.answers import AnswerStatus
from assistant.job import JobKind, JobState
from assistant.ui_language import LANGUAGES, texts_in
from assistant.ui_text_en import ENGLISH
from assistant.ui_text_sv import SWEDISH
from vectorstore.outcome import FAILURES, Outcome

CSS = (Path(__file__).parents[2] / "assistant" / "static" / "shell.css").read_text("utf-8")
PAIRS = [
    ("ink", "ground"), ("ink", "card"), ("ink", "tint"), ("soft", "ground"), ("soft", "card"), ("soft", "none-tint"),
    ("primary", "card"), ("primary", "ground"), ("primary", "tint"), ("on-primary", "primary"),
    ("on-primary", "primary-strong"), ("on-header", "header"), ("mark-ink", "mark"), ("good", "good-tint"),
    ("good", "card"), ("some", "some-tint"), ("none", "none-tint"), ("bad", "bad-tint"), ("bad", "card"),
]  # fmt: skip


def placeholders(text: str) -> set[str]:
    return {name for _, name, _, _ in Formatter().parse(text) if name}


def names(texts: object, above: str = "") -> Iterator[str]:
    """The names of all strings, those of a view after the view's."""
    for field in fields(texts):
        value = getattr(texts, field.name)
        yield from names(value, f"{above}{field.name}.") if is_dataclass(value) else [above + field.name]


@pytest.mark.parametrize("field", list(names(SWEDISH)))
def test_both_languages_say_the_same(field: str) -> None:
    swedish, english = attrgetter(field)(SWEDISH), attrgetter(field)(ENGLISH)
    if isinstance(swedish, str):
        assert swedish.strip()
        assert placeholders(swedish) == placeholders(english)
    elif field != "document_types":
        assert swedish.keys() == english.keys()
        assert all(value.strip() for value in (*swedish.values(), *english.values()))
        for key, value in swedish.items():
            assert placeholders(value) == placeholders(english[key])


def test_every_status_has_words() -> None:
    for language in LANGUAGES:
        assert set(texts_in(language).statuses) == set(AnswerStatus)
    assert texts_in("de") is SWEDISH


def test_every_job_and_outcome_has_words() -> None:
    for language in LANGUAGES:
        texts = texts_in(language).library
        assert set(texts.kinds) == set(JobKind)
        assert set(texts.states) == set(JobState)
        assert set(texts.outcomes) == set(Outcome)
        assert set(texts.explanations) == FAILURES


def test_types_of_document_are_named_in_both_languages() -> None:
    assert SWEDISH.type_name("verksamhetsberättelse") == "Verksamhetsberättelse"
    assert ENGLISH.type_name("verksamhetsberättelse") == "Activity report"
    assert SWEDISH.type_name("annual report") == "Årsrapport"
    assert ENGLISH.type_name("budget") == "Budget"
    assert ENGLISH.type_name(None) is None


def luminance(colour: str) -> float:
    parts = [int(colour[index : index + 2], 16) / 255 for index in (1, 3, 5)]
    red, green, blue = (part / 12.92 if part <= 0.03928 else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


@pytest.mark.parametrize("scheme", [":root", ".dark"])
def test_text_has_a_contrast_of_at_least_4_5(scheme: str) -> None:
    """WCAG 2.2, success criterion 1.4.3, for the colours that stand on each other."""
    block = re.search(rf"^{re.escape(scheme)} \{{(.*?)^\}}", CSS, re.DOTALL | re.MULTILINE)[1]
    colours = dict(re.findall(r"--ub-([\w-]+): (#[0-9a-f]{6})", block))
    for text, ground in PAIRS:
        light, dark = sorted((luminance(colours[text]), luminance(colours[ground])), reverse=True)
        assert (light + 0.05) / (dark + 0.05) >= 4.5, f"{text} on {ground}"


def test_nothing_is_fetched_from_elsewhere() -> None:
    static = Path(__file__).parents[2] / "assistant" / "static"
    for file in static.glob("*.[cj]s*"):
        assert not re.search(r"https?://|@import|url\(", file.read_text("utf-8")), file.name
