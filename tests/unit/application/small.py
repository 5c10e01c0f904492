"""A small gateway in memory: a service, three agencies, an adapter that says what it is told, and a store without a database.

The store keeps to the port: every decide gets a copy, and what it did counts only when it did not raise.
"""

from __future__ import annotations

import copy
import json
from collections import defaultdict
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

from gateway.application.deployment import Deployment
from gateway.application.envelope import CheckedApplication
from gateway.application.measures import UNMEASURED, Measures
from gateway.application.prepare import Preparer
from gateway.application.release import Release
from gateway.application.store import InboxItem, LaneRow, OutboundDelivery, StoreUnavailable
from gateway.application.submit import Submit
from gateway.domain.agency import Agency, Branch, LanePolicy, Lookup, Operation, RetryPolicy
from gateway.domain.case import Decision
from gateway.domain.case_file import Attempt, CaseFile, StoredMessage
from gateway.domain.catalogue import Catalogue
from gateway.domain.errors import DarchaError, NotFound
from gateway.domain.incident import Incident
from gateway.domain.office import Office
from gateway.domain.outcomes import Completed, DocumentRef, LookupOutcome, NotThere
from gateway.domain.request import Request, RequestStatus, Work
from gateway.domain.service import Expression, Service, Step
from gateway.messaging.inprocess import InProcessBus
from gateway.sdk.adapter import Health, Manifest, Message, OutgoingRequest, Parsed
from gateway.sdk.link import Link
from tests.unit.domain.world import FixedMint

NOW = datetime(2026, 12, 7, 5, 0, tzinfo=UTC)
TRACE = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01"
GRANTED = """
$exists(steps.permit) and steps.permit.status = "completed" ? {"outcome": "granted", "authority": "ministry"}
: $exists(steps.birth) and steps.birth.status = "refused" ? {"outcome": "refused", "authority": "ministry"} : null
"""


def service(**change: Any) -> Service:
    form = Expression('{"id": applicant.identifier}', "input.jsonata")
    steps = (
        Step("birth", "registry", "Find", form),
        Step("permit", "ministry", "Permit", Expression('{"reference": case.number}', "permit.jsonata"), needs=("birth",)),
    )
    made = Service("permit", "1", {"en": "Permit"}, {}, steps, Expression(GRANTED, "decision.jsonata"), digest="s1")
    return replace(made, **change)


def agencies(**policy: Any) -> dict[str, Agency]:
    lane = LanePolicy(**{"retry": RetryPolicy(base_secs=2, cap_secs=600, attempts=3), **policy})
    lookup = Lookup("Find", Expression('{"id": request.message_id}', "lookup.jsonata"), Expression("body"), settled_after_secs=60)
    return {
        "registry": Agency(
            "registry",
            {},
            "spoken",
            {"Find": Operation("Find", idempotent=True, timeout_secs=10)},
            endpoint="http://registry.test",
            lane=lane,
            digest="c1",
        ),
        "ministry": Agency(
            "ministry",
            {},
            "spoken",
            {"Permit": Operation("Permit", idempotent=False, lookup=lookup), "Find": Operation("Find", idempotent=True)},
            endpoint="http://ministry.test",
            lane=lane,
            branches=(Branch("north", {}, ("1",)), Branch("south", {}, ("2",))),
            digest="c2",
        ),
    }


def catalogue(services: Sequence[Service] = (), known: Mapping[str, Agency] | None = None) -> Catalogue:
    offered = services or (service(),)
    offices = {"centre": Office("centre", {}, "1", "Asia/Tashkent", "UZ-5")}
    return Catalogue({s.id: s for s in offered}, offices, known or agencies(), "d1")


Spoken = LookupOutcome | Exception
#: What an agency says to a message: an outcome, or an exception of the adapter itself.
Says = Callable[[Message, Link], Spoken]


@dataclass
class SpokenAdapter:
    """Renders JSON; ``says`` is asked in place of a network."""

    agency: Agency
    says: Says = lambda _message, _link: Completed()
    render_error: Exception | None = None
    health: Health | Exception = field(default_factory=lambda: Health(ok=True))
    sent: list[tuple[Message, Link]] = field(default_factory=list)
    probes: int = 0
    blobs: Mapping[str, bytes] = field(default_factory=dict)

    def render(self, request: OutgoingRequest) -> Message:
        if self.render_error is not None:
            raise self.render_error
        body = json.dumps({"id": request.message_id, "input": request.input}).encode()
        return Message(request.message_id, request.operation, body, "application/json", documents=request.documents)

    async def send(self, message: Message, link: Link) -> Parsed:
        self.sent.append((message, link))
        said = self.says(message, link)
        if isinstance(said, Exception):
            raise said
        return Parsed(said, self.blobs)

    async def lookup(self, looked_up: str, message: Message, link: Link) -> Parsed:
        return await self.send(message, link)

    async def probe(self, link: Link) -> Health:
        self.probes += 1
        if isinstance(self.health, Exception):
            raise self.health
        return self.health


class MemoryStore:
    """What the use cases ask of storage, in memory. ``away`` makes that many calls raise ``StoreUnavailable``."""

    def __init__(self, now: datetime = NOW) -> None:
        self.time = now
        self.mint = FixedMint()
        self.files: dict[UUID, CaseFile] = {}
        self.stored: dict[tuple[UUID, Work], StoredMessage] = {}
        self.incidents: list[Incident] = []
        self.attempts: list[Attempt] = []
        self.lanes: dict[str, LaneRow] = {}
        self.pins: dict[str, bytes] = {}
        self.blobs: dict[str, bytes] = {}
        self.inbox: list[tuple[InboxItem, UUID | None, UUID | None]] = []
        self.deliveries: list[OutboundDelivery] = []
        self.settled: list[tuple[UUID, str, datetime | None, str]] = []
        self.history: list[str] = []
        self.changes = 0
        self.away = 0
        self.refuses: set[UUID] = set()
        self.poison: set[UUID] = set()

    def add(self, file: CaseFile) -> CaseFile:
        self._save(file)
        return file

    def file(self, case_id: UUID) -> CaseFile:
        return self.files[case_id]

    def request(self, step: str) -> Request:
        (file,) = self.files.values()
        found = file.live(step)
        assert found is not None
        return found

    def _save(self, file: CaseFile) -> None:
        self.history += [e.type for e in file.events]
        self.incidents += file.incidents
        self.attempts += file.attempts
        for message in file.messages:
            self.stored.setdefault((message.request_id, message.purpose), message)
        self.files[file.case.id] = CaseFile(
            file.case, file.now, self.mint, file.requests, file.clocks, file.facts, file.decisions, file.open_incidents
        )

    def _copy(self, case_id: UUID) -> CaseFile:
        file = copy.deepcopy(self.files[case_id])
        file.now, file.mint = self.time, self.mint
        return file

    def _reach(self) -> None:
        if self.away:
            self.away -= 1
            raise StoreUnavailable("the database is away")

    async def change(
        self, case_ids: Sequence[UUID], decide: Callable[[CaseFile], None], *, calendars: object = None
    ) -> dict[UUID, Exception | None]:
        self._reach()
        self.changes += 1
        if poisoned := self.poison.intersection(case_ids):
            raise RuntimeError(f"the driver does not bear {poisoned}")
        results: dict[UUID, Exception | None] = {}
        for case_id in sorted(case_ids):
            if case_id not in self.files:
                results[case_id] = NotFound("no_case", "there is no such case")
                continue
            file = self._copy(case_id)
            try:
                decide(file)
                if case_id in self.refuses:  # at its row, after everything was decided
                    raise DarchaError("this case cannot be saved")
            except DarchaError as error:
                results[case_id] = error
            else:
                self._save(file)
                results[case_id] = None
        return results

    async def ready_lanes(self) -> list[str]:
        self._reach()
        requests = (r for f in self.files.values() for r in f.requests.values())
        return sorted({r.lane for r in requests if r.next_at is not None and r.next_at <= self.time and r.lane})

    async def release(
        self,
        lane: str,
        room: Callable[[LaneRow, int, datetime], int],
        decide: Callable[[CaseFile, list[UUID]], None],
        most: int,
    ) -> list[CaseFile]:
        self._reach()
        row = self.lanes.setdefault(lane, LaneRow(lane, lane))
        mine = [r for f in self.files.values() for r in f.requests.values() if r.lane == lane]
        free = room(row, sum(r.lease_id is not None for r in mine), self.time)
        due = [r for r in mine if r.next_at is not None and r.next_at <= self.time][: min(free, most)]
        done = []
        for case_id in dict.fromkeys(r.case_id for r in due):
            file = self._copy(case_id)
            try:
                decide(file, [r.id for r in due if r.case_id == case_id])
            except DarchaError:
                continue
            self._save(file)
            done.append(file)
        return done

    async def messages(self, wanted: Sequence[tuple[UUID, Work]]) -> dict[tuple[UUID, Work], StoredMessage]:
        return {key: self.stored[key] for key in wanted}

    async def attempt_traces(self, requests: Sequence[tuple[UUID, UUID]]) -> dict[UUID, list[tuple[str, str]]]:
        wanted, found = {request_id for _, request_id in requests}, defaultdict(list)
        for attempt in self.attempts:
            if attempt.request_id in wanted and (context := attempt.detail.get("traceparent")):
                found[attempt.request_id].append((str(attempt.work), context))
        return dict(found)

    async def change_lane(self, lane: str, change: Callable[[LaneRow, datetime], list[Incident]]) -> LaneRow:
        self._reach()
        row = self.lanes.setdefault(lane, LaneRow(lane, lane))
        self.incidents += change(row, self.time)
        return row

    async def open_incidents(self, incidents: Sequence[Incident]) -> None:
        self._reach()
        self.incidents += incidents

    async def claim_callbacks(self, most: int) -> list[tuple[InboxItem, UUID | None, UUID | None]]:
        self._reach()
        claimed, self.inbox = self.inbox[:most], self.inbox[most:]
        return claimed

    async def claim_deliveries(self, most: int, lease_secs: float) -> list[OutboundDelivery]:
        self._reach()
        claimed, self.deliveries = self.deliveries[:most], self.deliveries[most:]
        return claimed

    async def settle_deliveries(self, results: Sequence[tuple[UUID, str, datetime | None, str]]) -> None:
        self.settled += results

    async def put_blobs(self, blobs: Mapping[str, bytes]) -> None:
        self.blobs |= blobs

    async def get_blob(self, digest: str) -> bytes | None:
        return self.blobs.get(digest)

    async def get_pin(self, digest: str) -> bytes | None:
        return self.pins.get(digest)

    async def now(self) -> datetime:
        return self.time


class StoredDocuments:
    """The documents of a link: a dictionary."""

    def __init__(self, error: Exception | None = None) -> None:
        self.stored: dict[str, bytes] = {}
        self.error = error

    async def fetch(self, document: DocumentRef) -> bytes:
        return self.stored[document.digest]

    async def store(self, document: DocumentRef, content: bytes) -> None:
        if self.error is not None:
            raise self.error
        self.stored[document.digest] = content


class NoSecrets:
    def get(self, reference: str) -> str:
        raise KeyError(reference)


class NoReferences:
    def sign(self, kind: str, name: str, until: datetime) -> str:
        return f"test:{kind}/{name}"


def link_of(release: Release, documents: StoredDocuments | None = None) -> Link:
    session: Any = None  # these adapters have no network
    return Link(session, release.endpoint, release.timeout_secs, NoSecrets(), documents or StoredDocuments(), release.traceparent)


class Small:
    """The small gateway: one deployment, one store, one bus, and the adapters by agency."""

    def __init__(self, known: Catalogue | None = None, measures: Measures = UNMEASURED) -> None:
        self.catalogue = known or catalogue()
        self.adapters = {a.id: SpokenAdapter(a) for a in self.catalogue.agencies.values()}
        manifest: Any = Manifest("spoken", "Spoken", lambda agency: self.adapters[agency.id])  # type: ignore[arg-type, return-value]  # half of the port is enough here
        self.deployment = Deployment(self.catalogue, {"spoken": manifest}, _calendar, measures=measures)
        self.store = MemoryStore()
        self.preparer = Preparer(self.deployment, "http://gateway.test", send_within_secs=30, margin_secs=10)
        self.zone = ZoneInfo("Asia/Tashkent")

    def case(self, traceparent: str = TRACE, **envelope: Any) -> CaseFile:
        """Take an application in, as ``Submit`` does, without the doors."""
        parties = [{"role": "applicant", "kind": "person", "identifier": "30101850010011"}]
        full = {"service": "permit", "office": "centre", "channel": "counter", "language": "en", "parties": parties, "form": {}}
        checked = CheckedApplication(envelope=full | envelope, service="permit", taken_at=self.store.time)
        bus: Any = None
        gatherer: Any = None
        submit = Submit(self.deployment, gatherer, bus, self.store.mint, b"secret", lambda: self.store.time)
        return self.store.add(submit.new_case(checked, "front", traceparent))

    def later(self, seconds: float) -> None:
        self.store.time += timedelta(seconds=seconds)


def _calendar(name: str) -> Any:
    raise AssertionError(f"nobody asks for a calendar here, not even {name}")


__all__ = [
    "NOW",
    "TRACE",
    "Decision",
    "InProcessBus",
    "MemoryStore",
    "NoReferences",
    "NotThere",
    "RequestStatus",
    "Small",
    "SpokenAdapter",
    "StoredDocuments",
    "agencies",
    "catalogue",
    "link_of",
    "service",
]
