"""The clocks of a case through the door: shown, suspended, resumed, extended; what breaks a rule changes nothing.

The case is received on Monday 1 June 2026 in Tashkent; its ten working days end on Monday 15 June. What happens then moves
the date as the slow oracle of the tests says, which knows nothing of the gateway.
"""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, replace
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID, uuid4

import pytest

from gateway.api import clock_shapes, shapes
from gateway.application.deployment import Deployment
from gateway.catalogue.calendars import seed
from gateway.domain import acts, expiry
from gateway.domain.case_file import CaseFile
from gateway.domain.lapsing import run_on
from gateway.domain.progress import advance
from gateway.domain.rules import Rules
from gateway.domain.service import Term, Unit
from gateway.domain.term_rule import Extension, Ground, Length, Suspension
from tests.integration.api.conftest import Town, ok
from tests.integration.storage.moving import MovingClock
from tests.oracles.terms import Happened, Rule, answer
from tests.unit.api.asgi import Answer
from tests.unit.api.test_bad_input import problem, rules

RECEIVED = datetime(2026, 6, 1, 5, tzinfo=UTC)
DUE = datetime(2026, 6, 15, 19, tzinfo=UTC)
GROUNDS = (Ground("court"), Ground("expertise", Length(2, Unit.WORKING_DAYS)), Ground("needs_applicant"))
TERM = Term(
    10,
    Unit.WORKING_DAYS,
    "UZ-5",
    warn_before=1,
    legal_basis="an invented law, article 7",
    suspension=Suspension(GROUNDS),
    extension=Extension(5, Unit.WORKING_DAYS),
    norm=Length(6, Unit.WORKING_DAYS),
)
RULE = Rule(10, "working_days", extension_unit="working_days", maxima={"expertise": (2, "working_days")})
REASON = {"reason": "the court has asked for the file"}
SCRIPTS = {"uz": "a-zʻʼA-Z", "ru": "а-яёА-Я", "ky": "а-яёңөүА-Я", "en": "a-zA-Z"}
Spans = list[tuple[str, datetime, datetime]]


@pytest.fixture
def moving() -> MovingClock:
    made = MovingClock()
    made.at = RECEIVED
    return made


@pytest.fixture
def deployment(deployment: Deployment) -> Deployment:
    """A service with all that a rule can say, and a step whose own term can be neither suspended nor extended."""
    service = deployment.catalogue.services["preschool-enrolment"]
    first, *others = service.steps
    steps = (replace(first, term=Term(3, Unit.WORKING_DAYS, "UZ-5")), *others)
    changed = replace(service, term=TERM, steps=steps, digest="clocks")
    services = {**deployment.catalogue.services, service.id: changed}
    return Deployment(replace(deployment.catalogue, services=services), deployment.manifests, seed)


def day(number: int, hour: int = 5) -> datetime:
    return datetime(2026, 6, number, hour, tzinfo=UTC)


def expected(spans: Spans, longer: list[int] | None = None) -> str:
    found = answer(RULE, RECEIVED, "Asia/Tashkent", seed("UZ-5").is_working_day, Happened(spans, longer or []))
    return found.due_at.isoformat()


@dataclass
class Desk:
    """A case and an operator who acts on its clocks."""

    town: Town
    clock: MovingClock
    case: str

    async def act(self, what: str, *, lang: str = "en", **body: Any) -> Answer:
        given = {name: at.isoformat() if isinstance(at, datetime) else at for name, at in body.items()}
        given = {"from" if name == "since" else name: value for name, value in given.items()}
        return await self.town.operator.post(f"/v1/cases/{self.case}/{what}", REASON | given, accept_language=lang)

    async def clocks(self) -> dict[str, dict[str, Any]]:
        answered = await self.town.operator.get(f"/v1/cases/{self.case}/clocks")
        clock_shapes.ClockList.model_validate_json(answered.body)
        return {f"{k['kind']} {k['step']}".strip(): k for k in ok(answered)["items"]}

    async def due_at(self) -> Any:
        case, clocks = await self.town.case(self.case), await self.clocks()
        assert case["due_at"] == clocks["statutory"]["due_at"]
        return case["due_at"]

    async def standing(self) -> Any:
        """All that an act could have changed."""
        paths = ("", "/clocks", "/events?limit=200", "/requests")
        seen = [ok(await self.town.operator.get(f"/v1/cases/{self.case}{path}")) for path in paths]
        timers = await self.town.store.due_timers(10_000)
        return json.dumps(seen, sort_keys=True), sorted((t.kind, t.subject, t.due_at) for t in timers)

    async def events(self, type_: str) -> list[dict[str, Any]]:
        items = ok(await self.town.operator.get(f"/v1/cases/{self.case}/events?limit=200"))["items"]
        return [e for e in items if e["type"] == f"uz.darcha.{type_}.v1"]

    def rules(self, file: CaseFile) -> Rules:
        return self.town.parts.deployment.rules(file.case.pin)

    async def change(self, decide: Callable[[CaseFile], None]) -> None:
        def run(file: CaseFile) -> None:
            decide(file)
            advance(file, self.rules(file))

        (error,) = (await self.town.parts.deployment.change(self.town.store, [UUID(self.case)], run)).values()
        assert error is None

    async def refused(self, what: str, code: str, pointer: str, *, status: int = 409, **body: Any) -> None:
        """The act is refused with its rule, in every language, and has changed nothing."""
        before = await self.standing()
        told: dict[str, str] = {}
        for lang, letters in SCRIPTS.items():
            answered = await self.act(what, lang=lang, **body)
            document = problem(answered, status, "bad_input" if status == 422 else code)
            assert rules(answered) == {(pointer, code)}
            assert answered.headers["content-language"] == lang
            (error,) = answered.json()["errors"]
            assert re.search(f"[{letters}]{{3}}", error["message"]), (lang, error)
            told[lang] = error["message"] + str(document["title"])
        assert len(set(told.values())) == len(told), told
        assert await self.standing() == before


@pytest.fixture
async def desk(town: Town, moving: MovingClock, preschool: dict[str, Any]) -> Desk:
    made = await town.submit(preschool | {"taken_at": RECEIVED.isoformat()})
    return Desk(town, moving, made["id"])


async def test_the_clocks_are_shown_with_their_derivation_in_the_callers_language(desk: Desk) -> None:
    clocks = await desk.clocks()
    assert {name: (k["state"], k["due_at"]) for name, k in clocks.items()} == {
        "statutory": ("running", expected([])),
        "norm": ("running", "2026-06-09T19:00:00+00:00"),
        "step child": ("running", "2026-06-04T19:00:00+00:00"),
    }
    shown = clocks["statutory"]
    assert [e["event"] for e in shown["events"]] == ["triggered"] and shown["term"]["legal_basis"] == TERM.legal_basis
    assert sum(line.get("days", 0) for line in shown["explanation"] if line["code"] == "counted") == 10
    for lang, letters in SCRIPTS.items():
        answered = ok(await desk.town.office.get(f"/v1/cases/{desk.case}/clocks", accept_language=lang))
        lines = [line["text"] for k in answered["items"] for line in k["explanation"]]
        assert lines and all(re.search(f"[{letters}]{{3}}", line) for line in lines), lines


async def test_suspended_and_resumed_the_date_moves_day_by_day(desk: Desk) -> None:
    desk.clock.at = day(3)
    answered = await desk.act("suspend", ground="court", since=day(2, 12))
    shapes.CaseOut.model_validate_json(answered.body)
    assert ok(answered)["due_at"] is None
    held = (await desk.clocks())["statutory"]
    assert (held["state"], held["due_at"], held["lapses_at"]) == ("suspended", None, None)
    assert any(line["code"] == "open_suspension" for line in held["explanation"])
    desk.clock.at = day(10)
    assert ok(await desk.act("resume", ground="court", since=day(9, 12)))["due_at"] == await desk.due_at()
    assert await desk.due_at() == expected([("court", day(2, 12), day(9, 12))])
    (suspended,), (resumed,) = await desk.events("clock.suspended"), await desk.events("clock.resumed")
    assert suspended["actor"] == resumed["actor"] == "operator:dilnoza"
    assert suspended["data"]["reason"] == REASON["reason"] and suspended["data"]["ground"] == "court"
    assert (suspended["data"]["due_at"], resumed["data"]["from_due_at"]) == (None, None)
    assert resumed["data"]["due_at"] == await desk.due_at()
    assert answered.headers["etag"] != (await desk.act("extend", notice=day(10))).headers["etag"]


async def test_overlapping_grounds_count_once_and_a_ground_only_to_its_maximum(desk: Desk) -> None:
    desk.clock.at = day(3)
    ok(await desk.act("suspend", ground="expertise", since=day(2)))
    ok(await desk.act("suspend", ground="court", since=day(3)))
    desk.clock.at = day(11)
    ok(await desk.act("resume", since=day(10)))  # the expertise has used up its two days: only one holds
    # The oracle is told when each ground was over, and cuts the expertise at its maximum itself.
    assert await desk.due_at() == expected([("expertise", day(2), day(10)), ("court", day(3), day(10))])
    state = (await desk.clocks())["statutory"]
    assert (state["state"], [e["event"] for e in state["events"]]) == (
        "running",
        ["triggered", "suspended", "suspended", "resumed"],
    )


async def test_an_extension_is_counted_from_its_end_and_the_notice_is_kept(desk: Desk) -> None:
    desk.clock.at = day(15, 18)
    ok(await desk.act("extend", notice=day(15, 18), length=3))
    assert await desk.due_at() == expected([], [3])
    (event,) = await desk.events("clock.extended")
    assert (event["data"]["length"], event["data"]["notice"]) == (3, day(15, 18).isoformat())
    requests = ok(await desk.town.operator.get(f"/v1/cases/{desk.case}/requests"))["items"]
    served = {r["due_at"] for r in requests if r["status"] == "ready"}
    assert served == {"2026-06-04T19:00:00+00:00"}, "its step's own end is earlier"


async def test_a_step_and_the_norm_have_clocks_of_their_own(desk: Desk) -> None:
    desk.clock.at = day(3)
    ok(await desk.act("suspend", clock="norm", ground="court", since=day(3)))
    clocks = await desk.clocks()
    assert (clocks["norm"]["state"], clocks["statutory"]["state"]) == ("suspended", "running")
    await desk.refused("suspend", "no_suspension", "/clock", clock="step child", ground="court", since=day(3))
    await desk.refused("extend", "no_extension", "/clock", clock="step child", notice=day(3))
    await desk.refused("suspend", "twice", "/from", clock=clocks["norm"]["id"], ground="court", since=day(3))


async def test_the_version_that_was_read_is_heeded(desk: Desk) -> None:
    body = REASON | {"ground": "court", "from": RECEIVED.isoformat()}
    url = f"/v1/cases/{desk.case}/suspend"
    tag = (await desk.town.operator.get(f"/v1/cases/{desk.case}")).headers["etag"]
    ok(await desk.act("extend", notice=RECEIVED))
    before = await desk.standing()
    problem(await desk.town.operator.post(url, body, if_match=tag), 412, "moved")
    assert await desk.standing() == before


Bad = tuple[str, Mapping[str, Any], str, str]
BAD: list[Bad] = [
    ("suspend", {"ground": "weather", "since": day(3)}, "unknown_ground", "/ground"),
    ("suspend", {"ground": "needs_applicant", "since": day(3)}, "ground_of_requests", "/ground"),
    ("suspend", {"ground": "court", "since": RECEIVED - timedelta(microseconds=1)}, "out_of_order", "/from"),
    ("suspend", {"ground": "court", "since": datetime(1999, 1, 1, tzinfo=UTC)}, "out_of_order", "/from"),
    ("resume", {"since": day(3)}, "not_suspended", "/ground"),
    ("resume", {"ground": "court", "since": day(3)}, "not_suspended", "/ground"),
    ("resume", {"ground": "needs_applicant", "since": day(3)}, "ground_of_requests", "/ground"),
    ("extend", {"notice": day(3), "length": 6}, "extension_too_long", "/length"),
    ("extend", {"notice": RECEIVED - timedelta(days=1)}, "out_of_order", "/notice"),
]


@pytest.mark.parametrize(("what", "body", "code", "pointer"), BAD, ids=lambda value: value if isinstance(value, str) else "")
async def test_what_breaks_the_rule_is_refused(desk: Desk, what: str, body: Mapping[str, Any], code: str, pointer: str) -> None:
    desk.clock.at = day(4)
    await desk.refused(what, code, pointer, **body)


async def test_events_twice_or_out_of_order(desk: Desk) -> None:
    desk.clock.at = day(4)
    ok(await desk.act("suspend", ground="court", since=day(3)))
    await desk.refused("suspend", "twice", "/from", ground="court", since=day(3))
    await desk.refused("suspend", "twice", "/from", ground="court", since=day(4))
    await desk.refused("resume", "out_of_order", "/from", ground="court", since=day(2))
    await desk.refused("suspend", "out_of_order", "/from", ground="expertise", since=day(2))
    ok(await desk.act("suspend", ground="expertise", since=day(3, 6)))
    await desk.refused("resume", "name_the_ground", "/ground", since=day(4))
    ok(await desk.act("resume", ground="court", since=day(4)))
    await desk.refused("resume", "twice", "/from", ground="court", since=day(4))
    await desk.refused("resume", "not_suspended", "/ground", ground="court", since=day(4, 5) + timedelta(seconds=1))


async def test_one_extension_and_no_second(desk: Desk) -> None:
    desk.clock.at = day(4)
    ok(await desk.act("extend", notice=day(3)))
    await desk.refused("extend", "twice", "/notice", notice=day(3))
    await desk.refused("extend", "too_many_extensions", "/clock", notice=day(4))
    assert await desk.due_at() == expected([], [5])


async def test_a_ground_that_is_used_up(desk: Desk) -> None:
    desk.clock.at = day(3)
    ok(await desk.act("suspend", ground="expertise", since=day(2)))
    desk.clock.at = day(5)
    await desk.change(lambda file: run_on(file, desk.rules(file), file.now))
    assert await desk.due_at() == expected([("expertise", day(2), day(5))])
    await desk.refused("suspend", "ground_used_up", "/ground", ground="expertise", since=day(5))
    await desk.refused("resume", "not_suspended", "/ground", ground="expertise", since=day(5))


@pytest.mark.parametrize("since", [DUE, DUE - timedelta(days=3), DUE + timedelta(hours=1)])
async def test_after_the_end_nothing_of_it_helps(desk: Desk, since: datetime) -> None:
    """In the settling time, and after the breach has taken effect, also with a date from before."""
    desk.clock.at = DUE + timedelta(hours=1)
    for _ in ("in the settling time", "breached"):
        await desk.refused("suspend", "after_expiry", "/from", ground="court", since=since)
        await desk.refused("extend", "notice_after_expiry", "/notice", notice=since)
        await desk.refused("resume", "after_expiry", "/from", since=since)
        await desk.change(lambda file: _expire(desk, file))
    assert (await desk.clocks())["statutory"]["state"] == "breached"


def _expire(desk: Desk, file: CaseFile) -> None:
    for clock in list(file.clocks.values()):
        if clock.kind == "statutory":
            expiry.expire(file, desk.rules(file), clock)


@pytest.mark.parametrize(
    ("what", "more", "pointer"),
    [("suspend", {"ground": "court"}, "/from"), ("resume", {}, "/from"), ("extend", {}, "/notice")],
)
async def test_what_lies_in_the_future(desk: Desk, what: str, more: Mapping[str, Any], pointer: str) -> None:
    field = "notice" if what == "extend" else "since"
    for ahead in (timedelta(minutes=5, microseconds=1), timedelta(days=365 * 70)):
        await desk.refused(what, "future", pointer, status=422, **more, **{field: RECEIVED + ahead})


async def test_a_clock_that_is_not_there_or_has_not_started(desk: Desk, extract: dict[str, Any]) -> None:
    for name in ("step queue", "atlantis", str(uuid4())):
        await desk.refused("suspend", "unknown_clock", "/clock", status=422, clock=name, ground="court", since=RECEIVED)
    made = await desk.town.submit(extract | {"taken_at": RECEIVED.isoformat()})
    waits = replace(desk, case=made["id"])
    assert (await waits.clocks())["statutory"]["state"] == "not_started"
    await waits.refused("suspend", "not_started", "/clock", ground="court", since=RECEIVED)
    await waits.refused("resume", "not_started", "/clock", since=RECEIVED)
    await waits.refused("extend", "not_started", "/clock", notice=RECEIVED)


async def test_a_clock_that_has_ended_and_a_case_that_is_closed(desk: Desk) -> None:
    desk.clock.at = day(2)
    found = {"found": True, "child": {"identifier": "51205227100018"}}
    await desk.town.said(desk.case, "child", {"outcome": "completed", "data": found})
    await desk.refused("suspend", "already_ended", "/clock", clock="step child", ground="court", since=day(2))
    await desk.refused("extend", "already_ended", "/clock", clock="step child", notice=day(2))
    await desk.change(lambda file: acts.withdraw(file, desk.rules(file), "changed my mind", "them"))
    assert (await desk.town.case(desk.case))["status"] == "withdrawn"
    await desk.refused("suspend", "case_closed", "", ground="court", since=day(2))
    await desk.refused("resume", "case_closed", "", since=day(2))
    await desk.refused("extend", "case_closed", "", notice=day(2))


async def test_a_body_that_is_wrong_and_who_may_not(desk: Desk) -> None:
    before = await desk.standing()
    url = f"/v1/cases/{desk.case}"
    for what, body, broken in [
        ("suspend", {}, {("/ground", "required"), ("/from", "required"), ("/reason", "required")}),
        ("suspend", {"ground": "", "from": "2026-06-01", **REASON}, {("/ground", "too_short"), ("/from", "time")}),
        ("suspend", {"ground": "court", "from": "2026-06-01T10:00:00", **REASON}, {("/from", "time")}),
        ("resume", {"since": RECEIVED.isoformat(), **REASON}, {("/from", "required"), ("/since", "unknown_field")}),
        ("extend", {"notice": RECEIVED.isoformat(), "length": 0, **REASON}, {("/length", "minimum")}),
    ]:
        answered = await desk.town.operator.post(f"{url}/{what}", body)
        problem(answered, 422, "bad_input")
        assert rules(answered) == broken
    body = REASON | {"ground": "court", "from": RECEIVED.isoformat()}
    problem(await desk.town.office.post(f"{url}/suspend", body), 403, "forbidden")
    problem(await desk.town.stranger.post(f"{url}/suspend", body), 401, "unauthenticated")
    problem(await desk.town.operator.post(f"/v1/cases/{uuid4()}/suspend", body), 404, "not_found")
    problem(await desk.town.by("other-key").get(f"{url}/clocks"), 404, "not_found")
    assert await desk.standing() == before
