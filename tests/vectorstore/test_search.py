import pytest

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
