"""What a running gateway works with: the checked catalogue, calendars, adapters, and what older cases pinned.

PinNotLoaded   a case pins something that is not in memory yet; load it from the store and do it again
"""

from __future__ import annotations

import json
from collections.abc import Awaitable, Callable, Mapping, Sequence
from functools import lru_cache
from typing import Any
from uuid import UUID

from gateway.application.calendars import Calendars
from gateway.application.context import mapping_input
from gateway.application.measures import UNMEASURED, Measures, tell
from gateway.application.pins import agency_from_pin, pin_agency, pin_service, service_from_pin
from gateway.application.store import Decide, Store
from gateway.domain.agency import Agency
from gateway.domain.calendar import Calendar
from gateway.domain.case_file import CaseFile
from gateway.domain.catalogue import Catalogue
from gateway.domain.errors import CatalogueError, DarchaError
from gateway.domain.request import Request
from gateway.domain.rules import Rules
from gateway.domain.service import Expression, Service
from gateway.sdk.adapter import Adapter, Manifest
from gateway.sdk.mapping import compile_expression


class PinNotLoaded(DarchaError):
    """Something that a case pins has to be loaded first."""

    def __init__(self, digest: str) -> None:
        super().__init__(f"{digest} is pinned by a case and not loaded yet")
        self.digest = digest


def evaluate(expression: Expression, data: Mapping[str, Any]) -> Any:
    """Evaluate a JSONata expression. Raises ``MappingError``."""
    return compile_expression(expression).evaluate(data)


def _context(file: CaseFile, request: Request | None) -> Mapping[str, Any]:
    seen: Mapping[str, Any] = mapping_input(file.case, file.requests.values(), file.facts, request)
    return seen


class Deployment:
    """One version of the catalogue in use, and the pinned older ones. Shared by the use cases of a process.

    ``calendar`` returns a calendar by its id: the process's ``Calendars``, or seeded ones where nothing amends them.
    ``settle_secs``: how long an expired clock waits for replies that are under way (``Rules.settle_secs``).
    """

    def __init__(
        self,
        catalogue: Catalogue,
        manifests: Mapping[str, Manifest],
        calendar: Callable[[str], Calendar],
        *,
        settle_secs: float = 60.0,
        measures: Measures = UNMEASURED,
    ) -> None:
        self.catalogue = catalogue
        self.manifests = manifests
        self.measures = measures
        self.calendars = calendar if isinstance(calendar, Calendars) else Calendars(calendar)
        self._settle_secs = settle_secs
        self._services: dict[str, Service] = {s.digest: s for s in catalogue.services.values()}
        self._rules: dict[str, Rules] = {}
        self._contracts: dict[str, Agency] = {a.digest: a for a in catalogue.agencies.values()}
        self._adapter_of = lru_cache(maxsize=256)(self._make_adapter)

    def pins(self) -> dict[str, bytes]:
        """Return what the current catalogue's cases will pin, for ``Store.put_pins``."""
        services = {s.digest: pin_service(s) for s in self.catalogue.services.values()}
        return services | {a.digest: pin_agency(a) for a in self.catalogue.agencies.values()}

    def rules(self, pin: str) -> Rules:
        """Return the rules of a case by the service digest that it pins. Raises ``PinNotLoaded``."""
        found = self._rules.get(pin)
        if found is None:
            service = self._services.get(pin)
            if service is None:
                raise PinNotLoaded(pin)
            found = self._rules[pin] = Rules(
                service=service,
                agencies=self.catalogue.agencies,
                evaluate=evaluate,
                context=_context,
                calendar=self.calendars,
                offices=self.catalogue.offices,
                settle_secs=self._settle_secs,
            )
        return found

    def adapter(self, contract: str) -> Adapter:
        """Return the adapter of a contract digest. Raises ``PinNotLoaded``; ``CatalogueError`` when its plug-in is gone."""
        return self._adapter_of(contract)

    def _make_adapter(self, contract: str) -> Adapter:
        agency = self._contracts.get(contract)
        if agency is None:
            raise PinNotLoaded(contract)
        manifest = self.manifests.get(agency.adapter)
        if manifest is None:
            raise CatalogueError(f"agency {agency.id} wants the adapter {agency.adapter!r}, which is not installed")
        return manifest.make(agency)

    def answered_by_people(self) -> tuple[str, ...]:
        """Return the agencies whose requests stand in an inbox of clerks."""
        manifests = self.manifests
        return tuple(a.id for a in self.catalogue.agencies.values() if a.adapter in manifests and manifests[a.adapter].people)

    async def load(self, store: Store, digest: str) -> None:
        """Load a pin from the store. Raises ``CatalogueError`` when the store has lost it."""
        pinned = await store.get_pin(digest)
        if pinned is None:
            raise CatalogueError(f"the database has no pin {digest}, which a case needs")
        if json.loads(pinned).get("kind") == "service":
            self._services[digest] = service_from_pin(pinned)
        else:
            self._contracts[digest] = agency_from_pin(pinned)

    async def change(
        self, store: Store, case_ids: Sequence[UUID], decide: Decide, *, calendars: Mapping[str, int] | None = None
    ) -> dict[UUID, Exception | None]:
        """Do ``store.change`` with every pin loaded that ``decide`` needs, and measure what was committed."""
        files: dict[UUID, CaseFile] = {}

        def run(file: CaseFile) -> None:
            decide(file)
            files[file.case.id] = file  # the last one counts: a transaction may be repeated

        results = await self.with_pins(store, lambda ids: store.change(ids, run, calendars=calendars), case_ids)
        for case_id, file in files.items():
            if results.get(case_id, ...) is None:
                tell(self.measures, file)
        return results

    async def with_pins(
        self, store: Store, run: Callable[[Sequence[UUID]], Awaitable[dict[UUID, Exception | None]]], ids: Sequence[UUID]
    ) -> dict[UUID, Exception | None]:
        """Run a change on cases; for those that need a pin loaded, load it and run them again.

        A pin that is lost or cannot be read is the error of the cases that need it, and of no other.
        """
        results = await run(ids)
        while missing := {i: e.digest for i, e in results.items() if isinstance(e, PinNotLoaded)}:
            lost: dict[str, CatalogueError] = {}
            for digest in set(missing.values()):
                try:
                    await self.load(store, digest)
                except CatalogueError as error:
                    lost[digest] = error
            results |= {i: lost[digest] for i, digest in missing.items() if digest in lost}
            if again := [i for i, digest in missing.items() if digest not in lost]:
                results |= await run(again)
        return results
