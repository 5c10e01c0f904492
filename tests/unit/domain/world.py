"""A small invented service and what is needed to walk a case through it without any I/O."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, date, datetime, timedelta
from typing import Any
from uuid import UUID

from gateway.catalogue.calendars import seed
from gateway.domain.agency import Agency, Branch, LanePolicy, Lookup, Operation, RetryPolicy
from gateway.domain.applied import Said, apply
from gateway.domain.case import Case, CaseStatus, FactKind
from gateway.domain.case_file import CaseFile
from gateway.domain.office import Office
from gateway.domain.outcomes import LookupOutcome
from gateway.domain.progress import advance, plan_requests
from gateway.domain.request import Request, RequestStatus, Work
from gateway.domain.rules import Rules
from gateway.domain.service import AfterDeadline, Expression, Service, Step, Term, Unit

START = datetime(2026, 12, 7, 5, 0, tzinfo=UTC)  # a Monday, 10:00 in Tashkent


class FixedMint:
    """Ids that count up, and a jitter that is always the same."""

    def __init__(self) -> None:
        self.count = 0

    def uuid(self) -> UUID:
        self.count += 1
        return UUID(int=self.count)

    def salt(self) -> str:
        return "salt"

    def jitter(self) -> float:
        return 0.5


def evaluate(expression: Expression, data: Mapping[str, Any]) -> Any:
    """Expressions of these tests are the names of Python functions below."""
    return RULES[expression.source](data)


def _decision(data: Mapping[str, Any]) -> Any:
    steps = data["steps"]
    if steps["permit"] == "completed":
        return {"outcome": "granted", "authority": "ministry"}
    if "refused" in steps.values():
        return {"outcome": "refused", "authority": "ministry", "ground": "an agency refused"}
    return None


def _broken(data: Mapping[str, Any]) -> Any:
    return {"outcome": "perhaps", "authority": "nobody"}


RULES: dict[str, Any] = {
    "decision": _decision,
    "broken": _broken,
    "territory": lambda data: data["form"]["territory"],
}


def context(file: CaseFile, request: Request | None) -> Mapping[str, Any]:
    steps = {r.step: str(r.status) for r in file.live_requests()}
    return {"steps": steps, "form": file.case.envelope["form"]}


def make_service(**change: Any) -> Service:
    any_input = Expression("input", "input.jsonata")
    steps = (
        Step("birth", "registry", "Find", any_input),
        Step(
            "permit",
            "ministry",
            "Permit",
            any_input,
            needs=("birth",),
            branch=Expression("territory"),
        ),
        Step("hand-over", "office", "handOver", any_input, after_decision=True),
    )
    fields: dict[str, Any] = {
        "id": "permit",
        "version": "1",
        "title": {"en": "Permit"},
        "form": {},
        "steps": steps,
        "decision": Expression("decision", "decision.jsonata"),
        "term": Term(5, Unit.WORKING_DAYS, "UZ-5", warn_before=1),
        "digest": "pin",
    }
    return Service(**(fields | change))


def make_agencies() -> dict[str, Agency]:
    retry = LanePolicy(retry=RetryPolicy(base_secs=2, cap_secs=600, attempts=3))
    lookup = Lookup("Find", Expression("input"), Expression("response"), absence_conclusive=True, settled_after_secs=60)
    return {
        "registry": Agency("registry", {}, "soap", {"Find": Operation("Find", idempotent=True)}, lane=retry, digest="d1"),
        "ministry": Agency(
            "ministry",
            {},
            "rest",
            {"Permit": Operation("Permit", idempotent=False, lookup=lookup, reply_within_secs=3600)},
            lane=retry,
            branches=(
                Branch("north", {}, ("1",)),
                Branch("south", {}, ("2", "3")),
                Branch("old", {}, ("3",), valid_to=date(2027, 1, 1)),
            ),
            digest="d2",
        ),
        "office": Agency(
            "office", {}, "desk", {"handOver": Operation("handOver", idempotent=True)}, branches_are_offices=True, digest="d3"
        ),
    }


def make_rules(service: Service | None = None, agencies: dict[str, Agency] | None = None) -> Rules:
    calendar = seed("UZ-5")
    return Rules(
        service=service or make_service(),
        agencies=agencies or make_agencies(),
        evaluate=evaluate,
        context=context,
        calendar=lambda _: calendar,
        offices={"centre": Office("centre", {}, "1", "Asia/Tashkent", "UZ-5")},
    )


class Walk:
    """One case, walked by hand: each method is one unit of work, as storage would run it."""

    def __init__(self, rules: Rules | None = None, territory: str = "1") -> None:
        self.rules = rules or make_rules()
        self.mint = FixedMint()
        self.now = START
        case = Case(
            id=self.mint.uuid(),
            number="TEST-0001",
            client="front",
            service="permit",
            service_version="1",
            pin="pin",
            office="centre",
            channel="counter",
            reference="",
            language="en",
            territory=territory,
            envelope={"form": {"territory": territory}},
            status=CaseStatus.RECEIVED,
            taken_at=START,
            received_at=START,
        )
        self.file = CaseFile(case, START, self.mint, is_new=True)
        self.history: list[str] = []
        self.file.event("case.received", {})
        plan_requests(self.file, self.rules)
        advance(self.file, self.rules)
        self._next()

    def _next(self, seconds: float = 1) -> None:
        """Begin the next unit of work: what was recorded is written, time goes on."""
        self.all_incidents = [*getattr(self, "all_incidents", []), *self.file.incidents]
        self.history += [e.type for e in self.file.events]
        self.all_events = [*getattr(self, "all_events", []), *self.file.events]
        old = self.file
        self.now = old.now + timedelta(seconds=seconds)
        self.file = CaseFile(
            old.case,
            self.now,
            self.mint,
            old.requests,
            old.clocks,
            old.facts,
            old.decisions,
            old.open_incidents,
        )
        self.last = old

    def pause(self, seconds: float) -> None:
        """Let time pass, and nothing else."""
        self._next(seconds)

    def request(self, step: str) -> Request:
        found = self.file.live(step)
        assert found is not None
        return found

    def status(self, step: str) -> RequestStatus:
        return self.request(step).status

    def release(self, step: str) -> None:
        """What the dispatcher does, without the bytes."""
        request = self.request(step)
        work = request.work
        if work is Work.SEND:
            self.file.move(request, "release")
            request.attempts += 1
        else:
            request.lookups += 1
        request.next_at = None
        request.lease_id, request.lease_work = self.mint.uuid(), work
        request.lease_until = self.file.now + timedelta(seconds=70)
        request.released_at = self.file.now
        self.file.event("request.released", {"step": step, "request": request.id, "work": work})
        advance(self.file, self.rules)
        self._next()

    def said(self, step: str, outcome: LookupOutcome, *, lease: bool = False, source: str = "callback") -> None:
        request = self.request(step)
        lease_id = request.lease_id if lease else None
        work = request.lease_work or Work.SEND
        apply(self.file, request, Said(outcome, source, self.file.now, lease_id=lease_id, work=work), self.rules)
        advance(self.file, self.rules)
        self._next()

    def send(self, step: str, outcome: LookupOutcome) -> None:
        """One whole release and the worker's reply to it."""
        self.release(step)
        self.said(step, outcome, lease=True, source="worker")

    def do(self, act: Any, *args: Any) -> None:
        act(self.file, *args)
        advance(self.file, self.rules)
        self._next()


__all__ = ["START", "AfterDeadline", "FactKind", "Walk", "make_agencies", "make_rules", "make_service"]
