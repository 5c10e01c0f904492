"""The strip of an agency's health: hours, shares, and outages cut to the day."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from gateway.application.agency_history import History, Outage, Tried
from gateway.console.health_strip import COLUMN, HEIGHT, hours_of, lay_out

NOW = datetime(2026, 11, 28, 12, 30, tzinfo=UTC)


def tried(hours_ago: float, outcome: str, lane: str = "tax") -> Tried:
    return Tried(NOW - timedelta(hours=hours_ago), lane, outcome)


def test_attempts_fall_into_their_hours_and_a_refusal_is_no_error() -> None:
    history = History([tried(0.1, "completed"), tried(0.2, "refused"), tried(1, "unknown"), tried(30, "unknown")])
    hours = hours_of(history, NOW)
    assert [hour.at.hour for hour in (hours[0], hours[-1])] == [13, 12]
    assert [(h.tried, h.failed, h.tone) for h in hours[-2:]] == [(1, 1, "bad"), (2, 0, "good")]
    assert sum(hour.tried for hour in hours) == 3
    assert {hour.tone for hour in hours[:-2]} == {"none"}


def test_one_lane_can_be_told_apart() -> None:
    history = History([tried(0.1, "unknown", "tax.1"), tried(0.1, "completed")])
    assert hours_of(history, NOW, lane="tax.1")[-1].failed == 1
    assert hours_of(history, NOW, lane="tax")[-1].failed == 0


def test_hours_that_are_not_counted_whole_are_unknown() -> None:
    hours = hours_of(History([tried(0.1, "completed")], NOW - timedelta(hours=2)), NOW)
    assert [hour.tone for hour in hours[-4:]] == ["unknown", "unknown", "none", "good"]


def test_what_happened_is_never_invisible_and_never_higher_than_the_strip() -> None:
    many = [tried(0.1, "completed")] * 5000 + [tried(0.1, "unknown")] + [tried(3, "unknown")]
    strip = lay_out(History(many), [], NOW)
    last, before = strip.columns[-1], strip.columns[-4]
    assert last.bad_height > 0
    assert before.bad_height >= 2
    assert last.good_height + last.bad_height <= HEIGHT
    assert (strip.tried, strip.failed) == (5002, 2)
    assert lay_out(History(), [], NOW).share is None


def test_outages_are_cut_to_the_day() -> None:
    outages = [
        Outage("tax", "lane_down", NOW - timedelta(days=2), None),
        Outage("tax", "lane_down", NOW - timedelta(hours=2), NOW - timedelta(hours=1)),
        Outage("tax", "lane_down", NOW - timedelta(days=3), NOW - timedelta(days=2)),
        Outage("tax", "lane_down", NOW - timedelta(seconds=1), NOW),
    ]
    strip = lay_out(History(), outages, NOW)
    assert len(strip.bars) == 3
    through, middle, brief = strip.bars
    assert (through.x, through.width) == (0, 23.5 * COLUMN)
    assert (middle.x, middle.width) == (21.5 * COLUMN, COLUMN)
    assert brief.width == 2
    assert all(bar.x >= 0 and bar.x + bar.width <= strip.width for bar in strip.bars)
