from ingest.chunk import Chunk
from vectorstore.spread import spread
from vectorstore.types import Hit

GROUPS = {"a": "A", "b": "B", "c": "C"}


def hits(documents):
    return [
        Hit(Chunk(f"{rank}", name, rank, "", 0, 0, 1, 1, ()), 1 - rank / 100, rank, 0.0, 0.0)
        for rank, name in enumerate(documents, start=1)
    ]


def documents(found):
    return "".join(hit.chunk.document for hit in found)


def test_without_groups_the_best_are_taken():
    assert documents(spread(hits("aabxc"), 3, {})) == "aab"


def test_each_group_has_its_best_few_and_the_order_stays():
    found = spread(hits("aaaaaaaxaab"), 4, GROUPS)
    assert documents(found) == "aaab"
    assert [hit.rank for hit in found] == [1, 2, 3, 4]
    assert [hit.chunk.id for hit in found] == ["1", "2", "3", "11"]


def test_no_group_gets_more_than_it_needs():
    assert documents(spread(hits("xxxxxxxaabbcc"), 12, GROUPS)) == "xxxxxxaabbcc"


def test_with_more_groups_than_places_the_best_of_those_that_rank_highest():
    assert documents(spread(hits("aabc"), 2, GROUPS)) == "ab"
