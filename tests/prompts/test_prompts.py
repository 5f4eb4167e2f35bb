import pytest
from jinja2 import UndefinedError

import prompts
from assistant.write_by_model import Evidence, abstains
from prompts import prompt_digest, render_prompt

PIECES = [Evidence(1, "Plan", "2025", "Ett & <två>."), Evidence(2, "Utan", None, "Tre.")]


def test_the_public_names_are_these() -> None:
    assert prompts.__all__ == ["prompt_digest", "render_prompt"]


@pytest.mark.parametrize(
    ("language", "first", "second", "refusal"),
    [
        ("sv", 'utdrag nummer="1" dokument="Plan" avser="2025"', 'utdrag nummer="2" dokument="Utan"', "INGET SVAR"),
        ("en", 'excerpt number="1" document="Plan" covers="2025"', 'excerpt number="2" document="Utan"', "NO ANSWER"),
    ],
)  # fmt: skip
def test_a_prompt_shows_numbered_evidence_and_the_question_last(
    language: str, first: str, second: str, refusal: str
) -> None:
    prompt = render_prompt("answer", language, evidence=PIECES, question="Vad?")
    assert f"<{first}>" in prompt and f"<{second}>" in prompt
    assert "\nEtt & <två>.\n" in prompt
    assert prompt.rstrip().endswith("Vad?")
    assert refusal in prompt and abstains(refusal)


@pytest.mark.parametrize("language", ["sv", "en"])
def test_a_missing_variable_is_an_error(language: str) -> None:
    with pytest.raises(UndefinedError):
        render_prompt("answer", language, evidence=PIECES)
    with pytest.raises(UndefinedError):
        render_prompt("answer", language, question="Vad?")


def test_an_unknown_prompt_is_an_error() -> None:
    with pytest.raises(FileNotFoundError):
        render_prompt("answer", "fi", evidence=[], question="Vad?")


def test_what_is_filled_in_is_not_read_as_a_template() -> None:
    pieces = [Evidence(1, "{{ 1 + 1 }}", None, "{% for x in y %}{{ question }}")]
    prompt = render_prompt("answer", "sv", evidence=pieces, question="{{ evidence }}")
    assert "{{ 1 + 1 }}" in prompt and "{% for x in y %}{{ question }}" in prompt
    assert prompt.rstrip().endswith("{{ evidence }}")


def test_a_digest_tells_wordings_apart() -> None:
    swedish, english = prompt_digest("answer", "sv"), prompt_digest("answer", "en")
    assert swedish != english
    assert prompt_digest("answer", "sv") == swedish
    assert len(bytes.fromhex(swedish)) == 6
