import pytest

from vectorstore.scope import Mentions
from vectorstore.search import search
from vectorstore.types import Filter

TEXTS = {
    "energi.txt": "Nämnden följer upp arbetet med energi och klimat varje år.",
    "hamn.txt": "Hamnen byggs ut med två kajer för färjor till Polen.",
    "skola.txt": "Skolorna samarbetar med vänorterna om språk.",
    "kopia.txt": "Nämnden följer upp arbetet med energi och klimat varje år. ",
}


@pytest.fixture
def filled(store, make_document):
    with store.writing():
        for name, text in TEXTS.items():
            store.replace(
                make_document(name, text, language="sv", organisation=name[0].upper(), title="Plan"), "", name
            )
    return store


def test_the_passage_that_answers_comes_first(filled):
    found = search(filled, "Hur byggs hamnen ut?", top_k=2)
    assert found[0].chunk.document == "hamn.txt"
    assert [hit.rank for hit in found] == [1, 2]
    assert found[0].score >= found[1].score
    assert 0 < found[0].lexical <= 1


def test_passages_found_by_one_half_alone_have_both_scores(filled):
    for hit in search(filled, "Skolornas språksamarbete", top_k=4):
        assert -1 <= hit.dense <= 1
        assert 0 <= hit.lexical <= 1


def test_copies_take_no_rank(filled):
    found = search(filled, "Vem följer upp energi?", top_k=4)
    assert {found[0].chunk.document, found[0].also[0].document} == {"energi.txt", "kopia.txt"}
    assert len(found) == 3


def test_limits_hold(filled):
    found = search(filled, "Vem följer upp energi?", limits=Filter(documents=("hamn.txt",)))
    assert [hit.chunk.document for hit in found] == ["hamn.txt"]
    assert search(filled, "energi", limits=Filter(documents=("saknas.txt",))) == []


def test_as_many_hits_as_wanted(filled):
    assert len(search(filled, "arbetet", top_k=1)) == 1
    assert len(search(filled, "arbetet", top_k=100)) == 3


@pytest.mark.parametrize("question", ["?", "'\"*()", "och", "x" * 5000])
def test_any_question_may_be_asked(filled, question):
    assert isinstance(search(filled, question), list)


def test_an_empty_store_has_no_hits(store):
    assert search(store, "Vem ansvarar?") == []


@pytest.fixture
def crowded(open_store, embeddings, make_document):
    """Two organisations' reports of two years, and many others' that say the same; with the bundled model."""
    store = open_store(model=embeddings)
    text = "Under året deltog {} i {} möten om energi. Nämnden redovisade arbetet med {} exempel."
    organisations = ["Norrstads kommun", "Region Sydlandet", *(f"Ort{number} kommun" for number in range(12))]
    with store.writing():
        for number, organisation in enumerate(organisations):
            for year in (2021, 2022):
                name = f"{number}-{year}.txt"
                kind = "strategi" if number == 1 else "årsrapport"
                body = text.format(organisation, 10 + number + year % 10, number)
                store.replace(
                    make_document(
                        name, body, language="sv", organisation=organisation, title="Rapport", period=str(year),
                        document_type=kind,
                    ),
                    "", name,
                )  # fmt: skip
    return store


@pytest.mark.parametrize(
    ("question", "first"),
    [
        ("Hur många möten om energi deltog Norrstad i 2021?", "0-2021.txt"),
        ("Hur många möten om energi deltog norrstads kommun i 2022?", "0-2022.txt"),
        ("Vad säger strategin för 2022 om möten om energi?", "1-2022.txt"),
        ("How many meetings about energi did Region Sydlandet attend in 2021?", "1-2021.txt"),
        ("Hur många möten om energi enligt 11-2022.txt?", "11-2022.txt"),
    ],
)
def test_what_the_question_names_is_favoured(crowded, question, first):
    assert search(crowded, question, top_k=3)[0].chunk.document == first


def test_two_organisations_are_both_heard(crowded):
    found = search(crowded, "Jämför hur många möten Norrstad och Region Sydlandet deltog i", top_k=4)
    assert {hit.chunk.document.split("-")[0] for hit in found} == {"0", "1"}
    assert [hit.rank for hit in found] == [1, 2, 3, 4]


def test_a_question_about_which_of_them_hears_each(crowded, make_document):
    with crowded.writing():
        for number in range(2, 14):
            for year in (2021, 2022):
                crowded.remove(f"{number}-{year}.txt")
        for number in range(30):
            text = f"Möten om energi, möten om energi, nummer {number}."
            name = f"x{number}"
            crowded.replace(
                make_document(name, text, organisation="Norrstads kommun", title="Möten om energi"), "", name
            )
    found = search(crowded, "Vilka kommuner deltog i möten om energi?", top_k=5)
    assert sum(hit.chunk.document.startswith("1-") for hit in found) == 2


def test_what_is_named_does_not_reach_beyond_the_limits(crowded):
    question = "Jämför Norrstad och Region Sydlandet 2021 i 1-2022.txt"
    found = search(crowded, question, limits=Filter(organisations=("Norrstads kommun",), years=(2022,)))
    assert {hit.chunk.document for hit in found} == {"0-2022.txt"}
    mentions = Mentions(organisations=("Region Sydlandet", "Norrstads kommun"), documents=("1-2021.txt",))
    found = search(crowded, "möten", limits=Filter(organisations=("Norrstads kommun",)), mentions=mentions)
    assert {hit.chunk.document for hit in found} == {"0-2021.txt", "0-2022.txt"}


def test_the_same_words_of_two_organisations_are_not_folded(store, make_document):
    with store.writing():
        for year, organisation in enumerate(("Norrstads kommun", "Region Sydlandet"), start=2021):
            text = "Nämnden följer upp arbetet med energi och klimat varje år." + "\f" * (year - 2020)
            store.replace(make_document(organisation, text, organisation=organisation, title="Plan"), "", organisation)
    both = search(store, "Följer nämnden i Norrstad och Region Sydlandet upp energi?")
    assert sorted(hit.chunk.document for hit in both) == ["Norrstads kommun", "Region Sydlandet"]
    one = search(store, "Följer nämnden upp energi?")
    assert len(one) == 1 and len(one[0].also) == 1
