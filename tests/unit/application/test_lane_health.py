"""One lane's row: window, rate, breaker with its half-open try, hours, and the pause for a misconfigured agency."""

from __future__ import annotations

from datetime import datetime, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.application.lane_health import SUSPECTS, LaneNews, note, open_now, outage, resume, room, spend
from gateway.application.store import LaneRow
from gateway.application.track import lane_news
from gateway.domain.agency import Breaker, LanePolicy
from gateway.domain.incident import IncidentKind
from tests.unit.application.small import NOW

ZONE = ZoneInfo("Asia/Tashkent")  # NOW is 10:00 there
POLICY = LanePolicy(concurrency=4, breaker=Breaker(failures=3, pause_secs=30))


def lane(**fields: object) -> LaneRow:
    return LaneRow("registry", "registry", **fields)  # type: ignore[arg-type]


@pytest.mark.parametrize(("in_flight", "free"), [(0, 6), (4, 2), (6, 0), (60, 0)])
def test_the_window_is_the_concurrency_and_a_small_read_ahead(in_flight: int, free: int) -> None:
    assert room(POLICY, lane(), in_flight, NOW, ZONE) == free


def test_a_paused_lane_has_no_room() -> None:
    assert room(POLICY, lane(paused=True), 0, NOW, ZONE) == 0


def test_the_rate_fills_with_time_and_never_beyond_a_second() -> None:
    policy, row = LanePolicy(concurrency=100, rate_per_sec=5), lane()
    assert room(policy, row, 0, NOW, ZONE) == 5
    spend(policy, row, 5)
    assert room(policy, row, 0, NOW, ZONE) == 0
    assert room(policy, row, 0, NOW + timedelta(seconds=0.5), ZONE) == 2  # half a token is kept
    assert room(policy, row, 0, NOW + timedelta(seconds=0.6), ZONE) == 3
    assert room(policy, row, 0, NOW + timedelta(hours=1), ZONE) == 5


def test_a_rate_below_one_a_second_lets_one_go_now_and_then() -> None:
    policy, row = LanePolicy(concurrency=4, rate_per_sec=0.1), lane()
    assert room(policy, row, 0, NOW, ZONE) == 1
    spend(policy, row, 1)
    assert room(policy, row, 0, NOW + timedelta(seconds=9), ZONE) == 0
    assert room(policy, row, 0, NOW + timedelta(seconds=10), ZONE) == 1


@given(st.lists(st.tuples(st.floats(0, 3), st.integers(0, 30)), max_size=30), st.floats(0.1, 20))
def test_over_any_time_no_more_goes_than_the_rate_and_one_burst(steps: list[tuple[float, int]], rate: float) -> None:
    policy, row, now, gone = LanePolicy(concurrency=1000, rate_per_sec=rate), lane(), NOW, 0
    for wait, wanted in steps:
        now += timedelta(seconds=wait)
        taken = min(wanted, room(policy, row, 0, now, ZONE))
        spend(policy, row, taken)
        gone += taken
    assert gone <= (now - NOW).total_seconds() * rate + max(1.0, rate) + 1e-6


def test_a_clock_that_goes_back_takes_nothing_away() -> None:
    policy, row = LanePolicy(concurrency=4, rate_per_sec=2), lane()
    room(policy, row, 0, NOW, ZONE)
    assert room(policy, row, 0, NOW - timedelta(minutes=1), ZONE) == 2


def test_the_breaker_rests_then_lets_one_try_and_opens_when_it_is_answered() -> None:
    row = lane()
    note(POLICY, row, LaneNews(failures=2), NOW)
    assert room(POLICY, row, 0, NOW, ZONE) == 6
    note(POLICY, row, LaneNews(failures=1), NOW)
    assert row.rests_until == NOW + timedelta(seconds=30)
    assert room(POLICY, row, 0, NOW + timedelta(seconds=29), ZONE) == 0
    later = NOW + timedelta(seconds=30)
    assert room(POLICY, row, 0, later, ZONE) == 1  # half open
    assert room(POLICY, row, 1, later, ZONE) == 0
    note(POLICY, row, LaneNews(failures=1), later)
    assert row.rests_until == later + timedelta(seconds=30)
    note(POLICY, row, LaneNews(answered=True), later)
    assert (row.failures, row.rests_until) == (0, None)
    assert room(POLICY, row, 0, later, ZONE) == 6


def test_an_outage_is_one_incident_and_the_first_answer_closes_it() -> None:
    row = lane()
    assert note(POLICY, row, LaneNews(failures=2), NOW) == []
    (incident,) = note(POLICY, row, LaneNews(failures=1), NOW)
    assert (incident.kind, incident.fingerprint, incident.lane) == (IncidentKind.LANE_DOWN, outage(row.name), row.name)
    assert note(POLICY, row, LaneNews(failures=9), NOW) == [], "it is known"
    assert row.recovered == []
    assert note(POLICY, row, LaneNews(answered=True), NOW) == []
    assert row.recovered == [(outage(row.name), "the agency answers again")]
    row.recovered.clear()
    note(POLICY, row, LaneNews(answered=True), NOW)
    assert row.recovered == [], "nothing was wrong"


def test_a_lane_may_be_down_and_misconfigured_at_once() -> None:
    found = note(POLICY, lane(), LaneNews(failures=3, misconfigured=["a"], probed=True, reason="401"), NOW)
    assert [i.kind for i in found] == [IncidentKind.LANE_DOWN, IncidentKind.LANE_MISCONFIGURED]


def test_an_answer_among_failures_shows_that_the_agency_is_alive() -> None:
    row = lane(failures=2)
    assert note(POLICY, row, LaneNews(answered=True, failures=5, misconfigured=["a", "b", "c"]), NOW) == []
    assert (row.failures, row.suspects, row.paused) == (0, (), False)


def test_one_that_says_misconfigured_is_only_a_suspicion_and_three_pause_the_lane_once() -> None:
    row = lane()
    assert note(POLICY, row, LaneNews(misconfigured=["a"], reason="401"), NOW) == []
    assert note(POLICY, row, LaneNews(misconfigured=["a"], reason="401"), NOW) == []  # the same request again
    assert note(POLICY, row, LaneNews(misconfigured=["b"], reason="401"), NOW) == []
    assert not row.paused and len(row.suspects) == SUSPECTS - 1
    (incident,) = note(POLICY, row, LaneNews(misconfigured=["c"], reason="401"), NOW)
    assert incident.kind is IncidentKind.LANE_MISCONFIGURED and incident.detail == {"reason": "401"}
    assert (row.paused, row.paused_by, row.paused_at, row.paused_reason) == (True, "gateway", NOW, "401")
    assert note(POLICY, row, LaneNews(misconfigured=["d"], reason="401"), NOW) == []  # one incident is enough


def test_a_probe_that_agrees_pauses_at_once() -> None:
    row = lane()
    assert len(note(POLICY, row, LaneNews(misconfigured=["a"], probed=True, reason="certificate"), NOW)) == 1
    assert row.paused


def test_resuming_starts_with_a_clean_breaker() -> None:
    row = lane(paused=True, paused_reason="x", paused_by="operator", failures=9, rests_until=NOW, suspects=("a",))
    resume(row)
    assert row == lane()
    assert row.recovered == [(outage(row.name), "the lane was resumed")]


@pytest.mark.parametrize(
    ("hours", "at", "is_open"),
    [
        ("", "03:00", True),
        ("09:00-18:00", "08:59", False),
        ("09:00-18:00", "09:00", True),
        ("09:00-18:00", "17:59", True),
        ("09:00-18:00", "18:00", False),
        ("22:00-06:00", "23:30", True),
        ("22:00-06:00", "05:59", True),
        ("22:00-06:00", "06:00", False),
        ("22:00-06:00", "12:00", False),
    ],
)
def test_hours_are_local_and_may_pass_midnight(hours: str, at: str, is_open: bool) -> None:
    local = datetime.fromisoformat(f"2026-12-07T{at}:00").replace(tzinfo=ZONE)
    assert open_now(hours, local.astimezone(ZoneInfo("UTC")), ZONE) is is_open
    policy = LanePolicy(hours=hours)
    assert (room(policy, lane(), 0, local, ZONE) > 0) is is_open


def test_no_news_is_no_news() -> None:
    assert lane_news([]) == {}
