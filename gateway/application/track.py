"""The tracker's use case: replies in batches and callbacks from the inbox, applied by one piece of code.

A reply counts once it is committed; only then it is acknowledged at the broker. One bad reply never fails its batch.
"""

from __future__ import annotations

import hashlib
import time
from collections import defaultdict
from collections.abc import Awaitable, Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from uuid import UUID

import structlog

from gateway.application.bus import DEAD_FROM, DEAD_REASON, Bus
from gateway.application.deployment import Deployment
from gateway.application.feed import FEED
from gateway.application.lane_health import LaneNews, note
from gateway.application.release import WorkerReply
from gateway.application.store import InboxItem, LaneRow, Store, StoreUnavailable
from gateway.application.trouble import tell_trouble, trouble_is_over
from gateway.domain.agency import LanePolicy
from gateway.domain.applied import Said, apply
from gateway.domain.case_file import CaseFile
from gateway.domain.errors import Refusal
from gateway.domain.incident import Incident, IncidentKind, TimerKind
from gateway.domain.outcomes import Misconfigured, NotThere, RetryLater, Unknown, name_of, outcome_from_json
from gateway.domain.progress import advance
from gateway.domain.request import Request, RequestStatus
from gateway.domain.rules import Rules
from gateway.domain.succession import too_early

log = structlog.get_logger(__name__)

#: A callback that is matched sooner has not waited: most are, and then there is no incident to look for.
_LONG_UNMATCHED = timedelta(seconds=0.2)
#: A callback that is too early for its request waits as long again as it has waited, within these bounds.
_SOONEST, _LATEST = timedelta(seconds=0.1), timedelta(minutes=10)


@dataclass(frozen=True, slots=True)
class Result:
    """What became of each reply of a batch, by position: ``None`` is committed, else why not."""

    errors: Sequence[Exception | None]


@dataclass(frozen=True, slots=True)
class Heard:
    """A callback that was applied, and to what."""

    item: InboxItem
    case_id: UUID
    request_id: UUID
    case_traceparent: str


#: Told of applied callbacks after their commit, and when the work on them began (nanoseconds since 1970).
ToldOfCallbacks = Callable[[Sequence[Heard], int], Awaitable[None]]


async def _untold(heard: Sequence[Heard], began_ns: int) -> None:
    """Tell nobody."""


class Track:
    """The use case; any number of processes may run it at once. ``told`` traces callbacks, ``now_ns`` times that."""

    def __init__(
        self,
        deployment: Deployment,
        store: Store,
        bus: Bus,
        told: ToldOfCallbacks = _untold,
        now_ns: Callable[[], int] = time.time_ns,
    ) -> None:
        self._deployment = deployment
        self._store = store
        self._bus = bus
        self._told = told
        self._now_ns = now_ns
        #: lanes whose row may hold failures that a success has to clear
        self._ailing: set[str] = set()

    async def replies(self, batch: Sequence[tuple[WorkerReply, str]]) -> Result:
        """Apply worker replies (reply, broker user). Raises ``StoreUnavailable``: nothing was changed, try again."""
        errors: list[Exception | None] = [None] * len(batch)
        by_case: dict[UUID, list[tuple[WorkerReply, str]]] = defaultdict(list)
        foreign: list[Incident] = []
        ours: list[WorkerReply] = []
        misled: dict[UUID, Incident] = {}
        for reply, user in batch:
            stranger = self._foreign(reply, user)
            if stranger is not None:
                foreign.append(stranger)
            else:
                by_case[reply.case_id].append((reply, user))
                ours.append(reply)
        if foreign:
            await self._store.open_incidents(foreign)

        def decide(file: CaseFile) -> None:
            rules = self._deployment.rules(file.case.pin)
            for reply, user in by_case[file.case.id]:
                request = file.requests.get(reply.request_id)
                if request is not None and request.lane != reply.lane:  # it owns the lane that it names, not the request's
                    misled[reply.lease_id] = _stranger(reply, user, request.lane)
                elif request is not None:
                    actor = f"worker:{reply.worker}"
                    said = Said(reply.outcome, "worker", reply.finished_at, actor, reply.lease_id, reply.work, dict(reply.detail))
                    apply(file, request, said, rules)
            advance(file, rules)

        if by_case:
            results = await self._deployment.change(self._store, list(by_case), decide)
            for place, (reply, _) in enumerate(batch):
                errors[place] = results.get(reply.case_id)
            if misled:
                await self._store.open_incidents(list(misled.values()))
            try:
                counted = [r for r in ours if results.get(r.case_id, ...) is None and r.lease_id not in misled]
                await self._tell_lanes(counted)
            except StoreUnavailable as error:  # the replies are committed; how the lanes fare shows again with the next ones
                log.warning("lanes not told", reason=str(error))
            await self._bus.wake("dispatcher")
            await self._bus.wake("notifier")
            await self._bus.wake(FEED)
        return Result(errors)

    def _foreign(self, reply: WorkerReply, user: str) -> Incident | None:
        """A reply counts only from the broker user that owns the lane (promise 8). The broker has verified the name."""
        agency = self._deployment.catalogue.lanes.get(reply.lane)
        owner = agency.worker_user if agency is not None else ""
        if not owner or user == owner:
            return None
        return _stranger(reply, user, reply.lane)

    async def _tell_lanes(self, replies: Sequence[WorkerReply]) -> None:
        """Tell the lanes' rows how their agencies fare, in a transaction of its own: never a case's lock and a lane's."""
        for lane, news in lane_news(replies).items():
            agency = self._deployment.catalogue.lanes.get(lane)
            if agency is None or not (news.failures or news.misconfigured or lane in self._ailing):
                continue
            row = await self._store.change_lane(lane, partial(_note, agency.policy_of(lane), news))
            if row.failures or row.suspects:
                self._ailing.add(lane)
            else:
                self._ailing.discard(lane)

    def learn_ailing(self, lanes: Sequence[str]) -> None:
        """Take over which lanes have failures in their rows, as another tracker may have noted them."""
        self._ailing |= set(lanes)

    async def inbox(self, most: int = 200) -> int:
        """Apply callbacks that stand in the inbox and match a request. Returns how many were looked at."""
        claimed = [c for c in await self._store.claim_callbacks(most) if c[1] is not None and c[2] is not None]
        by_case: dict[UUID, list[tuple[InboxItem, UUID]]] = defaultdict(list)
        for item, case_id, request_id in claimed:
            if case_id is not None and request_id is not None:
                by_case[case_id].append((item, request_id))
        if not by_case:
            return 0
        late: set[str] = set()
        began_ns = self._now_ns()
        traces: dict[UUID, str] = {}

        def decide(file: CaseFile) -> None:
            rules = self._deployment.rules(file.case.pin)
            for item, request_id in by_case[file.case.id]:
                apply_callback(file, rules, item, request_id)
                if item.id in file.settled_inbox and file.now - item.received_at > _LONG_UNMATCHED:
                    late.add(f"{IncidentKind.UNMATCHED_CALLBACK}:{item.id}")
            advance(file, rules)
            trouble_is_over(file, "callback")
            traces[file.case.id] = file.case.traceparent

        results = await self._deployment.change(self._store, list(by_case), decide)
        # Each claim ends by itself, and the callback comes again; a conflict says that somebody else has applied it.
        failed = {i: e for i, e in results.items() if e is not None and not isinstance(e, Refusal)}
        for case_id, error in failed.items():
            log.warning("callback not applied yet", case=str(case_id), error=str(error))
        if failed:
            await self._store.change(list(failed), lambda file: tell_trouble(file, "callback", failed[file.case.id]))
        if late:
            await self._store.close_incidents(sorted(late), "its reference has become known", "gateway")
        await self._bus.wake("dispatcher")
        await self._bus.wake("notifier")
        await self._bus.wake(FEED)
        done = [id_ for id_, error in results.items() if error is None]
        await self._told(
            [Heard(item, id_, request, traces.get(id_, "")) for id_ in done for item, request in by_case[id_]], began_ns
        )
        return len(claimed)

    async def dead_letters(self, bodies: Sequence[tuple[bytes, Mapping[str, str]]]) -> None:
        """What the broker gave up on becomes incidents; nothing ends silently (promise 4)."""
        found = []
        kept = {hashlib.sha256(body).hexdigest(): body for body, _ in bodies}
        await self._store.put_blobs(kept)  # whole: a reply that died may be the only word of what an agency did
        for body, headers in bodies:
            digest = hashlib.sha256(body).hexdigest()
            detail = {
                "queue": headers.get(DEAD_FROM, ""),
                "reason": headers.get(DEAD_REASON, ""),
                "size": len(body),
                "content": digest,
                "head": body[:200].decode(errors="replace").replace("\0", "\N{REPLACEMENT CHARACTER}"),  # no database stores NUL
            }
            kind = IncidentKind.DEAD_LETTER
            found.append(Incident(kind, f"{kind}:{digest}", detail))
        await self._store.open_incidents(found)


def apply_callback(file: CaseFile, rules: Rules, item: InboxItem, request_id: UUID) -> None:
    """Apply one callback of the inbox to the case's file and settle it there, or let it wait for its time."""
    outcome = outcome_from_json(item.outcome)
    request = current(file, request_id, "" if _names(item, file.requests[request_id]) else item.reference)
    if not _names(item, request) and too_early(file, request, outcome):
        file.early_inbox[item.id] = file.now + min(_LATEST, max(_SOONEST, file.now - item.received_at))
        return
    known = {"callback": item.name, "inbox": str(item.id)}
    said = Said(outcome, "callback", item.received_at, f"agency:{item.agency}", detail=known)
    apply(file, request, said, rules)
    file.settled_inbox[item.id] = "applied"
    file.clear_timer(TimerKind.UNMATCHED_CALLBACK, item.id)


def current(file: CaseFile, request_id: UUID, reference: str = "") -> Request:
    """Return the request that a callback is for. The agency answers under its reference: what it says of a superseded
    request is said of the one that took over that reference.

    ``reference`` is the one that the callback was matched by. A request that had it from another and got its own since
    does not stand for it any more.
    """
    request = file.requests[request_id]
    earlier = request
    while earlier.reference != reference and earlier.supersedes in file.requests:
        earlier = file.requests[earlier.supersedes]
    if reference and earlier.reference == reference:
        request = earlier
    while request.status is RequestStatus.SUPERSEDED:
        heir = next((r for r in file.requests.values() if r.supersedes == request.id and r.agency == request.agency), None)
        if heir is None or heir.reference != request.reference or heir.branch != request.branch:
            return request
        request = heir
    return request


def _names(item: InboxItem, request: Request) -> bool:
    """Whether the callback carries the message id of the very request."""
    try:
        return UUID(item.message_id) == request.message_id
    except ValueError:
        return False


def _stranger(reply: WorkerReply, user: str, lane: str) -> Incident:
    """The incident of a reply from a broker user that does not own the request's lane. It belongs to the lane, not to a case:
    which case is meant only the stranger says."""
    log.warning("reply refused", lane=lane, user=user)
    kind = IncidentKind.FOREIGN_WORKER
    named = {"case": str(reply.case_id), "request": str(reply.request_id), "lane": reply.lane}
    return Incident(kind, f"{kind}:{lane}:{user}", {"user": user, "outcome": name_of(reply.outcome), **named}, lane=lane)


def _note(policy: LanePolicy, news: LaneNews, row: LaneRow, now: datetime) -> list[Incident]:
    return note(policy, row, news, now)


def lane_news(replies: Sequence[WorkerReply]) -> dict[str, LaneNews]:
    """Return what the replies say about their lanes. An agency that says anything at all is alive."""
    found: dict[str, LaneNews] = {}
    for reply in replies:
        if reply.detail.get("started") is False:  # a worker that stops, or is late, says nothing about the agency
            continue
        news = found.setdefault(reply.lane, LaneNews())
        match reply.outcome:
            case Misconfigured(reason=reason, probe_agrees=agrees):
                news.misconfigured.append(str(reply.request_id))
                news.probed, news.reason = news.probed or agrees, reason
            case RetryLater() | Unknown():
                news.failures += 1
            case NotThere():
                pass
            case _:
                news.answered = True
    return found
