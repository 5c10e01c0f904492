"""Invented cases, small enough to read in a test."""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any
from uuid import UUID

from gateway.application.store import InboxItem, Intake, LaneRow, Taken
from gateway.domain.case import Case, CaseStatus
from gateway.domain.case_file import CaseFile
from gateway.domain.events import Event
from gateway.domain.request import Request, RequestStatus, Work
from gateway.storage import DatabaseStore, SystemMint

MINT = SystemMint()
LANE = "tax-office"
NOW = datetime(2026, 3, 2, 5, 0, tzinfo=UTC)
_numbers = count(1)


def new_file(at: datetime = NOW, *, client: str = "window-1", due_at: datetime | None = None, **case: Any) -> CaseFile:
    """A new case with one request that is ready in ``LANE``."""
    fields: dict[str, Any] = {
        "number": f"N-{next(_numbers)}-{MINT.salt()[:6]}",
        "service": "shop-licence",
        "service_version": "1",
        "pin": "a" * 64,
        "office": "north-office",
        "channel": "counter",
        "reference": "",
        "language": "uz",
        "territory": "1714401",
        "envelope": {"form": {"title": "Zuhra's tea house", "seats": 12, "rate": 0.25}},
        "status": CaseStatus.RECEIVED,
        "taken_at": at,
        "received_at": at,
        "due_at": due_at,
    }
    file = CaseFile(Case(id=MINT.uuid(), client=client, **(fields | case)), at, MINT, is_new=True)
    file.event("case.received", {"service": "shop-licence", "at": at}, f"client:{client}")
    add_request(file, due_at=due_at)
    return file


def add_request(file: CaseFile, **fields: Any) -> Request:
    request = Request(
        MINT.uuid(), file.case.id, "tax", "tax-office", "Register", MINT.uuid(), RequestStatus.READY, file.now,
        **({"lane": LANE, "next_at": file.now, "ready_at": file.now} | fields),
    )  # fmt: skip
    file.add_request(request)
    return request


def intake(file: CaseFile, key: str = "", *, body: str = "b1", unique: str = "", then: str = "refuse") -> Intake:
    answer = {"id": str(file.case.id), "number": file.case.number}
    return Intake(file, file.case.client, key or str(file.case.id), body, answer, unique, then)


async def take(store: DatabaseStore, *files: CaseFile) -> list[UUID]:
    """Store new cases; return their ids."""
    results = await store.take_in([intake(file) for file in files])
    assert all(isinstance(result, Taken) for result in results), results
    return [file.case.id for file in files]


async def taken(store: DatabaseStore, **fields: Any) -> CaseFile:
    """Store one new case and return it as stored."""
    file = new_file(await store.now(), **fields)
    await take(store, file)
    return await stored(store, file.case.id)


async def stored(store: DatabaseStore, case: UUID | str) -> CaseFile:
    file = await store.case_file(case)
    assert file is not None
    return file


def only(file: CaseFile) -> Request:
    """The file's only request."""
    (request,) = file.requests.values()
    return request


def hand_out(file: CaseFile, ids: list[UUID]) -> None:
    """What a dispatcher does, in short: release with a lease of a minute."""
    for id_ in ids:
        request = file.requests[id_]
        file.move(request, "release")
        request.next_at = None
        request.lease_id, request.lease_work = file.mint.uuid(), Work.SEND
        request.lease_until = file.now + timedelta(minutes=1)
    file.event("request.released", {"requests": ids})


def complete(file: CaseFile) -> None:
    """What a tracker does, in short: the reply to the only request has come."""
    request = only(file)
    file.set_status(request, RequestStatus.COMPLETED)
    request.lease_id = request.lease_until = request.lease_work = None
    request.outcome = {"outcome": "completed", "data": {}}
    file.event("request.completed", {"request": request.id})


def room_for(most: int) -> Any:
    """A lane's policy: so many in flight and no more."""

    def room(_row: LaneRow, in_flight: int, _now: datetime) -> int:
        return most - in_flight

    return room


def callback(at: datetime, **fields: Any) -> InboxItem:
    base: dict[str, Any] = {
        "id": MINT.uuid(),
        "agency": "tax-office",
        "name": "Registered",
        "key": f"Registered:{MINT.salt()}",
        "reference": "",
        "message_id": "",
        "outcome": {"outcome": "completed", "data": {"number": 7}},
        "received_at": at,
        "answer": {"status": 200, "body": "first"},
    }
    return InboxItem(**(base | fields))


async def feed(store: DatabaseStore, after: str, least: int, client: str = "") -> list[Event]:
    """The feed's events after ``after``, once there are so many.

    PostgreSQL's horizon is the whole server's: an open transaction in any of its databases (another test's) holds the
    feed back for as long as it lasts.
    """
    async with asyncio.timeout(30):
        while len(items := (await store.events_after(after, 1000, client)).items) < least:
            await asyncio.sleep(0)
    return list(items)
