"""The addresses from which a comparison is downloaded."""

from typing import TYPE_CHECKING
from urllib.parse import quote

from assistant.answers import Citation
from assistant.compare_excel import excel_of
from assistant.compare_word import word_of
from assistant.comparisons import Comparisons
from assistant.ui_language import texts_in
from assistant.ui_visitor import user_of

if TYPE_CHECKING:
    from fastapi import FastAPI
    from starlette.requests import Request
    from starlette.responses import Response

EXPORTS = {
    "xlsx": (excel_of, "application/vnd.openxmlformats-officedocument.spreadsheetml.sheet"),
    "docx": (word_of, "application/vnd.openxmlformats-officedocument.wordprocessingml.document"),
}


def add_export_routes(app: "FastAPI", comparisons: Comparisons) -> None:
    """Let a comparison be downloaded by its owner: `GET /compare/ID.xlsx?language=sv`, or `.docx`."""
    from starlette.concurrency import run_in_threadpool
    from starlette.responses import PlainTextResponse, Response
    from starlette.routing import Route

    async def download(request: "Request") -> "Response":
        kind = request.path_params["kind"]
        grid = comparisons.get(request.path_params["grid"], user_of(request))
        if grid is None or kind not in EXPORTS:
            return PlainTextResponse("There is no such comparison here.", 404)
        texts = texts_in(request.query_params.get("language", "sv"))
        export, media_type = EXPORTS[kind]
        content = await run_in_threadpool(export, grid, address_of, texts)
        name = f"utblick-{texts.compare.file_name}-{grid.begun_at[:10]}.{kind}"
        headers = {"content-disposition": f"attachment; filename={quote(name)}", "cache-control": "no-store"}
        return Response(content, media_type=media_type, headers=headers)

    app.router.routes.append(Route("/compare/{grid:str}.{kind:str}", download, methods=["GET"]))


def address_of(citation: Citation) -> str:
    """Where a document can be opened from anywhere: the address of a web page; empty for a file."""
    return citation.document if citation.document.startswith(("https://", "http://")) else ""
