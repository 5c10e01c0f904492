"""What of a case can be taken away: its documents, and the case as JSON."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import fields, is_dataclass
from typing import Any, Final
from urllib.parse import quote

import orjson
from starlette.responses import Response

from gateway.application.attribution import events_of_case
from gateway.console.case import file_of
from gateway.console.case_view import documents_of
from gateway.console.pages import Pages
from gateway.console.scopes import Scope
from gateway.console.visit import Visit
from gateway.domain.errors import NotFound

pages = Pages()
#: Where personal data stands in the records: shown only to those who may reveal it.
_PERSONAL: Final = ("envelope", "data", "said")


@pages.get("/cases/{case}/documents/{digest}")
async def document(visit: Visit) -> Response:
    """A document, to be saved: what somebody handed in is never opened as a page of ours."""
    file, digest = await file_of(visit), visit.request.path_params["digest"]
    found = next((d for _, d in documents_of(file) if d.get("digest") == digest), None)
    content = await visit.parts.store.get_blob(digest) if found is not None else None
    if found is None or content is None:
        raise NotFound("not_found", f"the case {file.case.number} has no document {digest[:80]!r}")
    name = quote(str(found.get("name") or digest[:12]), safe="")
    headers = {"content-disposition": f"attachment; filename*=UTF-8''{name}"}
    return Response(content, media_type="application/octet-stream", headers=headers)


@pages.get("/cases/{case}.json")
async def as_json(visit: Visit) -> Response:
    """The case with all that is recorded of it. Without the scope ``reveal`` personal data is left out."""
    file = await file_of(visit)
    reads, shown = visit.parts.reads, visit.may(Scope.REVEAL)
    whole = {
        "case": file.case,
        "requests": list(file.requests.values()),
        "clocks": list(file.clocks.values()),
        "facts": file.facts,
        "decisions": file.decisions,
        "attempts": await reads.attempts_of(file.case.id),
        "disclosures": await reads.disclosures_of(file.case.id),
        "events": await events_of_case(reads, file.case.id),
    }
    hidden = () if shown else _PERSONAL
    content = orjson.dumps(_plain(whole, hidden), default=str, option=orjson.OPT_INDENT_2 | orjson.OPT_NON_STR_KEYS)
    return Response(content, media_type="application/json")


def _plain(value: Any, hidden: Collection[str]) -> Any:
    """Return records and mappings as plain objects, with nothing in the places that are hidden."""
    if is_dataclass(value):
        value = {each.name: getattr(value, each.name) for each in fields(value)}
    if isinstance(value, Mapping):
        return {k: None if k in hidden else _plain(v, hidden) for k, v in value.items()}
    return [_plain(each, hidden) for each in value] if isinstance(value, list | tuple) else value
