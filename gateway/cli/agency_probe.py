"""``darcha agency probe``: asks whether an agency is there, as real use would, and changes nothing."""

from __future__ import annotations

import asyncio
import os
import time
from dataclasses import asdict, dataclass, field
from pathlib import Path
from typing import Annotated, Any

import aiohttp
import typer

from gateway.bootstrap.settings import Settings
from gateway.catalogue.alone import read_agency
from gateway.catalogue.plugins import find_adapters
from gateway.cli.output import BAD_CALL, WRONG, AsJson, fail, out, show
from gateway.domain.agency import Agency
from gateway.domain.errors import CatalogueError
from gateway.domain.outcomes import DocumentRef
from gateway.sdk.adapter import Health, Manifest
from gateway.sdk.errors import NotSent
from gateway.sdk.http import open_session
from gateway.sdk.link import Link
from gateway.security.secrets import EnvSecrets


@dataclass(slots=True)
class Calls:
    """What went over the wire, a line each: never a body, a header or a query, where secrets may stand."""

    made: list[dict[str, Any]] = field(default_factory=list)

    def watch(self, session: aiohttp.ClientSession) -> None:
        """Note every call of a session."""
        config = aiohttp.TraceConfig()
        config.on_request_end.append(self._ended)
        config.on_request_exception.append(self._failed)
        config.freeze()
        session.trace_configs.append(config)

    async def _ended(self, _: Any, __: Any, params: aiohttp.TraceRequestEndParams) -> None:
        self.made.append({"method": params.method, "url": _shown(params.url), "came_back": f"HTTP {params.response.status}"})

    async def _failed(self, _: Any, __: Any, params: aiohttp.TraceRequestExceptionParams) -> None:
        said = f"{type(params.exception).__name__}: {params.exception}"
        self.made.append({"method": params.method, "url": _shown(params.url), "came_back": said})


def _shown(url: Any) -> str:
    return f"{url.with_user(None).with_query(None)}{'?…' if url.query_string else ''}"


class _NoDocuments:
    async def fetch(self, document: DocumentRef) -> bytes:
        raise NotSent(f"a probe has no documents, and {document.digest} is asked for")

    async def store(self, document: DocumentRef, content: bytes) -> None:
        """What a probe is answered is not kept."""


def probe(
    name: Annotated[str, typer.Argument(help="agency: a folder under contracts/")],
    branch: Annotated[str, typer.Option(help="code of one of its branches that has an address of its own")] = "",
    timeout: Annotated[float, typer.Option(min=0.1, max=600, help="seconds to wait at most")] = 30.0,
    into: Annotated[Path | None, typer.Option("--into", help="folder that holds contracts/; none: DARCHA_CATALOGUE")] = None,
    as_json: AsJson = False,
) -> None:
    """Ask an agency, with its configured address and secrets, whether it is there. Nothing is changed at the agency."""
    settings = Settings()
    try:
        agency = read_agency(into if into is not None else settings.catalogue_root(), name, os.environ)
        manifests = find_adapters()
    except CatalogueError as error:
        fail(str(error), WRONG)
    manifest = manifests.get(agency.adapter)
    if manifest is None:
        fail(f"the adapter {agency.adapter!r} of {name} is not installed", WRONG)
    endpoint = _endpoint(agency, branch)
    calls = Calls()
    began = time.monotonic()
    health = asyncio.run(_probe(agency, manifest, endpoint, timeout, settings, calls))
    took_ms = round((time.monotonic() - began) * 1000)
    if as_json:
        show({"agency": name, "endpoint": endpoint, **asdict(health), "took_ms": took_ms, "calls": calls.made})
    else:
        for call in calls.made:
            out.print(f"{call['method']} {call['url']} → {call['came_back']}", markup=False, soft_wrap=True)
        word = "is there" if health.ok else "is misconfigured" if health.misconfigured else "is not available"
        out.print(f"{name} {word}: {health.detail} ({took_ms} ms)", markup=False, soft_wrap=True)
    if not health.ok:
        raise typer.Exit(WRONG)


def _endpoint(agency: Agency, code: str) -> str:
    if not code:
        return agency.endpoint
    found = agency.branch(code)
    if found is None:
        codes = ", ".join(b.code for b in agency.branches) or "none"
        fail(f"{agency.id} has no branch {code!r}; its branches: {codes}", BAD_CALL)
    return found.endpoint or agency.endpoint


async def _probe(agency: Agency, manifest: Manifest, endpoint: str, timeout: float, settings: Settings, calls: Calls) -> Health:
    session = open_session()
    calls.watch(session)
    try:
        link = Link(session, endpoint, timeout, EnvSecrets(os.environ, settings.secrets), _NoDocuments())
        return await manifest.make(agency).probe(link)
    except Exception as error:  # noqa: BLE001 - somebody else's plug-in: it is told, and not thrown at an operator
        return Health(ok=False, detail=f"the probe failed: {type(error).__name__}: {error}")
    finally:
        await session.close()
