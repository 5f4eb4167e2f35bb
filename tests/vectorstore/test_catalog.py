import os
import sqlite3
import threading
from dataclasses import replace

import numpy as np
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from ingest.assemble import RawBlock, RawDocument, assemble_document
from ingest.document import BlockKind, Fact, Field
from vectorstore.catalog import Catalog
from vectorstore.change import Move
from vectorstore.errors import (
    DuplicateContent,
    StoreDamaged,
    StoreMissing,
    StoreOutdated,
    StoreUnwritable,
    UnknownDocument,
    VectorStoreError,
)
from vectorstore.provenance import StatedFact, stated_facts
from vectorstore.types import Filter, covers_year


def put(store, document, location=None, **options):
    store.replace(document, "/folder", location or f"/folder/{document.id}", **options)


def test_a_document_comes_back_as_it_was_stored(store, make_document):
    document = make_document(
        "a.txt", "Första sidan.\nTvå stycken.\fAndra sidan, å ä ö 😀.", title="Plan", period="2021"
    )
    put(store, document)
    assert store.catalog.document("a.txt") == document
    assert store.catalog.page_text("a.txt", 2) == "Andra sidan, å ä ö 😀."
    (record,) = store.catalog.records()
    assert (record.title, record.period, record.pages, record.chunks) == ("Plan", "2021", 2, 1)


@settings(max_examples=30, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(text=st.text(min_size=1, max_size=400).filter(lambda text: any(c.isalnum() for c in text)))
def test_offsets_hold_whatever_the_characters(store, make_document, text):
    document = make_document("a.txt", text)
    put(store, document)
    stored = store.catalog.document("a.txt")
    assert len(stored.text) == len(document.text)
    assert "".join(store.catalog.page_text("a.txt", page.number) for page in stored.pages) == stored.text
    for chunk in store.catalog.chunks_of("a.txt"):
        assert stored.text[chunk.start : chunk.end] == chunk.text


def test_lone_surrogates_and_nul_of_broken_fonts_are_replaced_in_place(store, make_document):
    put(store, make_document("a.txt", "en \ud83d trasig \x00 text", title="T\udc00"))
    assert store.catalog.page_text("a.txt", 1) == "en \ufffd trasig \ufffd text"
    assert store.catalog.records()[0].title == "T\ufffd"


def test_a_change_that_fails_leaves_nothing(store, make_document):
    put(store, make_document("a.txt", "En text."))
    before = store.catalog.state

    class StopError(Exception):
        pass

    with pytest.raises(StopError), store.catalog.transaction() as change:
        change.delete("a.txt")
        raise StopError
    assert store.catalog.state == before
    assert store.catalog.document("a.txt").text == "En text."


def test_a_transaction_within_another_is_refused_and_the_outer_one_is_undone(store, make_document):
    put(store, make_document("a.txt", "En text."))
    with pytest.raises(RuntimeError), store.catalog.transaction() as change:
        change.delete("a.txt")
        with store.catalog.transaction():
            pass
    assert [record.id for record in store.catalog.records()] == ["a.txt"]


def test_a_snapshot_does_not_see_what_is_written_meanwhile(store, make_document):
    put(store, make_document("a.txt", "Första upplagan."))
    with store.catalog.reading():
        assert store.catalog.records()[0].id == "a.txt"
        writer = threading.Thread(target=put, args=(store, make_document("a.txt", "Andra upplagan.")))
        writer.start()
        writer.join()
        assert store.catalog.document("a.txt").text == "Första upplagan."
        assert [chunk.text for chunk in store.catalog.chunks_of("a.txt")] == ["Första upplagan."]
    assert store.catalog.document("a.txt").text == "Andra upplagan."


def test_threads_share_a_catalog_and_close_ends_all_of_them(store, make_document):
    put(store, make_document("a.txt", "En text."))
    seen, go_on = [], threading.Event()

    def read():
        seen.append(store.catalog.document("a.txt").text)
        go_on.wait(10)
        try:
            store.catalog.document("a.txt")
        except VectorStoreError as error:
            seen.append(str(error))

    threads = [threading.Thread(target=read) for _ in range(4)]
    for thread in threads:
        thread.start()
    while len(seen) < 4:
        pass
    store.close()
    go_on.set()
    for thread in threads:
        thread.join()
    assert seen[:4] == ["En text."] * 4
    assert len(seen) == 8
    assert all("closed" in message for message in seen[4:])


def test_replacing_keeps_the_copies_of_the_same_content_and_drops_those_of_another(store, make_document):
    document = make_document("a.txt", "En text.")
    put(store, document)
    with store.catalog.transaction() as change:
        change.add_alias("a.txt", "copy.txt", "/folder", "/folder/copy.txt")
    put(store, document)
    assert [record.id for record in store.catalog.files()] == ["a.txt", "copy.txt"]
    put(store, make_document("a.txt", "En annan text."))
    assert [record.id for record in store.catalog.files()] == ["a.txt"]


def test_the_same_content_under_another_name_never_removes_the_first(store, make_document):
    put(store, make_document("a.txt", "En text."))
    with pytest.raises(DuplicateContent, match=r"a\.txt"):
        put(store, make_document("b.txt", "En text."))
    assert [record.id for record in store.catalog.records()] == ["a.txt"]


def test_two_documents_change_places(store, make_document):
    for name in ("a", "b"):
        put(store, make_document(f"{name}.txt", f"Text {name}."))
    with store.catalog.transaction() as change:
        change.move(
            [Move("a.txt", "b.txt", "/folder", "/folder/b.txt"), Move("b.txt", "a.txt", "/folder", "/folder/a.txt")]
        )
    assert store.catalog.document("a.txt").text == "Text b."
    assert store.catalog.document("b.txt").text == "Text a."


def test_numbers_of_removed_documents_are_not_given_again(store, make_document):
    put(store, make_document("a.txt", "En text."))
    (first,) = store.catalog.numbers(Filter(documents=("a.txt",)))
    store.remove("a.txt")
    put(store, make_document("b.txt", "En annan."))
    assert store.catalog.numbers(Filter(documents=("b.txt",))) != [first]


def test_what_is_stated_goes_before_what_was_read_and_can_be_taken_back(store, make_document):
    put(store, make_document("a.txt", "En text.", title="Utkast", period="2020"))
    store.restate("a.txt", [Fact(Field.TITLE, "Plan", origin="override"), Fact(Field.PERIOD, "", origin="override")])
    (record,) = store.catalog.records()
    assert (record.title, record.period) == ("Plan", None)
    assert store.catalog.read_document("a.txt").title == "Utkast"
    store.restate("a.txt", [])
    (record,) = store.catalog.records()
    assert (record.title, record.period) == ("Utkast", "2020")


@pytest.mark.parametrize(
    ("limits", "passing"),
    [
        (Filter(), None),
        (Filter(organisations=("STADEN",)), ["a.txt", "b.txt"]),
        (Filter(years=(2022,)), ["b.txt"]),
        (Filter(organisations=("Staden",), years=(2020,)), ["a.txt"]),
        (Filter(documents=("c.txt", "nowhere.txt")), ["c.txt"]),
        (Filter(years=(1900,)), []),
        (Filter(document_types=("POLICY",)), ["c.txt"]),
        (Filter(document_types=("policy", "program"), organisations=("staden",)), ["a.txt"]),
    ],
)
def test_filters(store, make_document, limits, passing):
    put(store, make_document("a.txt", "A.", organisation="Staden", period="2020", document_type="program"))
    put(store, make_document("b.txt", "B.", organisation="Staden", period="2021-2023"))
    put(store, make_document("c.txt", "C.", organisation="Regionen", document_type="policy"))
    names = {store.catalog.numbers(Filter(documents=(name,)))[0]: name for name in ("a.txt", "b.txt", "c.txt")}
    numbers = store.catalog.numbers(limits)
    assert (None if numbers is None else [names[number] for number in numbers]) == passing


@pytest.mark.parametrize(
    ("period", "year", "covered"),
    [("2021", 2021, True), ("2021-2027", 2024, True), ("2021", 2022, False), (None, 2021, False), ("okänd", 1, False)],
)
def test_covers_year(period, year, covered):
    assert covers_year(period, year) is covered


def test_unknown_documents_and_pages_are_named(store, make_document):
    put(store, make_document("a.txt", "En text."))
    with pytest.raises(UnknownDocument, match=r"b\.txt"):
        store.catalog.document("b.txt")
    with pytest.raises(UnknownDocument, match=r"no page 7.*1"):
        store.catalog.page_text("a.txt", 7)


def test_many_identifiers_at_once(store, make_document):
    for number in range(6):
        put(store, make_document(f"{number}.txt", "\n".join(f"Stycke {number} {i} " * 60 for i in range(100))))
    ids = store.catalog.chunk_ids()
    assert len(ids) >= 600
    assert list(store.catalog.find(ids[::-1])) == ids[::-1]
    numbers = store.catalog.document_versions()
    assert sum(len(ids) for _, ids, _ in store.catalog.vectors_of(list(numbers))) == len(ids)


def test_another_version_of_the_tables_is_refused_with_what_to_do(tmp_path):
    path = tmp_path / "catalog.sqlite"
    Catalog(path).close()
    with sqlite3.connect(path) as connection:
        connection.execute("UPDATE meta SET value = '1' WHERE key = 'schema'")
    connection.close()
    with pytest.raises(StoreOutdated, match="ingest again"):
        Catalog(path)


def test_a_file_that_is_no_catalog_is_left_alone(tmp_path):
    path = tmp_path / "catalog.sqlite"
    path.write_bytes(b"This is not a database, whatever its name says." * 100)
    with pytest.raises(StoreDamaged, match="move the data folder away"):
        Catalog(path)
    other = tmp_path / "other.sqlite"
    connection = sqlite3.connect(other)
    connection.execute("CREATE TABLE invoices (number)")
    connection.commit()
    connection.close()
    with pytest.raises(StoreDamaged, match="no catalog"):
        Catalog(other)


def test_damage_within_the_file_is_reported_as_damage(tmp_path, open_store, make_document):
    store = open_store()
    for number in range(30):
        put(store, make_document(f"{number}.txt", f"Text {number}. " * 200))
    store.close()
    path = tmp_path / "data" / "catalog.sqlite"
    content = bytearray(path.read_bytes())
    content[8192 : len(content) // 2] = os.urandom(len(content) // 2 - 8192)
    path.write_bytes(content)
    with pytest.raises(StoreDamaged):
        catalog = Catalog(path)
        assert catalog.integrity() is not None
        for record in catalog.records():
            catalog.document(record.id)


def test_several_make_the_catalog_at_the_same_time(tmp_path):
    failures, barrier = [], threading.Barrier(6)

    def make():
        barrier.wait()
        try:
            Catalog(tmp_path / "catalog.sqlite").close()
        except Exception as error:
            failures.append(error)

    threads = [threading.Thread(target=make) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert failures == []


@pytest.fixture
def unprivileged():
    """Root may write everywhere, so it must not be root."""
    if os.geteuid() != 0:
        yield
        return
    os.seteuid(65534)
    yield
    os.seteuid(0)


@pytest.fixture
def read_only(tmp_path, open_store, make_document):
    """A data folder that can be read and not written."""
    store = open_store()
    with store.writing():
        put(store, make_document("a.txt", "Staden samarbetar om energi.", organisation="Staden"))
    store.close()
    for path in (tmp_path / "data").rglob("*"):
        path.chmod(0o555 if path.is_dir() else 0o444)
    folders = [tmp_path, *tmp_path.parents]
    before = [(folder, folder.stat().st_mode) for folder in folders if not folder.stat().st_mode & 1]
    for folder, mode in before:
        folder.chmod(mode | 0o055)
    (tmp_path / "data").chmod(0o555)
    yield tmp_path / "data"
    (tmp_path / "data").chmod(0o755)
    for folder, mode in before:
        folder.chmod(mode)


def test_a_folder_that_can_only_be_read_serves_for_searching(read_only, open_store, unprivileged):
    store = open_store(read_only)
    assert store.catalog.read_only
    (candidate,) = store.candidates("energi", [("energi",)], 5, Filter())
    assert candidate.chunk.document == "a.txt"
    assert store.candidates("energi", [("energi",)], 5, Filter(organisations=("Staden",)))
    with pytest.raises(StoreUnwritable, match="can only be read"), store.writing():
        pass
    with pytest.raises(StoreUnwritable, match="can only be read"):
        store.remove("a.txt")


def test_no_store_is_made_where_none_can_be_or_none_is_wanted(read_only, tmp_path, open_store, unprivileged):
    with pytest.raises((StoreMissing, StoreUnwritable)):
        open_store(read_only / "new")
    with pytest.raises(StoreMissing, match="utblick ingest"):
        open_store(tmp_path / "nowhere", create=False)
    assert not (tmp_path / "nowhere").exists()


def test_vectors_are_found_by_what_was_embedded(store, embedder, make_document):
    put(store, make_document("a.txt", "En text om energi."))
    (number,) = store.catalog.document_versions()
    ((found, ids, matrix),) = store.catalog.vectors_of([number])
    assert (found, store.catalog.count_vectors([number])) == (number, (1, embedder.dimension))
    expected = embedder.embed_array(embedder.embedded, kind="query")
    assert ids == store.catalog.chunk_ids()
    assert np.allclose(matrix, expected, atol=1e-3)


def test_how_each_page_was_read_is_kept_and_told(store):
    raw = RawDocument(
        "pdf",
        [RawBlock(BlockKind.PARAGRAPH, ((number, f"Sida {number}."),)) for number in (1, 2, 4)],
        labels=(None,) * 4,
        recognised={2: 0.9, 3: None, 4: 0.8},
    )
    document = assemble_document("scan.pdf", "0" * 64, raw)
    put(store, document)
    stored = store.catalog.document("scan.pdf")
    assert stored == document
    assert [page.read_by for page in stored.pages] == ["text", "ocr", "nothing", "ocr"]
    (record,) = store.catalog.records()
    assert (record.ocr_pages, record.ocr_confidence, record.unread_pages) == ((2, 4), 0.85, (3,))
    assert store.catalog.page("scan.pdf", 2).confidence == 0.9
    with pytest.raises(UnknownDocument, match="no page 5; it has 4"):
        store.catalog.page("scan.pdf", 5)


def test_a_fact_is_told_with_the_words_that_state_it(store, make_document):
    text = "Energiplan för staden\n\fDiarienummer: KS 2021/17\nAntagen av kommunfullmäktige.\fSlut."
    document = make_document("a.txt", text, title="Energiplan")
    start = document.text.index("KS 2021")
    over = document.text.index("staden")
    read = (
        Fact(Field.TITLE, "Energiplan", origin="properties"),
        Fact(Field.REFERENCE, "KS 2021/17", start, start + len("KS 2021/17")),
        Fact(Field.ADOPTED_BY, "staden Diarienummer", over, start - 2),
        Fact(Field.PERIOD, "2021", start + 3, start + 7),
    )
    put(store, replace(document, facts=read), stated=(Fact(Field.PERIOD, "2022", origin="override"),))
    facts = stated_facts(store.catalog)["a.txt"]
    assert facts[Field.TITLE] == StatedFact("Energiplan", "properties")
    assert facts[Field.PERIOD] == StatedFact("2022", "override")
    reference = facts[Field.REFERENCE]
    assert (reference.page, reference.quote, reference.origin) == (2, "KS 2021/17", "text")
    assert facts[Field.ADOPTED_BY].page == 1 and facts[Field.ADOPTED_BY].quote.startswith("staden")
    for fact in (reference, facts[Field.ADOPTED_BY]):
        assert store.catalog.page_text("a.txt", fact.page)[fact.start : fact.end] == fact.quote
    assert Field.VALID_UNTIL not in facts


def test_chunks_are_counted_by_document(store, make_document):
    put(store, make_document("a.txt", "\n".join(f"Stycke {number} " + "ord " * 200 for number in range(5))))
    put(store, make_document("b.txt", "Kort."))
    counted = {record.id: record.chunks for record in store.catalog.records()}
    assert counted == {name: len(store.catalog.chunks_of(name)) for name in ("a.txt", "b.txt")}
    assert counted["a.txt"] > 3
