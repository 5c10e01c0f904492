"""The register of services: enough of each to draw its form."""

from __future__ import annotations

from fastapi import APIRouter
from starlette.responses import Response

from gateway.api.answers import json_answer
from gateway.api.auth import Anyone
from gateway.api.docs import known
from gateway.api.door import DoorDep
from gateway.api.shapes import ServiceList, ServiceOut
from gateway.api.views import service_brief, service_view
from gateway.domain.errors import NotFound

router = APIRouter(tags=["services"])


@router.get("/v1/services", operation_id="listServices", responses={200: {"model": ServiceList}, **known()})
async def list_services(caller: Anyone, door: DoorDep) -> Response:  # noqa: ARG001 - any key opens the register
    """List the services of this deployment."""
    services = door.parts.deployment.catalogue.services.values()
    return json_answer({"items": [service_brief(service) for service in services]})


@router.get("/v1/services/{service}", operation_id="getService", responses={200: {"model": ServiceOut}, **known(404)})
async def get_service(service: str, caller: Anyone, door: DoorDep) -> Response:  # noqa: ARG001 - as above
    """Return a service: standard, form schema, labels, documents, fee, term and steps."""
    found = door.parts.deployment.catalogue.services.get(service)
    if found is None:
        raise NotFound("not_found", f"there is no service {service[:60]!r}")
    return json_answer(service_view(found, door.parts.now().date()))
