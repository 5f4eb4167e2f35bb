import pytest
from hypothesis import given
from hypothesis import strategies as st

from vectorstore.acronyms import find_acronyms


@pytest.mark.parametrize(
    ("text", "found"),
    [
        (
            "Regionen är med i Conference of Peripheral and Maritime Regions (CPMR) sedan 1996.",
            [("CPMR", "Conference of Peripheral and Maritime Regions")],
        ),
        ("Sveriges Kommuner och Regioner (SKR) företräder", [("SKR", "Sveriges Kommuner och Regioner")]),
        ("SKR (Sveriges Kommuner och Regioner) anser", [("SKR", "Sveriges Kommuner och Regioner")]),
        ("Union of the Baltic Cities (UBC)", [("UBC", "Union of the Baltic Cities")]),
        ("Europeiska regionala utvecklingsfonden (ERUF)", [("ERUF", "Europeiska regionala utvecklingsfonden")]),
        ("beslut av kommunfullmäktige (KF) i juni", [("KF", "kommunfullmäktige")]),
        ("uppdrag till Folkhälsomyndigheten (FoHM)", [("FoHM", "Folkhälsomyndigheten")]),
        ("Vattenrådet (VR) och vattenrådet (VR)", [("VR", "Vattenrådet"), ("VR", "vattenrådet")]),
    ],
)
def test_spelled_out_acronyms_are_found(text, found):
    assert find_acronyms(text) == found


@pytest.mark.parametrize(
    "text",
    [
        "enligt beslutet (KF)",
        "Agenda 2030 (FN)",
        "(SKR) först i raden",
        "I Bryssel (EU) finns kontoret",
        "ordföranden (S) och ledamoten (M)",
        "se bilaga (PDF) på webben",
        "SKR SKR SKR (SKR)",
        "på fler rader\nän en (FE)",
    ],
)
def test_other_brackets_are_none(text):
    assert find_acronyms(text) == []


@given(st.text(alphabet="AaBbÅå (-)\n"))
def test_any_text_may_be_searched_and_what_is_found_stands_there(text):
    for short, long in find_acronyms(text):
        assert short in text
        assert long in text
