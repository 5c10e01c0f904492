"""A front office hands in an application: checked, made a case, stored, and only then answered (promise 2)."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from gateway.application.bus import Bus
from gateway.application.deployment import Deployment
from gateway.application.envelope import CheckedApplication, check_application
from gateway.application.feed import FEED
from gateway.application.identifiers import BlindIndex
from gateway.application.store import AlreadyOpen, Intake, IntakeResult, KeyReused, Repeated
from gateway.application.unique import unique_hash
from gateway.domain.case import Case, CaseStatus
from gateway.domain.case_file import CaseFile, Mint
from gateway.domain.errors import Conflict
from gateway.domain.events import fingerprint
from gateway.domain.number import access_code, number_of
from gateway.domain.progress import advance, plan_requests

#: 40 bits of a UUIDv7's random tail make the number; the unique index settles the rest.
_NUMBER_BITS = (1 << 40) - 1


class Gatherer(Protocol):
    """Gathers concurrent intakes into group commits."""

    async def submit(self, item: Intake) -> IntakeResult:
        """Return the result of this item; raises what its own storing raised."""
        ...


def already_open() -> Conflict:
    """Return what is said of a second application where the service allows one; nothing of the first one's case is told."""
    return Conflict("already_open", "such an application is open already; the service allows one at a time")


@dataclass(frozen=True, slots=True)
class Submitted:
    """``answer`` is the body of the 202; ``repeated`` when the key had been used with the same body before."""

    answer: Mapping[str, Any]
    repeated: bool


class Submit:
    """The use case. ``secret`` derives access codes and unique hashes; ``now`` is the gateway's own clock (UTC)."""

    def __init__(
        self, deployment: Deployment, gatherer: Gatherer, bus: Bus, mint: Mint, secret: bytes, now: Callable[[], datetime]
    ) -> None:
        self._deployment = deployment
        self._gatherer = gatherer
        self._bus = bus
        self._mint = mint
        self._secret = secret
        self._blind = BlindIndex(secret)
        self._now = now

    def check(self, raw: bytes) -> CheckedApplication:
        """Check everything that can be checked without keeping anything. Raises ``BadInput`` with all problems."""
        return check_application(raw, self._deployment.catalogue, self._now())

    async def submit(self, raw: bytes, *, client: str, key: str, traceparent: str = "") -> Submitted:
        """Store the application and return the answer.

        Raises ``BadInput``; ``Conflict`` with code ``key_reused`` (same key, another body) or ``already_open`` (the
        service allows one at a time; nothing of the other case is told).
        """
        return await self.submit_checked(self.check(raw), client=client, key=key, traceparent=traceparent)

    async def submit_checked(self, checked: CheckedApplication, *, client: str, key: str, traceparent: str = "") -> Submitted:
        """Store what ``check`` returned, as ``submit`` does. Raises ``Conflict`` as ``submit``."""
        file = self.new_case(checked, client, traceparent)
        unique, then = self.claim_of(file)
        body_hash = fingerprint(checked.envelope)
        found_by = self._blind.entries(checked.envelope)
        intake = Intake(file, client, key, body_hash, self.answer(file), unique, then, found_by)
        result = await self._gatherer.submit(intake)
        if isinstance(result, KeyReused):
            raise Conflict("key_reused", "this Idempotency-Key was used with another body; use a new key for a new application")
        if isinstance(result, AlreadyOpen):
            raise already_open()
        if isinstance(result, Repeated):
            return Submitted(result.answer, repeated=True)
        await self._bus.wake("dispatcher")
        await self._bus.wake(FEED)
        return Submitted(result.answer, repeated=False)

    def new_case(self, checked: CheckedApplication, client: str, traceparent: str = "") -> CaseFile:
        """Return the new case file, not stored: what a dry run shows and an intake stores."""
        now = self._now()
        envelope = checked.envelope
        service = self._deployment.catalogue.services[checked.service]
        id_ = self._mint.uuid()
        case = Case(
            id=id_,
            number=number_of(id_.int & _NUMBER_BITS),
            client=client,
            service=service.id,
            service_version=service.version,
            pin=service.digest,
            office=envelope["office"],
            channel=envelope["channel"],
            reference=envelope.get("reference") or "",
            language=envelope["language"],
            territory=envelope.get("territory") or "",
            envelope=envelope,
            status=CaseStatus.RECEIVED,
            taken_at=checked.taken_at,
            received_at=now,
            traceparent=traceparent,
        )
        file = CaseFile(case, now, self._mint, is_new=True)
        rules = self._deployment.rules(service.digest)
        file.event(
            "case.received",
            {
                "service": service.id,
                "version": service.version,
                "office": case.office,
                "channel": case.channel,
                "application": fingerprint(envelope),
            },
            f"client:{client}",
        )
        plan_requests(file, rules)
        advance(file, rules)
        return file

    def answer(self, file: CaseFile) -> dict[str, Any]:
        """Return the body of the 202: id, number, access code, due date and the next expected act."""
        case = file.case
        return {
            "id": str(case.id),
            "number": case.number,
            "access_code": access_code(self._secret, case.id),
            "status": case.status,
            "received_at": case.received_at.isoformat(),
            "due_at": case.due_at.isoformat() if case.due_at else None,
            "due_provisional": case.due_provisional,
            "waiting_on": [{"holder": h.holder, "what": h.what} for h in case.waiting_on],
        }

    def claim_of(self, file: CaseFile) -> tuple[str, str]:
        """Return the keyed hash of which one case may be open at a time, and what follows for the next: refuse or link.

        Empty and ``allow`` where the service allows any number.
        """
        service = self._deployment.catalogue.services[file.case.service]
        rule = service.unique
        if rule is None or rule.then == "allow":
            return "", "allow"
        rules = self._deployment.rules(service.digest)
        seen = rules.context(file, None)
        return unique_hash(self._secret, service.id, [rules.evaluate(e, seen) for e in rule.by]), rule.then
