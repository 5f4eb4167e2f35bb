"""What every search backend has to do. To hold another implementation to it:

    from backend_contract import SearchBackendContract

    class TestMyBackend(SearchBackendContract):
        @pytest.fixture
        def backend(self):
            yield MyBackend(...)

Fixtures that the suite takes from `conftest.py`: `embedder`, a quick embedding model, and `make_document`.
"""

import threading
import zlib

import numpy as np
import pytest

from ingest.chunk import chunk_document
from ingest.document import Fact, Field
from vectorstore.analyse import query_terms
from vectorstore.backend import Query, Source
from vectorstore.change import EmbeddedChunk
from vectorstore.errors import DuplicateContent, FingerprintMismatch, GenerationIncomplete, UnknownDocument
from vectorstore.types import Filter

SUBJECTS = ("hamnen", "skolan", "klimatet", "energin", "kulturen", "vattnet", "handeln", "forskningen")


def text_about(subject, edition=1, paragraphs=3):
    return "\n".join(
        f"Upplaga {edition}, del {part}: om {subject} rapporterar nämnden utfallet till styrelsen. " * 8
        for part in range(1, paragraphs + 1)
    )


class SearchBackendContract:
    """The tests; a subclass gives the fixture `backend`, an empty one for each test."""

    fingerprint = "model-1"

    @pytest.fixture
    def put(self, backend, embedder, make_document):
        """Stores a document, and returns it."""

        def put_(name, text, *, fingerprint=self.fingerprint, stated=(), **facts):
            document = make_document(name, text, **facts)
            source = Source("/folder", f"/folder/{name}", stated)
            backend.upsert(document, embedded(document, embedder), fingerprint, source)
            return document

        return put_

    @pytest.fixture
    def ask(self, backend, embedder):
        """What is found for a question."""

        def ask_(question, *, top_k=10, limits=None, fingerprint=self.fingerprint, terms=None, vector=None):
            if vector is None:
                (vector,) = embedder.embed_array([question], kind="query")
            asked = Query(question, query_terms(question) if terms is None else terms, vector, fingerprint)
            return backend.query(asked, top_k, limits or Filter())

        return ask_

    @pytest.fixture
    def filled(self, backend, put):
        for number, subject in enumerate(SUBJECTS):
            put(
                f"{subject}.txt", text_about(subject), organisation=f"Stad {number % 2}", period=f"{2020 + number}",
                document_type=("plan", "program")[number % 2], language="sv",
            )  # fmt: skip
        return backend

    def test_an_empty_backend_has_no_generation_and_finds_nothing(self, backend, ask):
        assert backend.fingerprint is None
        assert ask("hamnen") == []

    def test_the_first_document_begins_a_generation_and_the_last_one_ends_it(self, backend, put):
        put("a.txt", text_about("hamnen"))
        assert backend.fingerprint == self.fingerprint
        backend.delete("a.txt")
        assert backend.fingerprint is None
        put("b.txt", text_about("skolan"), fingerprint="model-2")
        assert backend.fingerprint == "model-2"

    def test_what_is_found_comes_back_whole_with_both_scores(self, filled, ask, embedder, make_document):
        question = "Vad sägs om klimatet?"
        (vector,) = embedder.embed_array([question], kind="query")
        stored = {
            entry.chunk.id: entry
            for subject in SUBJECTS
            for entry in embedded(make_document(f"{subject}.txt", text_about(subject), language="sv"), embedder)
        }
        found = ask(question, top_k=5)
        assert 5 <= len(found) <= 10
        assert len({candidate.chunk.id for candidate in found}) == len(found)
        for candidate in found:
            assert candidate.chunk == stored[candidate.chunk.id].chunk
            assert candidate.dense == pytest.approx(float(stored[candidate.chunk.id].vector @ vector), abs=2e-3)
            assert 0 <= candidate.lexical <= 1
            assert candidate.language == "sv"

    def test_the_dense_half_finds_by_vector_alone(self, filled, ask, embedder, make_document):
        wanted = embedded(make_document("energin.txt", text_about("energin")), embedder)[0]
        found = ask("zzz", terms=(), vector=wanted.vector, top_k=3)
        best = max(found, key=lambda candidate: candidate.dense)
        assert best.chunk.document == "energin.txt"
        assert best.dense == pytest.approx(1, abs=2e-3)

    def test_the_lexical_half_finds_by_words_alone(self, filled, ask, embedder, make_document):
        away = embedded(make_document("energin.txt", text_about("energin")), embedder)[0].vector
        found = ask("kulturen", vector=away, top_k=3)
        best = max(found, key=lambda candidate: candidate.lexical)
        assert best.chunk.document == "kulturen.txt"
        assert best.lexical > max(c.lexical for c in found if c.chunk.document != "kulturen.txt")

    def test_nothing_near_is_passed_over(self, filled, ask, embedder, make_document):
        (vector,) = embedder.embed_array(["om vattnet rapporterar nämnden"], kind="query")
        everything = [
            float(entry.vector @ vector)
            for subject in SUBJECTS
            for entry in embedded(make_document("x", text_about(subject)), embedder)
        ]
        found = sorted((c.dense for c in ask("zzz", terms=(), vector=vector, top_k=4)), reverse=True)
        assert found[:4] == pytest.approx(sorted(everything, reverse=True)[:4], abs=2e-3)

    def test_a_document_is_replaced_whole(self, filled, put, ask):
        put("hamnen.txt", text_about("hamnen", edition=2, paragraphs=1))
        texts = [c.chunk.text for c in ask("hamnen", top_k=50) if c.chunk.document == "hamnen.txt"]
        assert texts
        assert all("Upplaga 2" in text for text in texts)

    def test_storing_the_same_again_changes_nothing(self, filled, put, ask):
        before = scores(ask("hamnen", top_k=50))
        put("hamnen.txt", text_about("hamnen"), organisation="Stad 0", period="2020", language="sv")
        assert scores(ask("hamnen", top_k=50)) == before

    def test_a_deleted_document_is_found_no_more(self, filled, ask):
        filled.delete("hamnen.txt")
        found = ask("hamnen", top_k=50)
        assert len({candidate.chunk.document for candidate in found}) == len(SUBJECTS) - 1
        assert all(candidate.chunk.document != "hamnen.txt" for candidate in found)

    def test_an_unknown_document_is_an_error(self, filled, ask):
        before = scores(ask("hamnen", top_k=50))
        with pytest.raises(UnknownDocument):
            filled.delete("saknas.txt")
        assert scores(ask("hamnen", top_k=50)) == before

    def test_the_same_content_is_stored_once(self, filled, put, ask):
        with pytest.raises(DuplicateContent):
            put("kopia.txt", text_about("hamnen"))
        assert all(candidate.chunk.document != "kopia.txt" for candidate in ask("hamnen", top_k=50))

    @pytest.mark.parametrize(
        ("limits", "documents"),
        [
            (Filter(documents=("hamnen.txt", "saknas.txt")), {"hamnen.txt"}),
            (Filter(organisations=("STAD 1",)), {f"{subject}.txt" for subject in SUBJECTS[1::2]}),
            (Filter(years=(2020, 2022)), {"hamnen.txt", "klimatet.txt"}),
            (Filter(organisations=("Stad 0",), years=(2020, 2021)), {"hamnen.txt"}),
            (Filter(documents=("saknas.txt",)), set()),
            (Filter(document_types=("PLAN",)), {f"{subject}.txt" for subject in SUBJECTS[::2]}),
            (Filter(document_types=("plan", "program"), years=(2020, 2021)), {"hamnen.txt", f"{SUBJECTS[1]}.txt"}),
            (Filter(organisations=("Stad 1",), years=(2020,)), set()),
        ],
    )
    def test_limits_hold_for_both_halves(self, filled, ask, limits, documents):
        found = ask("Hur rapporterar nämnden om hamnen och energin?", limits=limits, top_k=50)
        assert {candidate.chunk.document for candidate in found} == documents

    def test_what_was_stated_of_a_document_goes_before_what_was_read(self, put, ask):
        stated = (Fact(Field.ORGANISATION, "Region Väst", origin="override"),)
        put("a.txt", text_about("hamnen"), organisation="Stad 1", stated=stated)
        assert ask("hamnen", limits=Filter(organisations=("Region Väst",)))
        assert ask("hamnen", limits=Filter(organisations=("Stad 1",))) == []

    def test_another_fingerprint_is_refused(self, filled, put, ask):
        for attempt in (
            lambda: ask("hamnen", fingerprint="model-2"),
            lambda: put("ny.txt", text_about("nytt"), fingerprint="model-2"),
            lambda: put("hamnen.txt", text_about("nytt"), fingerprint="model-2"),
        ):
            with pytest.raises(FingerprintMismatch):
                attempt()
        assert filled.fingerprint == self.fingerprint
        found = ask("hamnen", top_k=50)
        assert {candidate.chunk.document for candidate in found} == {f"{subject}.txt" for subject in SUBJECTS}

    def test_a_generation_takes_the_place_of_all_chunks_at_once(self, filled, ask, make_document):
        seen = []

        def from_another_thread():
            seen.append(scores(in_thread(lambda: ask("hamnen", top_k=50))))

        def generation():
            for subject in SUBJECTS:
                yield f"{subject}.txt", other_vectors(make_document(f"{subject}.txt", text_about(subject)))
                from_another_thread()

        before = scores(ask("hamnen", top_k=50))
        filled.publish("model-2", generation())
        assert filled.fingerprint == "model-2"
        assert seen == [before] * len(SUBJECTS)
        with pytest.raises(FingerprintMismatch):
            ask("hamnen")
        vector = other_vectors(make_document("skolan.txt", text_about("skolan")))[0].vector
        after = ask("hamnen", fingerprint="model-2", vector=vector, top_k=50)
        assert max(after, key=lambda candidate: candidate.dense).chunk.document == "skolan.txt"
        assert {chunk_id for chunk_id, *_ in before} == {candidate.chunk.id for candidate in after}

    @pytest.mark.parametrize("fault", ["broken off", "left out", "unknown"])
    def test_a_generation_that_is_not_whole_changes_nothing(self, filled, ask, make_document, fault):
        def generation():
            for subject in SUBJECTS[:-1]:
                yield f"{subject}.txt", other_vectors(make_document(f"{subject}.txt", text_about(subject)))
            if fault == "broken off":
                raise RuntimeError("the model failed")
            if fault == "unknown":
                yield "saknas.txt", other_vectors(make_document("saknas.txt", text_about("annat")))

        before = scores(ask("hamnen", top_k=50))
        error = {"broken off": RuntimeError, "left out": GenerationIncomplete, "unknown": UnknownDocument}[fault]
        with pytest.raises(error):
            filled.publish("model-2", generation())
        assert filled.fingerprint == self.fingerprint
        assert scores(ask("hamnen", top_k=50)) == before

    def test_readers_see_each_document_whole_while_it_is_replaced(self, filled, put, ask):
        torn, errors, reads, done = [], [], [], threading.Event()

        def read():
            try:
                while not done.is_set():
                    found = ask(
                        "Vad rapporterar nämnden om hamnen?", top_k=50, limits=Filter(documents=("hamnen.txt",))
                    )
                    editions = {candidate.chunk.text.split(",")[0] for candidate in found}
                    if len(editions) != 1:
                        torn.append(editions)
                    reads.append(len(found))
            except Exception as error:
                errors.append(error)

        readers = [threading.Thread(target=read) for _ in range(3)]
        for reader in readers:
            reader.start()
        for edition in range(2, 14):
            put("hamnen.txt", text_about("hamnen", edition))
        done.set()
        for reader in readers:
            reader.join()
        assert errors == []
        assert torn == []
        assert reads

    @pytest.mark.parametrize("question", ["?", "'\"*()", "NEAR(a b)", "och", "x" * 5000, "hamnen OR"])
    def test_any_question_may_be_asked(self, filled, ask, question):
        assert isinstance(filled.spelled(question), str)
        assert len(ask(question, top_k=3)) <= 6

    def test_a_question_in_the_documents_own_words_is_spelled_right(self, filled):
        assert filled.spelled("Hur går det för hamnen?") == "Hur går det för hamnen?"


def embedded(document, embedder):
    """The chunks of a document with their vectors."""
    chunks = chunk_document(document)
    vectors = embedder.embed_array([chunk.text for chunk in chunks], kind="passage")
    return [
        EmbeddedChunk(chunk, f"{document.id} {chunk.ordinal}".encode().ljust(16)[:16], vector)
        for chunk, vector in zip(chunks, vectors, strict=True)
    ]


def other_vectors(document):
    """The same chunks with the vectors of another model: of their own direction for each passage."""
    made = []
    for chunk in chunk_document(document):
        draw = np.random.default_rng(zlib.crc32(chunk.text.encode()))
        vector = draw.normal(size=64).astype(np.float32)
        made.append(EmbeddedChunk(chunk, chunk.id.encode().ljust(16)[:16], vector / np.linalg.norm(vector)))
    return made


def scores(candidates):
    """Candidates for comparison."""
    return sorted((c.chunk.id, round(c.dense, 3), round(c.lexical, 3), c.chunk.text) for c in candidates)


def in_thread(work):
    results = []
    thread = threading.Thread(target=lambda: results.append(work()))
    thread.start()
    thread.join()
    return results[0]
