"""The certificate of a tacit decision: issued once in each language, read back as a page to print."""

from __future__ import annotations

from typing import Annotated, Final

from fastapi import APIRouter, Header, Query
from starlette.responses import Response

from gateway.api.answers import json_answer
from gateway.api.auth import Actor, Reader
from gateway.api.bodies import StrictRoute
from gateway.api.case_acts import IfMatch
from gateway.api.docs import known
from gateway.api.door import DoorDep
from gateway.api.models import CertificateBody, CertificateQuery
from gateway.api.shapes import CertificateOut
from gateway.api.views import certificate_view
from gateway.application.certificate import render
from gateway.domain import certificate
from gateway.domain.case_file import CaseFile
from gateway.domain.errors import NotFound
from gateway.domain.rules import Rules

router = APIRouter(tags=["cases"], route_class=StrictRoute)
#: The page says the same of itself; this holds also for a reader that was made to show another one.
_POLICY: Final = "default-src 'none'; style-src 'unsafe-inline'; sandbox"


@router.post(
    "/v1/cases/{case}/certificate",
    status_code=201,
    operation_id="issueCertificate",
    responses={
        200: {"model": CertificateOut, "description": "It was issued before in this language: the first one, nothing changed"},
        201: {"model": CertificateOut},
        **known(400, 404, 409, 412, 413, 415),
    },
)
async def issue_certificate(case: str, body: CertificateBody, caller: Actor, door: DoorDep, if_match: IfMatch = None) -> Response:
    """Issue the certificate of a decision by silence. 409 when there is none, or when it is disputed or was replaced."""
    made: list[certificate.Certificate] = []

    def act(file: CaseFile, rules: Rules) -> None:
        by = caller.actor
        made[:] = [certificate.issue(file, body.language, by, lambda tacit: render(file, tacit, rules, body.language, by))]

    file = await door.act(case, caller, act, if_match)
    headers = {"location": f"/v1/cases/{file.case.id}/certificate?language={body.language}"}
    return json_answer(certificate_view(file, made[0]), 201 if file.new_facts else 200, headers)


@router.get(
    "/v1/cases/{case}/certificate",
    operation_id="getCertificate",
    responses={
        200: {"description": "The page, to be printed", "content": {"text/html": {"schema": {"type": "string"}}}},
        304: {"description": "Unchanged since If-None-Match"},
        **known(404, 409),
    },
)
async def get_certificate(
    case: str,
    caller: Reader,
    door: DoorDep,
    wanted: Annotated[CertificateQuery, Query()],
    if_none_match: Annotated[str | None, Header()] = None,
) -> Response:
    """Return a certificate that was issued; the ETag is its digest. 409 when what it says is disputed or was replaced since:
    the paper of then is still among the documents of the case."""
    file = await door.case(case, caller)
    found = certificate.issued(file, wanted.language)
    if found is None:
        raise NotFound("not_found", f"no certificate of the case {file.case.number} was issued in {wanted.language}")
    certificate.standing(file)
    tag = f'"{found.digest}"'
    if if_none_match is not None and tag in [t.strip().removeprefix("W/") for t in if_none_match.split(",")]:
        return Response(status_code=304, headers={"etag": tag})
    content = await door.parts.store.get_blob(found.digest)
    if content is None:
        raise NotFound("not_found", "the content of the certificate was deleted under a retention rule")
    headers = {
        "etag": tag,
        "content-language": found.language,
        "content-security-policy": _POLICY,
        "content-disposition": f'inline; filename="{file.case.number}-{found.language}.html"',
    }
    return Response(content, media_type=certificate.MEDIA_TYPE, headers=headers)
