"""What a replay does to one request: the act that a person would do, or the reason why not. Pure but for rendering."""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from enum import StrEnum
from uuid import UUID

from gateway.application.deployment import Deployment, PinNotLoaded
from gateway.application.prepare import Preparer
from gateway.application.store import Store
from gateway.domain import acts
from gateway.domain.case_file import CaseFile
from gateway.domain.errors import CatalogueError, Conflict, Refusal
from gateway.domain.progress import advance
from gateway.domain.request import Request
from gateway.domain.request import RequestStatus as S
from gateway.domain.service import Service
from gateway.domain.superseding import Change, replace

#: Stands in what is rendered only to be tried; nothing of it is kept.
_NOWHERE = "https://gateway.invalid"


class Action(StrEnum):
    """What can be done to many. ``supersede``: by the mapping and the contract that are current."""

    RETRY = "retry"
    SUPERSEDE = "supersede"
    CANCEL = "cancel"


def stamp(file: CaseFile, request: Request) -> str:
    """Return how a request stands, as a digest: when it differs, something has happened to it, or its case was decided."""
    r = request
    seen = (r.status, r.attempts, r.lookups, r.next_at, r.lease_id, r.released_at, r.sent_at, r.reference, r.reason, r.lane)
    case = (len(file.decisions), file.case.withdrawing)
    return hashlib.sha256(repr((*(str(value) for value in seen), *case)).encode()).hexdigest()[:16]


class Redo:
    """The acts. Each raises what the act raises, and then the file is discarded."""

    def __init__(self, deployment: Deployment) -> None:
        self._deployment = deployment
        self._preparer = Preparer(deployment, _NOWHERE)

    def current(self, file: CaseFile) -> Service:
        """Return the service of a case as the catalogue has it now. Raises ``Conflict`` when it is gone."""
        found = self._deployment.catalogue.services.get(file.case.service)
        if found is None:
            raise Conflict("service_gone", f"the catalogue has no service {file.case.service} any more; resolve it by hand")
        return found

    def supersede(
        self,
        file: CaseFile,
        request_id: UUID,
        reason: str,
        by: str,
        *,
        branch: str = "",
        current: bool = False,
        no_effect: bool = False,
    ) -> Request:
        """Send a step anew: to another branch, by the ``current`` mapping and contract, or both. Raises as ``replace``."""
        change = Change(branch, self.current(file) if current else None, no_effect)
        rules = self._deployment.rules(file.case.pin)
        return replace(file, acts.request_of(file, request_id), change, reason, by, rules)

    def do(
        self, file: CaseFile, request_id: UUID, action: Action, reason: str, by: str, *, try_out: bool = False
    ) -> Request | None:
        """Do it and let the case advance; return the request made in its place, if any.

        ``try_out``: on a file that nobody saves; a message that cannot be made is refused as ``mapping_fails``.
        """
        request = acts.request_of(file, request_id)
        rules = self._deployment.rules(file.case.pin)
        made: Request | None = None
        match action:
            case Action.RETRY:
                acts.retry(file, request, reason, by, rules)
            case Action.CANCEL:
                acts.cancel(file, request, reason, by)
            case Action.SUPERSEDE:
                made = self.supersede(file, request_id, reason, by, current=True)
        if try_out:
            self.try_out(file, made or request)
        advance(file, rules)
        return made

    def try_out(self, file: CaseFile, request: Request) -> None:
        """Make the bytes of a request that has never been sent. Raises ``Conflict`` with the reason why it cannot be."""
        if request.status is S.READY and request.released_at is None and (why := self._preparer.try_out(file, request)):
            raise Conflict("mapping_fails", why)


class Trial:
    """Tries an act on a file that nobody saves, and says what stands against it."""

    def __init__(self, deployment: Deployment, store: Store) -> None:
        self._deployment = deployment
        self._store = store

    async def against(self, file: CaseFile, act: Callable[[CaseFile], object]) -> tuple[str, str]:
        """Return code and text of what stands against ``act``; empty when it would be done. ``file`` is left as it is."""
        while True:
            try:
                act(file.trial())
            except PinNotLoaded as error:
                try:
                    await self._deployment.load(self._store, error.digest)
                except CatalogueError as lost:
                    return "pin_lost", str(lost)
            except Refusal as error:
                return error.code, error.message
            except CatalogueError as error:
                return "catalogue", str(error)
            else:
                return "", ""
