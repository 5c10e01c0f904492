"""Bars over one scale of time: within the drawing, never invisible, bounded in number."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from uuid import UUID

from gateway.application.spans import SpanRecord
from gateway.application.timeline import Bar, Entry, Kind, Timeline
from gateway.application.trace import Branch
from gateway.console.waterfall import WIDTH, of_timeline, of_trace
from gateway.domain.attribution import Attribution

BEGAN = datetime(2026, 11, 2, 9, tzinfo=UTC)
ENDED = BEGAN + timedelta(days=3)


def bar(row: str, kind: Kind, what: str, hours: float, lasts: float) -> Bar:
    since = BEGAN + timedelta(hours=hours)
    until = since + timedelta(hours=lasts)
    return Bar(row, Entry(kind, what, since, until, step=row), since, until)


def timeline(*bars: Bar) -> Timeline:
    return Timeline(UUID(int=1), "A-1", BEGAN, ENDED, (), bars, (), Attribution(BEGAN, ENDED, ()))


def rows(*bars: Bar, most: int = 100) -> list[tuple[str, list[tuple[float, float, str]]]]:
    found = of_timeline(timeline(*bars), lambda one: (one.row, ""), lambda one: one.entry.what, most)
    return [(row.label, [(piece.x, piece.width, piece.tone) for piece in row.pieces]) for row in found]


def test_bars_stand_where_their_time_is_and_waits_lie_below() -> None:
    found = rows(
        bar("child", Kind.ATTEMPT, "completed", 36, 0.001),
        bar("child", Kind.WAIT, "lane", 0, 36),
        bar("place", Kind.ATTEMPT, "refused", 71.9999, 0.0001),
    )
    assert found == [
        ("child", [(0.0, 500.0, "wait"), (500.0, 4.0, "good")]),
        ("place", [(WIDTH - 4.0, 4.0, "bad")]),
    ]


def test_a_clock_has_a_row_of_its_own_even_beside_a_step_of_its_name() -> None:
    assert [label for label, _ in rows(bar("child", Kind.CLOCK, "step", 0, 1), bar("child", Kind.HOP, "", 0, 1))] == ["child"] * 2


def test_there_is_an_end_to_the_bars() -> None:
    found = rows(*(bar("child", Kind.ATTEMPT, "unknown", n / 100, 0.001) for n in range(500)), most=50)
    assert len(found[0][1]) == 50
    assert found[0][1][0][2] == "warn"


def test_a_case_that_took_no_time_can_be_drawn() -> None:
    at = Timeline(UUID(int=1), "A-1", BEGAN, BEGAN, (), [], (), Attribution(BEGAN, BEGAN, ()))
    assert of_timeline(at, lambda one: (one.row, ""), lambda one: one.row, 10) == []
    assert of_trace([], 10) == ([], False)


def test_spans_are_rows_in_the_order_of_their_tree() -> None:
    def span(number: int, since: int, until: int, status: str = "") -> Branch:
        return Branch(SpanRecord("1" * 32, f"{number:016x}", "", f"span {number}", "server", "api", since, until, status))

    found, cut = of_trace([(0, span(1, 0, 1000)), (1, span(2, 500, 400)), (20, span(3, 900, 1000, "error"))], 10)
    assert not cut
    assert [(row.label, row.depth, row.pieces[0].x, row.pieces[0].tone) for row in found] == [
        ("span 1", 0, 0.0, "s-server"),
        ("span 2", 1, 500.0, "s-server"),
        ("span 3", 8, 900.0, "bad"),
    ]
    assert of_trace([(0, span(n, n, n + 1)) for n in range(9)], 5)[1] is True
