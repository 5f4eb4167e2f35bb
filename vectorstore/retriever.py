"""The store as a LangChain retriever: passages with the citation in their metadata."""

from pathlib import Path
from typing import Any

from langchain_core.callbacks import AsyncCallbackManagerForRetrieverRun, CallbackManagerForRetrieverRun
from langchain_core.documents import Document as LangChainDocument
from langchain_core.retrievers import BaseRetriever
from langchain_core.runnables import run_in_executor
from pydantic import ConfigDict, Field, SkipValidation

from ingest.chunk import Chunk
from ingest.document import Document
from ingest.language import detect_language
from vectorstore.embed import SentenceEmbeddings
from vectorstore.open_reader import BUNDLED, open_reader
from vectorstore.reader import Reader
from vectorstore.search import search
from vectorstore.store import Store
from vectorstore.types import DocumentRecord, Filter, Hit


class UtblickRetriever(BaseRetriever):
    """Retrieves passages of strategies and reports. Made by `open`; safe to use from several threads.

    Each hit is a LangChain `Document` whose `page_content` is the passage and whose `metadata` cites it: `document`,
    `title`, `organisation`, `section` (headings, outermost first), `page` and `last_page`, `score`, `rank`, and the
    passage's part on its first page as `quote`, `start`, `end`. A passage that runs over a page break has a part on
    each page: `quotes` is a list of `page`, `quote`, `start`, `end`. Offsets are into the stored text of the page:
    `retriever.page_text(document, page)[start:end] == quote`. `read_by` is `ocr` where the page is a picture whose text
    was recognised, with a mean `confidence` of its words from 0 to 1: such a quote may hold errors.

    Attributes:
        store: Where to search.
        top_k: How many hits; `invoke(question, top_k=3)` asks for another number.
        organisations: Limits to documents of these organisations; empty for all.
        years: Limits to documents that cover one of these years.
        document_types: Limits to documents of these types, as the catalog has them.
        documents: Limits to these documents, by identifier.
        reader: Ranks what is found anew; None leaves it as it was found.
    """

    model_config = ConfigDict(arbitrary_types_allowed=True)

    store: Store = Field(repr=False)
    top_k: int = Field(default=10, ge=1, le=1000)
    organisations: tuple[str, ...] = ()
    years: tuple[int, ...] = ()
    document_types: tuple[str, ...] = ()
    documents: tuple[str, ...] = ()
    reader: SkipValidation[Reader | None] = Field(default=None, repr=False)

    @classmethod
    def open(
        cls,
        data_dir: Path | str,
        embedding_model: str = "bundled",
        top_k: int = 10,
        organisations: tuple[str, ...] = (),
        years: tuple[int, ...] = (),
        document_types: tuple[str, ...] = (),
        documents: tuple[str, ...] = (),
        reranker: str = BUNDLED,
    ) -> "UtblickRetriever":
        """Open the store that `utblick ingest --data` wrote.

        Args:
            data_dir: The data folder; it may be one that can only be read.
            embedding_model: `bundled`, a folder, or a name on the Hugging Face hub; the one it was built with.
            top_k: How many hits.
            organisations: Limits to documents of these organisations.
            years: Limits to documents that cover one of these years.
            document_types: Limits to documents of these types.
            documents: Limits to these documents.
            reranker: What ranks anew what is found: `bundled`, a cross-encoder by its folder or its name on the
                Hugging Face hub, or empty for none.

        Raises:
            EmbeddingError: The embedding model cannot be loaded.
            ReaderError: The reranker cannot be loaded.
            FingerprintMismatch: The store was built with another model.
            StoreMissing: There is no store.
            StoreDamaged: It cannot be read.
        """
        store = Store(Path(data_dir).expanduser(), SentenceEmbeddings.load(embedding_model), create=False)
        store.check_fingerprint()
        return cls(
            store=store,
            top_k=top_k,
            organisations=organisations,
            years=years,
            document_types=document_types,
            documents=documents,
            reader=open_reader(reranker),
        )

    def page_text(self, document: str, page: int) -> str:
        """The stored text of a page, counted from 1, into which the offsets of quotes point.

        Raises:
            UnknownDocument: No such document or page.
        """
        return self.store.catalog.page_text(document, page)

    def close(self) -> None:
        """Let go of the store."""
        self.store.close()

    def _get_relevant_documents(
        self, query: str, *, run_manager: CallbackManagerForRetrieverRun, top_k: int | None = None
    ) -> list[LangChainDocument]:
        if not query.strip():
            return []
        limits = Filter(self.documents, self.organisations, self.years, self.document_types)
        language = "en" if detect_language(query) == "en" else "sv"
        with self.store.catalog.reading():
            hits = search(
                self.store, query, top_k=top_k or self.top_k, language=language, limits=limits, reader=self.reader
            )
            records = {record.id: record for record in self.store.catalog.records()}
            read: dict[str, Document] = {}
            for hit in hits:
                name = hit.chunk.document
                if name not in read:
                    read[name] = self.store.catalog.document(name)
        return [_as_langchain(hit, records[hit.chunk.document], read[hit.chunk.document]) for hit in hits]

    async def _aget_relevant_documents(
        self, query: str, *, run_manager: AsyncCallbackManagerForRetrieverRun, top_k: int | None = None
    ) -> list[LangChainDocument]:
        # LangChain's own does not pass on `top_k`.
        return await run_in_executor(
            None, self._get_relevant_documents, query, run_manager=run_manager.get_sync(), top_k=top_k
        )


def _as_langchain(hit: Hit, record: DocumentRecord, document: Document) -> LangChainDocument:
    quotes = _quotes(hit.chunk, document)
    return LangChainDocument(
        id=hit.chunk.id,
        page_content=hit.chunk.text,
        metadata={
            "document": record.id,
            "title": record.title,
            "organisation": record.organisation,
            "section": list(hit.chunk.headings),
            "last_page": hit.chunk.last_page,
            "score": hit.score,
            "rank": hit.rank,
            **quotes[0],
            "quotes": quotes,
        },
    )


def _quotes(chunk: Chunk, document: Document) -> list[dict[str, Any]]:
    """The part of a passage on each of its pages, with offsets into the page's text."""
    return [
        {
            "page": page.number,
            "quote": document.text[start:end],
            "start": start - page.start,
            "end": end - page.start,
            "read_by": page.read_by,
            "confidence": page.confidence,
        }
        for page in document.pages
        if (start := max(chunk.start, page.start)) < (end := min(chunk.end, page.end))
    ]
