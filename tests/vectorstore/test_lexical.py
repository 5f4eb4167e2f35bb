import pytest

from vectorstore.analyse import query_terms
from vectorstore.misspelling import is_near, slips
from vectorstore.types import Filter

TEXTS = {
    "natverk.txt": "Regionen är medlem i Conference of Peripheral and Maritime Regions (CPMR) sedan 1996.",
    "cpmr.txt": "Inom CPMR leder regionen arbetet med havsfrågor.",
    "vanorter.txt": "Staden har fem vänorter i Norden och en i Polen.",
    "avtal.txt": "Avtalet antogs av nämnden enligt § 57 och gäller 2021-2027.",
    "skola.txt": "Skolan serverar lunch varje dag. Skolan ligger vid hamnen.",
    "pengar.txt": "Bidraget uppgick till 12 000 kronor, eller 1,20 per invånare.",
    "naring.txt": "Kommunen bedriver näringslivsutveckling tillsammans med företagen.",
}


@pytest.fixture
def lexical(store, make_document):
    with store.writing():
        for name, text in TEXTS.items():
            store.replace(make_document(name, text, language="sv", title="Program"), "", name)
    return store.catalog.lexical


@pytest.fixture
def rank(store, lexical):
    """Documents that a question finds, best first, with their shares."""

    def rank(question):
        asked = lexical.prepare(question, query_terms(question))
        shares = lexical.score(asked, lexical.find(asked, 10, None))
        chunks = store.catalog.chunks(list(shares))
        ranked = sorted(shares, key=lambda chunk_id: -shares[chunk_id])
        return {chunks[chunk_id].document: shares[chunk_id] for chunk_id in ranked}

    return rank


@pytest.mark.parametrize(
    ("question", "best"),
    [
        ("Vilka vänorter har staden?", "vanorter.txt"),
        ("Vilka vanorter har staden?", "vanorter.txt"),
        ("Hur många vännorter har staden?", "vanorter.txt"),
        ("Which twin towns are there?", "vanorter.txt"),
        ("What was adopted by the board?", "avtal.txt"),
        ("Vad säger § 57?", "avtal.txt"),
        ("Vilket avtal gäller 2027?", "avtal.txt"),
        ("Vem fick 12000 kronor?", "pengar.txt"),
        ("Vem fick 1.20?", "pengar.txt"),
        ("Vad är Conference of Peripheral and Maritime Regions?", "natverk.txt"),
    ],
)
def test_questions_find_their_passage_first(rank, question, best):
    assert next(iter(rank(question))) == best


def test_an_acronym_finds_its_long_form_and_the_other_way_around(rank):
    assert list(rank("Vad gör CPMR?")) == ["natverk.txt", "cpmr.txt"] or set(rank("CPMR")) == {
        "natverk.txt",
        "cpmr.txt",
    }
    assert "cpmr.txt" in rank("Conference of Peripheral and Maritime Regions")


def test_a_forgotten_document_takes_its_acronyms_along(store, rank):
    before = rank("Conference of Peripheral and Maritime Regions")["cpmr.txt"]
    with store.writing():
        store.remove("natverk.txt")
    assert rank("Conference of Peripheral and Maritime Regions")["cpmr.txt"] < before / 2
    assert list(rank("CPMR")) == ["cpmr.txt"]


def test_parts_of_compounds_count_for_less_than_the_words_themselves(lexical, store):
    asked = lexical.prepare("näringsliv", query_terms("näringsliv"))
    ids = {name: store.catalog.chunks_of(name)[0].id for name in ("naring.txt", "skola.txt")}
    shares = lexical.score(asked, list(ids.values()))
    assert shares[ids["skola.txt"]] == 0
    assert 0 < shares[ids["naring.txt"]] < 0.5


def test_headings_and_titles_find_passages(store, make_document, rank):
    with store.writing():
        store.replace(make_document("tit.txt", "Målen följs upp.", language="sv", title="Vattenbruk"), "", "tit.txt")
    assert list(rank("vattenbruk")) == ["tit.txt"]


def test_shares_are_between_nothing_and_all_and_fall_with_strange_words(rank):
    whole, diluted = rank("vänorter i Norden"), rank("vänorter i Norden kvantdatorer supraledning")
    assert 0 < diluted["vanorter.txt"] < whole["vanorter.txt"] <= 1


def test_rare_words_carry_more_information(lexical):
    assert lexical.idf(("xyz",)) > lexical.idf(("vänort",)) > lexical.idf(("region",)) > lexical.idf(("program",)) > 0
    assert lexical.idf(("program", "xyz")) == lexical.idf(("program",))


def test_limits_hold(store, lexical):
    asked = lexical.prepare("regionen", query_terms("regionen"))
    everything = lexical.find(asked, 10, None)
    numbers = store.catalog.numbers(Filter(documents=("cpmr.txt",)))
    assert len(everything) == 2
    assert [store.catalog.chunks([found])[found].document for found in lexical.find(asked, 10, numbers)] == ["cpmr.txt"]
    assert lexical.find(asked, 10, []) == []
    assert lexical.find(asked, 1, None) == everything[:1]


@pytest.mark.parametrize("question", ["", "?!", '" OR *', "NEAR(a b)", "body:x", "日本語", "a" * 3000, "\u0130"])
def test_no_question_breaks_the_search(rank, question):
    assert isinstance(rank(question), dict)


def test_an_empty_store_answers_with_nothing(store):
    with store.catalog.reading():
        asked = store.catalog.lexical.prepare("hamn", query_terms("hamn"))
        assert store.catalog.lexical.find(asked, 5, None) == []
        assert store.catalog.lexical.score(asked, []) == {}
        assert store.catalog.lexical.idf(("hamn",)) > 0


@pytest.mark.parametrize(
    ("one", "other", "near"),
    [
        ("vänort", "vännort", True),
        ("vännort", "vänort", True),
        ("vänort", "vämort", True),
        ("vänort", "väonrt", True),
        ("vänort", "vänort", False),
        ("vänort", "väntort", True),
        ("vänort", "vänsort", True),
        ("vänort", "vanort", True),
        ("vänort", "vanord", False),
        ("vänort", "vänorter", False),
        ("", "a", True),
        ("ab", "", False),
    ],
)
def test_one_slip_is_near(one, other, near):
    assert is_near(one, other) is near


@pytest.mark.parametrize(
    ("typed", "spelled"),
    [
        ("Vilka vanorter har staden?", "Vilka vänorter har staden?"),
        ("VANORTER", "Vänorter"),
        ("Vilka vanorter ligger i Malmö?", "Vilka vanorter ligger i Malmö?"),
        ("Which twin towns (vanorter) are there, and what is said about them?",) * 2,
        ("Vem serverar lunch i skolan?",) * 2,
        ("Vilka kvantdatorer finns?",) * 2,
        ("",) * 2,
    ],
)
def test_questions_typed_without_diacritics_are_spelled_as_the_documents_do(lexical, typed, spelled):
    assert lexical.respell(typed) == spelled


@pytest.mark.parametrize("word", ["vänotrer", "vnorter", "vänorterr", "vänårter", "skolas", "hamnnen"])
def test_all_slips_of_a_word_are_what_is_near_it(word):
    words = set(slips(word, 2))
    assert all(is_near(word, other) and word[:2] == other[:2] for other in words)
    letters = "abcdefghijklmnopqrstuvwxyzåäö"
    others = {
        word[:place] + letter + word[place + cut :] for place in range(2, 8) for letter in letters for cut in (0, 1)
    }
    assert {other for other in others if is_near(word, other)} <= words


def test_a_large_index_corrects_as_a_small_one_does(lexical, monkeypatch):
    slipped = ["vänortre", "nämndem", "skolna", "nringsliv", "regionenn", "oceanen"]
    stems = [query_terms(word)[0][0] for word in slipped]
    small = [lexical._similar(stem) for stem in stems]
    monkeypatch.setattr("vectorstore.lexical._MANY", 0)
    assert [lexical._similar(stem) for stem in stems] == small
    assert any(small)


def test_limits_give_what_is_left_of_the_whole(store, make_document):
    with store.writing():
        for number in range(30):
            text = f"{number} " + "\n".join(
                f"Stycke {part}: hamn {'energi ' * (number * part % 7)} klimat " * 20 for part in range(4)
            )
            store.replace(make_document(f"{number}.txt", text, organisation=f"Stad {number % 4}"), "", f"{number}.txt")
        # Chunks of one document that stand apart from each other.
        store.replace(make_document("3.txt", "Hamn och energi. " * 40, organisation="Stad 3"), "", "3.txt")
    index = store.catalog.lexical
    asked = index.prepare("energi i hamnen", query_terms("energi i hamnen"))
    whole = index.find(asked, 10_000, None)
    assert len(whole) == store.catalog.count_chunks()
    for limits in (
        Filter(documents=("7.txt",)),
        Filter(documents=("3.txt", "9.txt")),
        Filter(organisations=("Stad 2",)),
    ):
        numbers = store.catalog.numbers(limits)
        within = set(store.catalog.chunk_ids(numbers))
        assert index.find(asked, 10_000, numbers) == [chunk_id for chunk_id in whole if chunk_id in within]


def test_words_that_most_passages_hold_find_where_nothing_else_does(store, make_document):
    with store.writing():
        for number in range(20):
            rare = "En fyrtorn." if number == 5 else ""
            store.replace(make_document(f"{number}.txt", f"Kommunen {number} arbetar. {rare}"), "", f"{number}.txt")
    index = store.catalog.lexical
    asked = index.prepare("kommunens fyrtorn", query_terms("kommunens fyrtorn"))
    assert index.find(asked, 1, None) == [store.catalog.chunks_of("5.txt")[0].id]
    assert len(index.find(asked, 15, None)) == 15


def test_counts_are_forgotten_with_the_state_they_belong_to(store, lexical, make_document):
    before = lexical.idf(("vänort",))
    with store.writing():
        store.replace(make_document("new.txt", "Vänorter och ännu en vänort.", language="sv"), "", "new.txt")
    assert lexical.idf(("vänort",)) < before
