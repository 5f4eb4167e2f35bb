import logging

import pytest
from hypothesis import given
from hypothesis import strategies as st

from assistant.answers import AnswerStatus, Turn
from assistant.mask import MASK, mask_identity_numbers

# Numbers that the Swedish Tax Agency gives away for tests, and ones made by the rule.
PERSON = "189001019802"


def number(date: str, birth: str = "238") -> str:
    """Date with six digits and three more, with their check digit."""
    total = sum(sum(divmod(int(digit) * (2 - index % 2), 10)) for index, digit in enumerate(date + birth))
    return date + birth + str(-total % 10)


@pytest.mark.parametrize(
    "written",
    [
        PERSON,
        "18900101-9802",
        "18900101+9802",
        "900101-9802",
        "900101+9802",
        "9001019802",
        "900101 9802",
        "900101 - 9802",
        "1890-01-01-9802",
        "1890-01-01 9802",
        "18900101–9802",
        "900101\u20119802",
        "90\u200b0101-98\u200d02",
        "９００１０１-９８０２",
        number("811278"),
        "19" + number("811278"),
        "20000229" + number("000229")[6:],
        number("040229"),
    ],
)
@pytest.mark.parametrize("sentence", ["Vad får {} göra?", "{}", "Fråga ({}).", "Född {}, bor i Malmö"])
def test_an_identity_number_is_masked_however_it_is_written(written: str, sentence: str) -> None:
    assert mask_identity_numbers(sentence.format(written)) == sentence.format(MASK)


@pytest.mark.parametrize(
    "text",
    [
        "900101-9803",  # wrong check digit
        "901301-9802",  # no such month
        "900132-9802",
        "212000-0142",  # organisation number of a city
        "556036-0793",
        "Dnr KS 2024/00123-4",
        "Programmet gäller 2021-2027 och kostar 12 500 000 kronor.",
        "Ring 08-508 290 00",
        "189001019802123",
        "1900-02-29-" + number("000229")[6:],
        "",
    ],
)
def test_other_numbers_stay(text: str) -> None:
    assert mask_identity_numbers(text) == text


@given(st.text())
def test_what_is_left_is_the_text_and_masking_again_changes_nothing(text: str) -> None:
    masked = mask_identity_numbers(text)
    assert mask_identity_numbers(masked) == masked
    assert MASK in masked or masked == text


@given(
    st.dates(min_value=__import__("datetime").date(1890, 1, 1), max_value=__import__("datetime").date(2029, 12, 31)),
    st.integers(0, 999),
    st.sampled_from(["", "-", "+", " "]),
    st.booleans(),
    st.booleans(),
)
def test_every_number_of_the_rule_is_found(born, birth: int, sign: str, century: bool, coordination: bool) -> None:
    day = born.day + (60 if coordination else 0)
    ten = number(f"{born:%y%m}{day:02}", f"{birth:03}")
    written = (f"{born:%Y}"[:2] if century else "") + ten[:6] + sign + ten[6:]
    assert mask_identity_numbers(f"Vem är {written}?") == f"Vem är {MASK}?"


@pytest.mark.parametrize("written", ["18900101-9802", "9001019802"])
def test_a_question_is_masked_before_it_is_kept_or_logged(samples_assistant, caplog, written: str) -> None:
    caplog.set_level(logging.DEBUG)
    answer = samples_assistant.ask(f"Vilka vänorter har Provköping enligt {written}?", [Turn(f"Vem är {written}?")])
    assert answer.status == AnswerStatus.ANSWERED
    assert answer.question == f"Vilka vänorter har Provköping enligt {MASK}?"
    assert "9802" not in str(answer) and "9802" not in caplog.text


def test_a_question_that_is_nothing_but_a_number_asks_nothing(samples_assistant) -> None:
    answer = samples_assistant.ask("18900101-9802")
    assert answer.status == AnswerStatus.REFUSED
    assert answer.question == MASK
