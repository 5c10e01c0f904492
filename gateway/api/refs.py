"""What a worker gets and puts by a signed reference, for as long as its lease lasts."""

from __future__ import annotations

import hashlib
from typing import Annotated, Final

from fastapi import APIRouter, Query
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.answers import json_answer
from gateway.api.bodies import read_body
from gateway.api.docs import problems, raw_body
from gateway.api.door import DoorDep
from gateway.api.models import ReferenceQuery
from gateway.api.shapes import StoredOut
from gateway.domain.errors import NotFound
from gateway.security.signing import verify

router = APIRouter(prefix="/refs", tags=["references"])
_OCTETS: Final = "application/octet-stream"


@router.get(
    "/{kind}/{digest}",
    operation_id="fetchReference",
    responses={200: {"description": "The bytes", "content": {_OCTETS: {}}}, **problems(403, 404, 422, 503)},
)
async def fetch_reference(kind: str, digest: str, door: DoorDep, signed: Annotated[ReferenceQuery, Query()]) -> Response:
    """Return a document (``blob``) or a contract by its digest."""
    verify(door.parts.secret, (kind, digest), signed.exp, signed.sig, door.parts.now())
    store = door.parts.store
    content = await (store.get_pin(digest) if kind == "contract" else store.get_blob(digest))
    if content is None:
        raise NotFound("not_found", f"there is no {kind} {digest[:80]!r}")
    return Response(content, media_type=_OCTETS)


@router.post(
    "/blobs/{lease}",
    status_code=201,
    operation_id="storeReference",
    responses={201: {"model": StoredOut}, **problems(403, 413, 422, 503)},
    openapi_extra=raw_body(_OCTETS, {"type": "string", "format": "binary"}, "The bytes of a document that came in a reply."),
)
async def store_reference(lease: str, request: Request, door: DoorDep, signed: Annotated[ReferenceQuery, Query()]) -> Response:
    """Store a document that came in a reply. The digest is taken here, so that a worker cannot name content falsely."""
    verify(door.parts.secret, ("upload", lease), signed.exp, signed.sig, door.parts.now())
    content = await read_body(request, door.parts.limits.document_bytes)
    digest = hashlib.sha256(content).hexdigest()
    await door.parts.store.put_blobs({digest: content})
    return json_answer({"digest": digest, "size": len(content)}, 201)
