"""What the page fetches beside Gradio's events: pictures of pages, original files, and conversations to save.

Whoever may open the page may open these, and nobody else: they are served by the same application, behind the same
sign-in. A file is named by its document's identifier in the store, never by a path.
"""

from datetime import UTC, datetime

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import FileResponse, RedirectResponse, Response

from assistant.archive import Archive
from assistant.export import conversation_markdown
from assistant.export_docx import conversation_docx
from assistant.export_pdf import conversation_pdf
from assistant.originals import WIDTHS, Originals
from assistant.ui_language import texts_in
from assistant.ui_state import Answering, by_id
from assistant.ui_visitor import user_of
from ingest.document import Document
from vectorstore.errors import VectorStoreError
from vectorstore.types import DocumentRecord

_EXPORTS = {
    "docx": (conversation_docx, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
    "pdf": (conversation_pdf, "application/pdf"),
    "md": (conversation_markdown, "text/markdown; charset=utf-8"),
}
_INERT = {"content-security-policy": "default-src 'none'; frame-ancestors 'none'"}
"""For what a browser shows by itself: no script in it may run, nothing may be loaded, no page may frame it."""


def routes(assistant: Answering, archive: Archive, originals: Originals) -> APIRouter:
    """The routes.

    Args:
        assistant: Whose documents they are.
        archive: Where conversations are kept.
        originals: The files that documents were read from.
    """
    router = APIRouter()

    def found(document_id: str) -> tuple[DocumentRecord, Document]:
        record = by_id(assistant.documents()).get(document_id)
        if record is None:
            raise HTTPException(404, "No such document.")
        try:
            return record, assistant.document(document_id)
        except VectorStoreError as error:
            raise HTTPException(404, "No such document.") from error

    @router.get("/documents/page")
    def page(document: str, page: int, width: int = WIDTHS[0]) -> Response:
        record, stored = found(document)
        picture = originals.picture(record, stored, page, width) if page <= len(stored.pages) else None
        if picture is None:
            raise HTTPException(404, "The page cannot be drawn.")
        return Response(picture.png, media_type="image/png", headers={"cache-control": "private, max-age=3600"})

    @router.get("/documents/original")
    def original(document: str) -> Response:
        record, stored = found(document)
        path = originals.path(record, stored)
        if path is None:
            raise HTTPException(404, "The file has been moved or changed since it was read.")
        if stored.format == "pdf":
            return FileResponse(
                path,
                filename=path.name,
                media_type="application/pdf",
                content_disposition_type="inline",
                headers=_INERT,
            )
        return FileResponse(path, filename=path.name, media_type="application/octet-stream", headers=_INERT)

    @router.get("/conversations/{name}.{kind}")
    def conversation(name: str, kind: str, request: Request, language: str = "sv") -> Response:
        exchanges = archive.conversation(user_of(request), name) if kind in _EXPORTS else ()
        if not exchanges:
            raise HTTPException(404, texts_in(language).export_gone)
        make, media_type = _EXPORTS[kind]
        day = datetime.now(UTC).astimezone().date()
        made = make(exchanges, by_id(assistant.documents()), texts_in(language), day)
        headers = {"content-disposition": f'attachment; filename="utblick-{day.isoformat()}.{kind}"'}
        return Response(made, media_type=media_type, headers={**headers, "cache-control": "no-store"})

    @router.get("/answer/{name}")
    def answer(name: str) -> Response:
        return RedirectResponse(f"../?answer={name}" if name.isalnum() else "../")

    return router
