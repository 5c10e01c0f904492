"""Cases as they stand, and all that is recorded of them."""

from __future__ import annotations

from typing import Annotated

from fastapi import APIRouter, Header, Query
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.answers import json_answer, page_answer
from gateway.api.auth import Reader
from gateway.api.clock_shapes import ClockList
from gateway.api.docs import known
from gateway.api.door import DoorDep, etag
from gateway.api.models import CaseEventQuery, CaseShow
from gateway.api.shapes import CaseOut, DisclosureList, EventPage, RequestList
from gateway.api.views import case_view, clock_view, disclosure_view, documents_of, event_view, request_view
from gateway.application.attribution import attributions
from gateway.application.languages import negotiate
from gateway.domain.attribution import as_json
from gateway.domain.errors import NotFound

router = APIRouter(tags=["cases"])


@router.get(
    "/v1/cases/{case}",
    operation_id="getCase",
    responses={200: {"model": CaseOut}, 304: {"description": "Unchanged since If-None-Match"}, **known(404)},
)
async def get_case(
    case: str,
    caller: Reader,
    door: DoorDep,
    show: Annotated[CaseShow, Query()],
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Return a case by its id or its number. The ETag is its version."""
    file = await door.case(case, caller)
    tag = etag(file.case.version)
    if _unchanged(tag, if_none_match):
        return Response(status_code=304, headers={"etag": tag})
    service = door.parts.deployment.catalogue.services.get(file.case.service)
    return json_answer(case_view(file, service, application=show.include == "application"), headers={"etag": tag})


@router.get("/v1/cases/{case}/events", operation_id="listCaseEvents", responses={200: {"model": EventPage}, **known(404)})
async def list_case_events(
    request: Request, case: str, caller: Reader, door: DoorDep, wanted: Annotated[CaseEventQuery, Query()]
) -> Response:
    """Return the events of a case in order; each is chained to the one before by its hash."""
    file = await door.case(case, caller)
    events = await door.parts.reads.events_of(file.case.id, wanted.after, wanted.limit)
    more = str(events[-1].seq) if len(events) == wanted.limit else ""
    return page_answer(request, [event_view(event) for event in events], more)


@router.get(
    "/v1/cases/{case}/requests",
    operation_id="listCaseRequests",
    responses={200: {"model": RequestList}, 304: {"description": "Unchanged since If-None-Match"}, **known(404)},
)
async def list_case_requests(
    case: str, caller: Reader, door: DoorDep, if_none_match: Annotated[str | None, Header()] = None
) -> Response:
    """Return the requests of a case, the superseded ones included, with every attempt. The ETag is the case's version."""
    file = await door.case(case, caller)
    tag = etag(file.case.version)
    if _unchanged(tag, if_none_match):
        return Response(status_code=304, headers={"etag": tag})
    attempts = await door.parts.reads.attempts_of(file.case.id)
    items = [request_view(request, attempts) for request in file.requests.values()]
    return json_answer({"items": items}, headers={"etag": tag})


@router.get("/v1/cases/{case}/clocks", operation_id="listCaseClocks", responses={200: {"model": ClockList}, **known(404)})
async def list_case_clocks(request: Request, case: str, caller: Reader, door: DoorDep) -> Response:
    """Return the clocks of a case: how each date was derived, and whose the time was, of each and of the case as a whole."""
    file = await door.case(case, caller)
    parts = door.parts
    whose = await attributions(parts.deployment, parts.store, parts.reads, file, await parts.store.now())
    language = negotiate(request.headers.get("accept-language", ""))
    items = [clock_view(clock, whose.clocks.get(clock.id), language) for clock in file.clocks.values()]
    return json_answer({"items": items, "attribution": as_json(whose.case)})


@router.get(
    "/v1/cases/{case}/disclosures", operation_id="listCaseDisclosures", responses={200: {"model": DisclosureList}, **known(404)}
)
async def list_case_disclosures(case: str, caller: Reader, door: DoorDep) -> Response:
    """Return which fields were given to which agency, and when."""
    file = await door.case(case, caller)
    given = await door.parts.reads.disclosures_of(file.case.id)
    return json_answer({"items": [disclosure_view(disclosure) for disclosure in given]})


@router.get(
    "/v1/cases/{case}/documents/{digest}",
    operation_id="getCaseDocument",
    responses={200: {"description": "The bytes", "content": {"*/*": {}}}, **known(404)},
)
async def get_case_document(case: str, digest: str, caller: Reader, door: DoorDep) -> Response:
    """Return a document of the case: of the application, of a supplement, of an agency's answer or of the decision."""
    file = await door.case(case, caller)
    found = next((d for d in documents_of(file) if d.get("digest") == digest), None)
    content = await door.parts.store.get_blob(digest) if found is not None else None
    if found is None or content is None:
        raise NotFound("not_found", f"the case {file.case.number} has no document {digest[:80]!r}")
    media_type = str(found.get("media_type") or "application/octet-stream")
    return Response(content, media_type=media_type, headers={"content-disposition": "attachment"})


def _unchanged(tag: str, if_none_match: str | None) -> bool:
    return if_none_match is not None and tag in [t.strip().removeprefix("W/") for t in if_none_match.split(",")]
