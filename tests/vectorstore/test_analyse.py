import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectorstore.analyse import STOP_WORDS, fold, folded_terms, index_terms, query_terms, words


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("EU:s vänorter", ["eu", "vänorter"]),
        ("enligt 57 § kommunallagen", ["enligt", "57", "§", "kommunallagen"]),
        ("§ 57", ["§", "57"]),
        ("perioden 2021-2027", ["perioden", "2021", "2027"]),
        ("1,20 meter", ["1,20", "meter"]),
        ("den 12/3 kl. 13:30", ["den", "12/3", "kl", "13:30"]),
        ("12 000 kronor", ["12000", "kronor"]),
        ("1\u00a0200\u202f000 euro", ["1200000", "euro"]),
        ("år 2021 300 personer", ["år", "2021", "300", "personer"]),
        ("i 3,5 600 gånger", ["i", "3,5", "600", "gånger"]),
        ("H2020 och covid-19", ["h2020", "och", "covid", "19"]),
        ("the city's members", ["the", "city's", "members"]),
        ("Mo\u0308te i Malmo\u0308", ["möte", "i", "malmö"]),
        ("en stad", ["en", "stad"]),
    ],
)
def test_words(text, found):
    assert list(words(text)) == found


def test_inflections_meet_in_the_index():
    for one, other in (("kommunerna", "kommunen"), ("finansieringen", "finansiering"), ("nätverken", "nätverk")):
        assert index_terms(one, "sv") == index_terms(other, "sv")
    assert index_terms("municipalities", "en") == index_terms("municipality", "en")


def test_words_with_diacritics_are_indexed_without_them_as_well_and_others_are_not():
    assert index_terms("vänorter i Malmö", "sv") == "vänort i malmö"
    assert folded_terms("vänorter i Malmö", "sv") == "_vanort _malmo"
    assert folded_terms("en stad 1,20", "sv") == ""


def test_numbers_are_one_term_each():
    assert index_terms("1,20 och 1.20 den 12/3", "sv") == "1x20 och 1x20 den 12x3"


def test_what_is_typed_without_diacritics_finds_what_has_them():
    (typed,) = query_terms("vanorter")
    assert "_vanort" in typed
    (written,) = query_terms("vänorter")
    assert not any(term.startswith("_") for term in written)


def test_questions_lose_their_function_words_unless_they_hold_nothing_else():
    assert [term[0] for term in query_terms("Vilka är stadens vänorter?")] == ["stad", "vänort"]
    assert query_terms("Vad är det här?")
    assert query_terms("EU?") == [("eu", "_eu")]
    assert query_terms("?!") == []


def test_each_word_of_a_question_counts_once():
    assert len(query_terms("Hamn och hamn, HAMN!")) == 1


def test_stop_words_are_single_lower_case_words():
    for word in STOP_WORDS:
        assert list(words(word)) == [word]


@given(st.text())
def test_folding_twice_changes_nothing_more(text):
    assert fold(fold(text)) == fold(text)


@given(st.text())
def test_analysis_takes_any_text(text):
    terms = index_terms(text, "sv").split(" ")
    assert len(terms) == max(len(list(words(text))), 1)
    assert all(term.startswith("_") for term in folded_terms(text, "en").split())
    for alternatives in query_terms(text):
        assert all(alternatives)


@given(st.text(alphabet="abcåäöé 19.,:§'"))
def test_terms_are_tokens_of_sqlite(text):
    assert not set(index_terms(text, None)) & set(".,:'\"")
