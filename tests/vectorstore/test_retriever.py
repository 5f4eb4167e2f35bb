import subprocess
import sys

import pytest
from langchain_core.documents import Document
from langchain_tests.integration_tests import RetrieversIntegrationTests

import vectorstore
from ingest.assemble import RawBlock, RawDocument, assemble_document
from ingest.document import BlockKind
from vectorstore import UtblickRetriever
from vectorstore.errors import FingerprintMismatch, ReaderError, StoreMissing
from vectorstore.reader import Passage, Reading


@pytest.fixture
def filled(store, make_document):
    with store.writing():
        store.replace(
            make_document("north.txt", "Staden samarbetar om energi.\fStaden samarbetar om hamnar.",
                          title="Plan för norr", organisation="Norrstad", period="2021", document_type="program"),
            "/r", "/r/north"
        )  # fmt: skip
        store.replace(
            make_document("south.txt", "Regionen samarbetar om energi och skola.", organisation="Sydregionen"),
            "/r",
            "/r/s",
        )
        for number in range(4):
            store.replace(make_document(f"{number}.txt", f"Rapport {number} om samarbete."), "/r", f"/r/{number}")
    return store


@pytest.fixture
def retriever(filled):
    return UtblickRetriever(store=filled)


@pytest.fixture
def anyio_backend():
    return "asyncio"


@pytest.mark.anyio
class TestStandard(RetrieversIntegrationTests):
    """LangChain's own tests of a retriever."""

    @pytest.fixture(autouse=True)
    def _store(self, filled):
        self.filled = filled

    @property
    def retriever_constructor(self):
        return UtblickRetriever

    @property
    def retriever_constructor_params(self):
        return {"store": self.filled}

    @property
    def retriever_query_example(self):
        return "Vad samarbetar staden om?"

    @property
    def num_results_arg_name(self):
        return "top_k"


def test_hits_carry_their_citation(retriever):
    hits = retriever.invoke("Vad samarbetar Norrstad om, energi eller hamnar?")
    hit = next(hit for hit in hits if hit.metadata["document"] == "north.txt")
    assert isinstance(hit, Document)
    assert hit.id in retriever.store.catalog.chunk_ids()
    assert hit.metadata["title"] == "Plan för norr"
    assert hit.metadata["organisation"] == "Norrstad"
    assert hit.metadata["section"] == []
    assert [hit.metadata["rank"] for hit in hits] == list(range(1, len(hits) + 1))
    assert sorted((hit.metadata["score"] for hit in hits), reverse=True) == [hit.metadata["score"] for hit in hits]


def test_quotes_stand_on_their_pages(retriever):
    hits = retriever.invoke("samarbete om energi och hamnar", top_k=10)
    over_a_break = 0
    for hit in hits:
        metadata = hit.metadata
        quotes = metadata["quotes"]
        assert [quote["page"] for quote in quotes] == list(range(metadata["page"], metadata["last_page"] + 1))
        assert "".join(quote["quote"] for quote in quotes) == hit.page_content
        for quote in [*quotes, metadata]:
            text = retriever.page_text(metadata["document"], quote["page"])
            assert text[quote["start"] : quote["end"]] == quote["quote"]
        over_a_break += len(quotes) > 1
    assert over_a_break == 1


@pytest.mark.parametrize(
    ("limits", "documents"),
    [
        ({"organisations": ("sydregionen",)}, {"south.txt"}),
        ({"years": (2021,)}, {"north.txt"}),
        ({"documents": ("1.txt", "2.txt")}, {"1.txt", "2.txt"}),
        ({"organisations": ("Ingen",)}, set()),
        ({"document_types": ("Program",)}, {"north.txt"}),
        ({"document_types": ("program",), "years": (2020,)}, set()),
    ],
)
def test_limits(filled, limits, documents):
    retriever = UtblickRetriever(store=filled, **limits)
    assert {hit.metadata["document"] for hit in retriever.invoke("samarbete om energi")} == documents


def test_an_empty_question_finds_nothing(retriever):
    assert retriever.invoke("  ") == []


def test_it_is_a_runnable_like_others(retriever):
    chain = retriever | (lambda hits: [hit.metadata["document"] for hit in hits])
    assert "north.txt" in chain.invoke("energi")
    assert len(retriever.batch(["energi", "hamnar"])) == 2


@pytest.mark.anyio
async def test_it_is_asked_without_blocking(retriever):
    awaited = await retriever.ainvoke("energi", top_k=2)
    assert awaited == retriever.invoke("energi", top_k=2)
    assert len(awaited) == 2


def test_what_a_question_names_is_favoured(retriever):
    (first, second) = retriever.invoke("Jämför energi i Norrstad och Sydregionen", top_k=2)
    assert {first.metadata["document"], second.metadata["document"]} == {"north.txt", "south.txt"}


class LikesHarbours:
    """Finds relevant what speaks of harbours."""

    fingerprint = "likes-harbours"

    def read(self, question, passages):
        assert all(isinstance(passage, Passage) for passage in passages)
        return [Reading(0.99 if "hamnar" in passage.text else 0.01) for passage in passages]


def test_a_reader_ranks_anew(filled):
    plain = UtblickRetriever(store=filled)
    read = UtblickRetriever(store=filled, reader=LikesHarbours())
    question = "Rapport om samarbete och hamnar"
    assert plain.invoke(question)[0].metadata["document"] != "north.txt"
    hits = read.invoke(question)
    assert hits[0].metadata["document"] == "north.txt"
    assert [hit.metadata["rank"] for hit in hits] == list(range(1, len(hits) + 1))


def test_open_says_what_is_wrong(tmp_path, filled, monkeypatch, subject):
    from vectorstore import retriever as module

    monkeypatch.setattr(module.SentenceEmbeddings, "load", lambda model: subject.WordHashes(model))
    with pytest.raises(StoreMissing, match="utblick ingest"):
        UtblickRetriever.open(tmp_path / "nowhere")
    with pytest.raises(FingerprintMismatch):
        UtblickRetriever.open(tmp_path / "data", embedding_model="another")
    with pytest.raises(ReaderError, match="Set the reranker"):
        UtblickRetriever.open(tmp_path / "data", embedding_model="word-hashes", reranker="/nowhere/at/all")
    opened = UtblickRetriever.open(str(tmp_path / "data"), embedding_model="word-hashes", top_k=2)
    assert len(opened.invoke("energi")) == 2
    opened.close()


def test_the_bundled_model_finds_what_is_meant(tmp_path, make_document):
    from vectorstore.embed import SentenceEmbeddings
    from vectorstore.store import Store

    store = Store(tmp_path / "data", SentenceEmbeddings.load())
    with store.writing():
        store.replace(make_document("a.txt", "Kommunen är medlem i flera europeiska nätverk."), "/r", "/r/a")
        store.replace(make_document("b.txt", "Biblioteket har öppet på lördagar."), "/r", "/r/b")
    store.close()
    retriever = UtblickRetriever.open(tmp_path / "data", top_k=1)
    assert retriever.invoke("Which networks is the municipality a member of?")[0].metadata["document"] == "a.txt"
    retriever.close()


def test_importing_the_package_is_light():
    program = (
        "import sys, vectorstore; vectorstore.__all__;"
        "heavy = {'numpy', 'torch', 'chromadb', 'langchain_core', 'pydantic'} & set(sys.modules);"
        "assert not heavy, heavy; from vectorstore import UtblickRetriever;"
        "late = {'torch', 'chromadb', 'sentence_transformers', 'gradio'} & set(sys.modules); assert not late, late"
    )
    subprocess.run([sys.executable, "-c", program], check=True)


def test_the_public_names():
    assert vectorstore.__all__ == sorted(vectorstore.__all__)
    assert all(getattr(vectorstore, name) is not None for name in vectorstore.__all__)
    assert dir(vectorstore) == vectorstore.__all__
    with pytest.raises(AttributeError, match="nothing_of_that_name"):
        vectorstore.nothing_of_that_name  # noqa: B018


def test_a_hit_tells_that_its_page_was_read_by_ocr(store):
    raw = RawDocument(
        "pdf", [RawBlock(BlockKind.PARAGRAPH, ((1, "Staden samarbetar om energi."),))], recognised={1: 0.87}
    )
    with store.writing():
        store.replace(assemble_document("scan.pdf", "0" * 64, raw), "/r", "/r/scan.pdf")
    (hit,) = UtblickRetriever(store=store).invoke("energi")
    assert (hit.metadata["read_by"], hit.metadata["confidence"]) == ("ocr", 0.87)
    assert hit.metadata["quotes"][0]["read_by"] == "ocr"
