import unicodedata

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from ingest.clean import Words, clean_line, clean_text, divide_running_lines, join_lines, running_lines, words_of
from ingest.lines import Line

NOTHING_KNOWN = Words({})


def line(text, y, page=1, *, size=10.0, x0=70.0, bold=False):
    return Line(page, text, x0, x0 + 5 * len(text), y, size, bold)


NAMES = ("ett", "två", "tre", "fyra", "fem", "sex", "sju", "åtta")


def page_of(number, count, *, header="Provkommun", footer="Sida {} ({})"):
    lines = [line(header, 40, number, size=8)] if header else []
    lines.append(line(f"Ett stycke om {NAMES[number - 1]}.", 100, number))
    return [*lines, line(footer.format(number, count), 800, number, size=8)]


@pytest.mark.parametrize(
    ("first", "second", "joined"),
    [
        ("EU-", "policy", "EU-policy"),
        ("sammanhållnings-", "politiken", "sammanhållningspolitiken"),
        ("miljö-", "och klimatfrågor", "miljö- och klimatfrågor"),
        ("kultur-", "samt fritidsnämnden", "kultur- samt fritidsnämnden"),
        ("Hållbarhet-", "Klimat", "Hållbarhet-Klimat"),
        ("perioden 2021-", "2027", "perioden 2021-2027"),
        ("perioden 2021–", "2027", "perioden 2021–2027"),
        ("COP26-", "mötet", "COP26-mötet"),
        ("e-", "tjänster", "e-tjänster"),
        ("utveck\u00ad", "ling", "utveckling"),
        ("utveck\u2010", "ling", "utveckling"),
        ("utveck\ufffe", "ling", "utveckling"),
        ("EU\u00ad", "stöd", "EU-stöd"),
        ("i EU:s struktur\u00ad", "fonder", "i EU:s strukturfonder"),
        ("nya -", "gamla", "nya - gamla"),
        ("utan streck", "alls", "utan streck alls"),
        ("https://exempel.se/om-", "oss", "https://exempel.se/om-oss"),
    ],
)
def test_hyphen_at_a_line_end(first, second, joined):
    assert clean_text(join_lines(clean_line(first, NOTHING_KNOWN), second, NOTHING_KNOWN)) == joined


def test_the_documents_own_spelling_decides():
    words = words_of(["Ett fackligt icke-statligt organ", "och samverkansorgan finns"])
    assert join_lines("ett icke-", "statligt organ", words) == "ett icke-statligt organ"
    assert join_lines("ett samverkans-", "organ", words) == "ett samverkansorgan"


def test_a_document_that_marks_broken_words_means_its_hyphens():
    words = words_of(["in\u2010", "ut\u2010", "av\u2010", "text"])
    assert join_lines("ett öst-", "västligt samarbete", words) == "ett öst-västligt samarbete"
    assert join_lines("ett sam\u2010", "arbete", words) == "ett samarbete"


def test_english_compounds_keep_their_hyphen_between_known_words():
    words = words_of(["the well and the known and the rest", "and so on and on the way"])
    assert join_lines("a well-", "known city", words) == "a well-known city"
    assert join_lines("the informa-", "tion", words) == "the information"


def test_soft_hyphen_within_a_line():
    words = words_of(["samarbete och samarbete"])
    assert clean_line("EU\u00adstöd", words) == "EU-stöd"
    assert clean_line("sam\u00adarbete", words) == "samarbete"


def test_characters_of_typesetting():
    assert clean_text("e\ufb03cient a\u030a\u00a0b\u2003c \uf0b7 d\u200b ▪ e\x07") == "efficient å b c • d • e"


@pytest.mark.parametrize("count", [2, 3, 8])
@pytest.mark.parametrize("footer", ["Sida {} ({})", "{}", "sid {}/{}", "– {} –"])
def test_headers_and_footers_go(count, footer):
    pages = [page_of(number, count, footer=footer) for number in range(1, count + 1)]
    assert [[kept.text for kept in page] for page in divide_running_lines(pages)[0]] == [
        [f"Ett stycke om {name}."] for name in NAMES[:count]
    ]


def test_the_only_numbered_page_loses_its_number():
    pages = [[line("Försättsblad", 300)], page_of(2, 2, header="", footer="2")]
    assert [kept.text for kept in divide_running_lines(pages)[0][1]] == ["Ett stycke om två."]


def test_a_heading_that_stands_once_stays():
    pages = [page_of(number, 4) for number in range(1, 5)]
    pages[2].insert(1, line("Provkommun i världen", 70, 3, size=16))
    assert "Provkommun i världen" in [kept.text for kept in divide_running_lines(pages)[0][2]]


def test_numbered_headings_at_the_top_of_pages_stay():
    pages = [
        [line(f"Delmål {goal}", 60, page, size=14), line(f"Text om {NAMES[goal]}.", 300, page)]
        for page, goal in ((1, 1), (3, 2), (4, 3), (7, 4), (8, 5))
    ]
    assert running_lines(pages) == set()


def test_headings_of_the_same_words_at_different_heights_stay():
    pages = [
        [line("Mål", 90 + 40 * number, number, size=14), line(f"Text om {NAMES[number]}.", 400, number)]
        for number in (1, 2, 3)
    ]
    assert running_lines(pages) == set()


def test_the_header_of_a_table_that_returns_on_each_page_stays():
    pages = [
        [
            line("Provkommun", 40, number, size=8),
            line("Åtgärd", 90, number, bold=True),
            line(f"Rad {chr(96 + number)} om arbetet", 103, number),
            line(f"Mer om {chr(96 + number)}", 116, number),
        ]
        for number in range(1, 6)
    ]
    assert all("Åtgärd" in [kept.text for kept in page] for page in divide_running_lines(pages)[0])
    assert all("Provkommun" not in [kept.text for kept in page] for page in divide_running_lines(pages)[0])


def test_the_name_of_a_chapter_beside_the_page_number_goes():
    pages = [
        [
            line(str(number), 40, number, size=9),
            line(f"Kapitel {name}", 40, number, size=9, x0=100),
            line(f"Kapitel {name}", 90, number, size=20),
            line(f"Brödtext om {name} som är längre än annat på sidan.", 130, number),
        ]
        for number, name in enumerate(NAMES[:5], start=1)
    ]
    assert [[kept.y for kept in page] for page in divide_running_lines(pages)[0]] == [[90, 130]] * 5


def test_pages_that_are_all_alike_are_not_emptied():
    pages = [[line("Samma text.", 100, number)] for number in (1, 2, 3)]
    assert all(divide_running_lines(pages)[0])


letters = st.text(alphabet="abcdefåäöÅÄÖéABC -\u00ad\u2010,.", min_size=1, max_size=30)


def letters_of(text):
    return [character for character in unicodedata.normalize("NFC", text) if character.isalpha()]


@settings(deadline=None)
@given(first=letters, second=letters)
def test_joining_loses_no_letter(first, second):
    words = words_of([first, second])
    joined = join_lines(clean_line(first, words), clean_line(second, words), words)
    assert letters_of(joined) == letters_of(first) + letters_of(second)


@settings(deadline=None)
@given(st.text(alphabet=st.characters(categories=("L", "N", "P", "Zs")), max_size=60))
def test_cleaning_is_stable(text):
    assert clean_text(clean_text(text)) == clean_text(text)


@settings(deadline=None)
@given(st.text(alphabet=st.characters(categories=("L",), max_codepoint=0x24F), max_size=60))
def test_cleaning_loses_no_letter(text):
    assert letters_of(clean_text(text)) == letters_of(text)
