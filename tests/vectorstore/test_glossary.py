from importlib.resources import files

import pytest

from vectorstore.glossary import translated_windows, translations


@pytest.mark.parametrize(
    ("term", "language", "translation"),
    [
        ("municipality", "en", "kommun"),
        ("municipalities", "en", "kommun"),
        ("Twin Towns", "en", "vänort"),
        ("adopted", "en", "antagen"),
        ("funding", "en", "finansiering"),
        ("committee of the regions", "en", "regionkommittén"),
        ("vänorterna", "sv", "twin town"),
        ("upphandlingar", "sv", "procurement"),
    ],
)
def test_inflected_words_and_phrases_are_translated(term, language, translation):
    assert translation in translations(term, language)


def test_what_is_not_in_the_glossary_has_no_translation():
    assert translations("quark") == ()
    assert translations("") == ()
    assert translations("kommun", "en") == ()


def test_the_longest_phrase_is_translated_and_not_its_words():
    found = dict(translated_windows("which twin towns has the city".split()))
    assert set(found) == {1, 2, 5}
    assert found[1] == found[2] == ("vänort",)


def test_every_entry_is_one_english_term_and_its_swedish_words():
    lines = (files("vectorstore") / "glossary.tsv").read_text("utf-8").splitlines()
    entries = [line for line in lines if not line.startswith("#")]
    assert len(entries) > 300
    english = [line.split("\t")[0] for line in entries]
    assert english == sorted(set(english), key=english.index)
    for line in entries:
        term, swedish = line.split("\t")
        assert term == term.lower().strip() and swedish == swedish.strip()
        assert all(word and word == word.strip() for word in swedish.split(", "))
