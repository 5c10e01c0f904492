"""Cases in the middle of their terms, many at once: rows as the gateway itself would have written them, by COPY.

A group of cases shares what is derived (one clock and one request are made by the domain, and given ids of their own);
ids, numbers and the chained events are each case's own.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from dataclasses import dataclass
from datetime import datetime
from multiprocessing import get_context
from typing import Any, Final

import asyncpg  # type: ignore[import-untyped]  # it ships no types

from gateway.application.calendars import Calendars
from gateway.application.deployment import Deployment
from gateway.catalogue.calendars import seed
from gateway.domain import clock as c
from gateway.domain.agency import Agency, Operation
from gateway.domain.case import Case, CaseStatus, Holder
from gateway.domain.case_file import CaseFile
from gateway.domain.catalogue import Catalogue
from gateway.domain.clocks import wait
from gateway.domain.office import Office
from gateway.domain.request import Request, RequestStatus
from gateway.domain.rules import Rules
from gateway.domain.service import Expression, Service, Step, Term
from gateway.storage import SystemMint, rows
from gateway.storage import tables as t

ZONE: Final = "Asia/Tashkent"
AGENCY: Final = "tax-office"
MINT: Final = SystemMint()
_ENVELOPE: Final = {"service": "shop-licence", "form": {f"field_{n}": "a value of some length" for n in range(20)}}
_VERSION, _SEQ, _CHAIN = (t.cases.c.keys().index(name) for name in ("version", "seq", "chain"))
#: Cases that came in at one moment.
GROUP: Final = 500
_TABLES: Final = (t.cases, t.requests, t.clocks, t.events, t.timers)


@dataclass(frozen=True)
class Plan:
    """How the cases lie: ``count`` of them, received at one of ``received`` in turn, each under one of ``terms`` in turn."""

    count: int
    received: tuple[datetime, ...]
    terms: tuple[Term, ...]


def service_of(term: Term) -> Service:
    """The service of a term: one step, at an agency that answers later."""
    name = f"licence-{term.silence}"
    steps = (Step("tax", AGENCY, "Register", Expression("form")),)
    return Service(name, "1", {"en": name}, {}, steps, Expression("null"), term=term, digest=name.ljust(64, "p"))


def catalogue_of(terms: Sequence[Term]) -> Catalogue:
    """The catalogue that such cases are worked on with."""
    agency = Agency(AGENCY, {}, "rest", {"Register": Operation("Register", idempotent=True)}, digest="a" * 64)
    services = {service.id: service for service in map(service_of, terms)}
    return Catalogue(services, {"north": Office("north", {}, "1", ZONE, "UZ-5")}, {AGENCY: agency}, "d")


def deployment_of(terms: Sequence[Term], calendars: Calendars) -> Deployment:
    """What a process works on such cases with."""
    return Deployment(catalogue_of(terms), {}, calendars, settle_secs=0.0)


class _Group:
    """What cases of one service that came in at one moment share. ``file`` is made anew into each of them."""

    def __init__(self, service: Service, term: Term, at: datetime) -> None:
        calendar = seed("UZ-5")
        case = Case(
            MINT.uuid(), "", "window", service.id, "1", service.digest, "north", "counter", "R", "uz", "1714401", _ENVELOPE,
            CaseStatus.IN_PROGRESS, at, at, waiting_on=(Holder(f"agency:{AGENCY}", "tax", at, None),),
        )  # fmt: skip
        self.file = CaseFile(case, at, MINT)
        self.clock = c.start_clock(MINT.uuid(), case.id, "statutory", term, calendar, ZONE, at=at)
        case.due_at = self.clock.due_at
        self.request = Request(
            MINT.uuid(), case.id, "tax", AGENCY, "Register", MINT.uuid(), RequestStatus.AWAITING_REPLY, at, lane=AGENCY,
            due_at=case.due_at, attempts=1, contract="a" * 64, ready_at=at, released_at=at, sent_at=at, reference="R-1",
        )  # fmt: skip
        wait(self.file, _rules(term), self.clock)
        self.timer = self.file.timers[0]
        self.clock_row, self.request_row = rows.clock_row(self.clock), rows.request_row(self.request)
        self.case_row = rows.case_row(case, 0, 0)

    def add(self, made: dict[str, list[Any]], tx: int) -> None:
        """Add the rows of one more case."""
        file, case = self.file, self.file.case
        case.id, case.seq, case.chain, case.version, file.events = MINT.uuid(), 0, "", 1, []
        clock_id = MINT.uuid()
        file.event("case.received", {"service": case.service, "office": case.office}, "client:window")
        file.event("clock.started", {"kind": "statutory", "step": "", "due_at": case.due_at, "calendar": "UZ-5"})
        row = list(self.case_row)
        row[0], row[1], row[_VERSION], row[_SEQ], row[_CHAIN] = case.id, case.id.hex[-16:], case.version, case.seq, case.chain
        row[-1] = tx
        made["cases"].append(tuple(row))
        request = self.request_row
        made["requests"].append((MINT.uuid(), case.id, *request[2:5], MINT.uuid(), *request[6:]))
        made["clocks"].append((clock_id, case.id, *self.clock_row[2:]))
        made["events"].extend(rows.event_row(event, tx) for event in file.events)
        made["timers"].append((self.timer.kind, clock_id, case.id, self.timer.due_at))


def _rules(term: Term) -> Rules:
    return deployment_of((term,), Calendars(seed)).rules(service_of(term).digest)


def _groups(plan: Plan, part: int, parts: int) -> Iterator[tuple[_Group, int]]:
    groups = [_Group(service_of(term), term, at) for at in plan.received for term in plan.terms]
    for number, start in enumerate(range(0, plan.count, GROUP)):
        if number % parts == part:
            yield groups[number % len(groups)], min(GROUP, plan.count - start)


async def _fill(url: str, plan: Plan, part: int, parts: int) -> None:
    connection = await asyncpg.connect(url)
    try:
        # Foreign keys hold by the order of making; looking each of them up would take longer than the rows do.
        await connection.execute("SET session_replication_role = replica")
        for group, size in _groups(plan, part, parts):
            async with connection.transaction():
                tx = int(await connection.fetchval("SELECT pg_current_xact_id()::text"))
                made: dict[str, list[Any]] = {table.name: [] for table in _TABLES}
                for _ in range(size):
                    group.add(made, tx)
                for table in _TABLES:
                    columns = table.c.keys()[1:] if table is t.events else table.c.keys()
                    await connection.copy_records_to_table(table.name, records=made[table.name], columns=columns)
    finally:
        await connection.close()


def _part(url: str, plan: Plan, part: int, parts: int) -> None:
    asyncio.run(_fill(url, plan, part, parts))


def fill(url: str, plan: Plan) -> None:
    """Fill an upgraded PostgreSQL database as its superuser, with every core there is."""
    parts = os.cpu_count() or 1
    with ProcessPoolExecutor(parts, mp_context=get_context("spawn")) as pool:
        list(pool.map(_part, [url] * parts, [plan] * parts, range(parts), [parts] * parts))
    asyncio.run(_settle(url))


async def _settle(url: str) -> None:
    """What autovacuum would have done by and by, and the checkpoint that the load owes, not in the middle of a measurement."""
    connection = await asyncpg.connect(url)
    try:
        for statement in (*(f"VACUUM (ANALYZE) {table.name}" for table in _TABLES), "CHECKPOINT"):
            await connection.execute(statement, timeout=600)
    finally:
        await connection.close()
