"""The addresses from which a comparison is downloaded."""

from collections.abc import Callable
from urllib.parse import quote

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import Response

from assistant.answers import Citation
from assistant.compare_excel import excel_of
from assistant.compare_word import word_of
from assistant.comparisons import Comparisons
from assistant.ui_language import texts_in
from assistant.ui_state import Answering, by_id
from assistant.ui_visitor import user_of

_EXPORTS = {
    "xlsx": (excel_of, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "docx": (word_of, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
}


def export_routes(assistant: Answering, comparisons: Comparisons, *, https: bool = False) -> APIRouter:
    """Let a comparison be downloaded by its owner: `GET /compare/ID.xlsx?language=sv`, or `.docx`.

    Args:
        assistant: Has the documents.
        comparisons: Those made and in the making.
        https: Whether browsers reach this installation by https, whatever a proxy makes of that.
    """
    router = APIRouter()

    @router.get("/compare/{name}.{kind}")
    def download(name: str, kind: str, request: Request, language: str = "sv") -> Response:
        grid = comparisons.get(name, user_of(request)) if kind in _EXPORTS else None
        if grid is None:
            raise HTTPException(404, "There is no such comparison here.")
        texts = texts_in(language)
        export, media_type = _EXPORTS[kind]
        formats = {document: record.format for document, record in by_id(assistant.documents()).items()}
        base = str(request.base_url.replace(scheme="https") if https else request.base_url)
        content = export(grid, link_from(base, formats.get), texts)
        file = f"utblick-{texts.compare.file_name}-{grid.begun_at[:10]}.{kind}"
        headers = {"content-disposition": f'attachment; filename="{file}"', "cache-control": "no-store"}
        return Response(content, media_type=media_type, headers=headers)

    return router


def link_from(base: str, format_of: Callable[[str], str | None]) -> Callable[[Citation], str]:
    """Where the document of a citation is opened: a web page at its address, a file in this installation.

    Args:
        base: Address of this installation, as the reader's browser named it; ends in `/`.
        format_of: Format of a stored document; None where it is stored no longer.
    """

    def link(citation: Citation) -> str:
        if citation.document.startswith(("https://", "http://")):
            return citation.document
        kept = format_of(citation.document)
        if kept is None:
            return ""
        page = f"#page={citation.page}" if kept == "pdf" else ""
        return f"{base}documents/original?document={quote(citation.document, safe='')}{page}"

    return link
