"""The address to which the library view sends files."""

import logging

from fastapi import APIRouter, Request
from fastapi.responses import JSONResponse
from starlette.concurrency import run_in_threadpool

from assistant.access import Access
from assistant.errors import UploadRefused
from assistant.library import Library
from assistant.ui_visitor import user_of

UPLOADS = "/library/uploads"

_log = logging.getLogger(__name__)
_FAULTS = {"too_large": ("large", 413)}


def upload_routes(library: Library, access: Access) -> APIRouter:
    """Let files be sent: `POST /library/uploads?name=plan.pdf`, the bytes of one file as the body.

    Answers 202 with the job's identifier; else `{"error": ...}`: `forbidden` (403), `large` (413), `refused` (400) or
    `full` (507).
    """
    router = APIRouter()

    @router.post(UPLOADS)
    async def receive(request: Request) -> JSONResponse:
        user = user_of(request)
        if not access.may_change_library(user):
            return JSONResponse({"error": "forbidden"}, 403)
        name, replace = request.query_params.get("name", ""), request.query_params.get("replace") == "1"
        try:
            with await run_in_threadpool(library.receive, name, user=user, replace=replace) as receiver:
                async for part in request.stream():
                    await run_in_threadpool(receiver.write, part)
                upload = await run_in_threadpool(receiver.complete)
        except UploadRefused as error:
            fault, status = _FAULTS.get(error.outcome, ("refused", 400))
            return JSONResponse({"error": fault, "message": str(error)}, status)
        except OSError as error:
            _log.error("An uploaded file could not be kept: %s", error)
            return JSONResponse({"error": "full"}, 507)
        return JSONResponse({"job": library.add_upload(upload).id, "name": upload.name}, 202)

    return router
