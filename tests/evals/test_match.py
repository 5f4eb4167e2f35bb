import pytest
from hypothesis import given
from hypothesis import strategies as st

from evals.match import count_words, divide_sentences, documents_of, fold, states_fact


@pytest.mark.parametrize(
    ("text", "spellings", "found"),
    [
        ("Staden fick **59 miljoner** kronor [1].", ["59 miljoner"], True),
        ("Staden fick 59\u00a0[1]\nmiljoner.", ["59 miljoner"], True),
        ("PROGRAM 2021\u20132027", ["2021-2027"], True),
        ("den gröna portalen", ["grön"], True),
        ("omvärlds\u00adbevakning", ["Omvärldsbevakning"], True),
        ("Re\u0301gion d\u2019Exemple", ["R\u00e9gion d'Exemple"], True),
        ("medlem sedan 1995", ["95"], False),
        ("ökade till 95,5", ["95"], False),
        ("1,95 procent", ["95"], False),
        ("i 950 städer", ["95"], False),
        ("i 95, senare fler", ["95"], True),
        ("var 95.", ["95"], True),
        ("en av (95)", ["hundra", "95"], True),
        ("inget av detta", ["95"], False),
    ],
)
def test_a_fact_is_found_in_any_of_its_spellings(text: str, spellings: list[str], found: bool) -> None:
    assert states_fact(fold(text), spellings) is found


@given(st.text(), st.text(min_size=1).filter(lambda fact: fold(fact)), st.text())
def test_a_fact_that_stands_alone_in_a_text_is_found(before: str, fact: str, after: str) -> None:
    assert states_fact(f"{fold(before)} {fold(fact)} {fold(after)}", [fact])


DOCUMENTS = [
    "corpus/stockholm-2021.html",
    "corpus/region-stockholm.html",
    "O\u0308stad plan.pdf",
    "https://www.ekeby.se/eu/",
]


@pytest.mark.parametrize(
    ("source", "expected"),
    [
        ("stockholm", {"corpus/stockholm-2021.html"}),
        ("region-stockholm", {"corpus/region-stockholm.html"}),
        ("Stockholm-2021.html", {"corpus/stockholm-2021.html"}),
        ("corpus/region-stockholm.html", {"corpus/region-stockholm.html"}),
        ("2021", {"corpus/stockholm-2021.html"}),
        ("\u00d6stad", {"O\u0308stad plan.pdf"}),
        ("ekeby", {"https://www.ekeby.se/eu/"}),
        ("malmo", set()),
    ],
)
def test_a_source_key_means_the_closest_documents(source: str, expected: set[str]) -> None:
    assert documents_of(source, DOCUMENTS) == expected


def test_a_key_falls_back_on_names_that_hold_it() -> None:
    assert documents_of("stockholm", ["region-stockholm.html"]) == {"region-stockholm.html"}


@pytest.mark.parametrize(
    ("text", "cited", "uncited", "framing"),
    [
        ("Det är så [1]. Och så [2].", 2, 0, 0),
        ("Det är så. [1] Och så. [2]", 2, 0, 0),
        ("Det är så. Och så. [1]", 1, 1, 0),
        ("”Det är så.” [1] Och så.", 1, 1, 0),
        ("Tre områden:\n- profilering [1]\n- bevakning [1]\n1. utveckling", 2, 1, 1),
        ("## Rubrik\n**Göteborg**\nDet är så [1].", 1, 0, 2),
        ("Bl.a. nr. 3 kom kl. 9 t.ex. i dag [1].", 1, 0, 0),
        ("Det är så [3].", 0, 1, 0),
        ("\n---\n", 0, 0, 0),
    ],
)
def test_sentences_are_told_apart_from_framing(text: str, cited: int, uncited: int, framing: int) -> None:
    found = divide_sentences(text, {1, 2})
    assert (len(found.cited), len(found.uncited), found.framing) == (cited, uncited, framing)


def test_words_are_counted_without_markers() -> None:
    assert count_words("Staden fick **59,5** miljoner EU-stöd [1][2], d.v.s. 20% mer.") == 8
