"""Documents: sent once, named by their SHA-256 ever after."""

from __future__ import annotations

import re
from collections.abc import Sequence
from typing import Annotated, Final
from uuid import UUID

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.answers import json_answer
from gateway.api.auth import Caller, Reader, Sender
from gateway.api.bodies import read_body
from gateway.api.docs import known, raw_body
from gateway.api.door import Door, DoorDep
from gateway.api.errors import UnsupportedMedia
from gateway.api.models import DocumentQuery
from gateway.api.shapes import DocumentOut
from gateway.api.views import document_view
from gateway.application.documents import keep_document
from gateway.application.reads import DocumentRow
from gateway.domain.errors import BadInput, NotFound, Problem

router = APIRouter(tags=["documents"])
_MEDIA_TYPE: Final = re.compile(r"[a-z0-9][a-z0-9!#$&^_.+-]{0,126}/[a-z0-9][a-z0-9!#$&^_.+-]{0,126}")


@router.post(
    "/v1/documents",
    status_code=201,
    operation_id="sendDocument",
    responses={201: {"model": DocumentOut}, **known(413, 415)},
    openapi_extra=raw_body("*/*", {"type": "string", "format": "binary"}, "The bytes, with their own Content-Type."),
)
async def send_document(request: Request, caller: Sender, door: DoorDep, about: Annotated[DocumentQuery, Query()]) -> Response:
    """Send a document; name it in an application or a supplement by its digest."""
    given = request.headers.get("content-type", "")
    media_type = given.partition(";")[0].strip().lower()
    if not _MEDIA_TYPE.fullmatch(media_type):
        raise UnsupportedMedia(given, "the document's own type, such as application/pdf")
    content = await read_body(request, door.parts.limits.document_bytes)
    if not content:
        raise BadInput([Problem("", "empty", "the document is empty")])
    document = await keep_document(
        door.parts.reads,
        door.parts.mint,
        door.parts.now,
        content,
        name=about.name,
        media_type=media_type,
        kind=about.kind,
        origin=about.origin,
        client=caller.name,
    )
    return json_answer(document_view(document), 201, {"location": f"/v1/documents/{document.id}"})


@router.get("/v1/documents/{document}", operation_id="getDocument", responses={200: {"model": DocumentOut}, **known(404)})
async def get_document(document: UUID, caller: Reader, door: DoorDep) -> Response:
    """Return what is known of a document."""
    return json_answer(document_view(await _visible(door, caller, document)))


@router.get(
    "/v1/documents/{document}/content",
    operation_id="getDocumentContent",
    responses={200: {"description": "The bytes", "content": {"*/*": {}}}, **known(404)},
)
async def get_document_content(document: UUID, caller: Reader, door: DoorDep) -> Response:
    """Return the bytes of a document."""
    row = await _visible(door, caller, document)
    content = await door.parts.store.get_blob(row.digest)
    if content is None:
        raise NotFound("not_found", f"the content of document {document} was deleted under a retention rule")
    return Response(content, media_type=row.media_type, headers={"content-disposition": "attachment"})


async def _visible(door: Door, caller: Caller, id_: UUID) -> DocumentRow:
    row = await door.parts.reads.document(id_)
    if row is None or (caller.sees and row.client != caller.sees):
        raise NotFound("not_found", f"there is no document {id_}")
    return row


async def require_documents(door: Door, caller: Caller, digests: Sequence[str], where: str = "/documents") -> None:
    """Raise ``BadInput`` that names each digest of which this caller has sent no document."""
    named = sorted({digest for digest in digests if digest})
    if not named:
        return
    rows = await door.parts.reads.documents_by_digest(named, caller.name)
    there = {"", *(row.digest for row in rows)}  # a paper has no digest
    missing = [
        Problem(f"{where}/{place}/digest", "unknown_document", "there is no such document; send it first: POST /v1/documents")
        for place, digest in enumerate(digests)
        if digest not in there
    ]
    if missing:
        raise BadInput(missing)
