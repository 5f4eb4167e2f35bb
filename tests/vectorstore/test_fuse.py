import pytest

from ingest.chunk import Chunk
from vectorstore.backend import Candidate
from vectorstore.collapse import collapse
from vectorstore.fuse import CROSS_LANGUAGE_WEIGHT, LEXICAL_WEIGHT, fuse
from vectorstore.types import Hit

REPORT = "Staden deltog i fyra projekt under året och bidrog till arbetet med klimat och energi i hela regionen."


def passage(name, text="", ordinal=0):
    return Chunk(f"{name}/{ordinal}", name, ordinal, text, 0, len(text), 1, 1, ())


def candidate(name, dense, lexical, language="sv", ordinal=0):
    return Candidate(passage(name, ordinal=ordinal), language, dense, lexical)


def test_both_halves_count():
    found = fuse([candidate("a", 0.80, 0.0), candidate("b", 0.80, 0.5), candidate("c", 0.85, 0.0)], "sv", 3)
    assert [hit.chunk.document for hit in found] == ["b", "c", "a"]
    assert [hit.rank for hit in found] == [1, 2, 3]
    assert found[0].score == pytest.approx(0.80 + LEXICAL_WEIGHT * 0.5)
    assert (found[0].dense, found[0].lexical) == (0.80, 0.5)


def test_words_count_for_less_across_languages():
    (hit,) = fuse([candidate("a", 0.8, 0.5)], "en", 1)
    assert hit.score == pytest.approx(0.8 + CROSS_LANGUAGE_WEIGHT * 0.5)


def test_one_weight_holds_for_all_passages_of_a_question():
    swedish, english = fuse([candidate("a", 0.8, 0.5, "en"), candidate("b", 0.8, 0.5, "sv")], "en", 2)
    assert swedish.score == english.score
    assert 0.8 + CROSS_LANGUAGE_WEIGHT * 0.5 < swedish.score < 0.8 + LEXICAL_WEIGHT * 0.5


def test_an_unknown_language_counts_as_the_questions():
    (hit,) = fuse([candidate("a", 0.8, 0.5, None)], "en", 1)
    assert hit.score == pytest.approx(0.8 + LEXICAL_WEIGHT * 0.5)


def test_equal_scores_come_in_a_fixed_order():
    tied = [candidate("b", 0.8, 0.1), candidate("a", 0.8, 0.1, ordinal=1), candidate("a", 0.8, 0.1)]
    assert [hit.chunk.id for hit in fuse(tied, "sv", 3)] == ["a/0", "a/1", "b/0"]
    assert fuse([], "sv", 3) == []


def hits(*texts):
    return [Hit(passage(str(place), text), 1 - place / 10, place + 1, 0.8, 0.5) for place, text in enumerate(texts)]


def test_repeated_passages_collapse_into_the_best_and_are_listed_there():
    found = collapse(hits(REPORT, "Något annat.", REPORT, REPORT.replace("året", "ÅRET")), 10)
    assert [hit.chunk.document for hit in found] == ["0", "1"]
    assert [chunk.document for chunk in found[0].also] == ["2", "3"]
    assert found[1].also == ()
    assert [hit.rank for hit in found] == [1, 2]


def test_a_few_other_words_are_still_the_same():
    long = f"{REPORT} " * 2
    found = collapse(hits(long + "Rapporten godkändes.", long + "Rapporten antogs."), 10)
    assert len(found) == 1


def test_other_numbers_are_another_answer():
    found = collapse(hits(f"{REPORT} Det kostade 12 kronor.", f"{REPORT} Det kostade 13 kronor."), 10)
    assert len(found) == 2


def test_short_passages_are_the_same_only_if_equal():
    assert len(collapse(hits("Ja", "Nej", "ja"), 10)) == 2


def test_repetitions_beyond_the_last_rank_are_still_listed():
    found = collapse(hits(REPORT, "Något annat.", "Ett tredje.", REPORT), 2)
    assert [hit.chunk.document for hit in found] == ["0", "1"]
    assert [chunk.document for chunk in found[0].also] == ["3"]
    assert collapse([], 3) == []
