import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectorstore.grams import GramStatistics, gram_shares, plain, question_grams

PASSAGES = [
    "Kommunen arbetar med utveckling av näringslivet.",
    "Skolan serverar lunch varje dag.",
    "Städerna längs kusten samverkar om vattenbruk.",
]


def shares(question, passages=PASSAGES, contexts=None):
    statistics = GramStatistics.count(passages)
    return gram_shares(question_grams(question.split()), statistics, passages, contexts or [""] * len(passages))


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("näringslivsutveckling", 0),
        ("naringslivet", 0),
        ("näringsliivet", 0),
        ("skollunch", 1),
        ("kuststädernas", 2),
        ("vattenbruksplan", 2),
    ],
)
def test_compounds_inflections_and_slips_are_found(question, best):
    found = shares(question)
    assert int(np.argmax(found)) == best
    assert found[best] > 2 * sorted(found)[-2]


def test_plain_text_is_letters_and_digits_between_spaces():
    assert plain("Å, Ä & Ö: 1,20 é!") == b" a a o 1 20 e "
    assert plain("") == b"  "


def test_no_sequence_runs_from_one_word_to_the_next():
    together = set(question_grams(["stad", "hamn"]).tolist())
    assert together == set(question_grams(["stad"]).tolist()) | set(question_grams(["hamn"]).tolist())


def test_more_of_the_question_is_a_greater_share():
    half, whole = shares("vattenbruk skatteregler", ["vattenbruk", "vattenbruk och skatteregler"])
    assert 0 < half < whole <= 1


def test_headings_count_as_if_they_stood_in_the_passage():
    without, within = shares("vattenbruk", ["Det ska utvecklas."] * 2, ["", "Vattenbruk"])
    assert without == 0 < within


def test_common_sequences_say_less_than_rare_ones():
    statistics = GramStatistics.count(["kommunen bygger", "kommunen odlar", "kommunen vilar"])
    common, rare = (
        statistics.information(question_grams(["kommunen"])),
        statistics.information(question_grams(["odlar"])),
    )
    assert common.max() < rare.min()


@pytest.mark.parametrize("question", ["", "ö", "§", "日本語", "a b"])
def test_questions_without_letters_enough_share_nothing_and_do_no_harm(question):
    assert shares(question).tolist() == [0, 0, 0]
    assert shares(question, []).shape == (0,)


def test_without_statistics_all_sequences_say_the_same():
    empty = GramStatistics.count([])
    assert gram_shares(question_grams(["hamn"]), empty, ["hamn", "skog"], ["", ""])[0] > 0


@given(st.lists(st.text(), max_size=4), st.lists(st.text(), min_size=1, max_size=4))
def test_shares_are_between_nothing_and_all(question, passages):
    found = gram_shares(
        question_grams(question) if question else np.zeros(0, np.uint32),
        GramStatistics.count(passages),
        passages,
        [""] * len(passages),
    )
    assert found.shape == (len(passages),)
    assert ((found >= 0) & (found <= 1)).all()
