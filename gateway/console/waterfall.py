"""How long everything took, as bars over one scale of time: the case's own timeline, or the spans of its trace. Pure.

Each row is its own small drawing that stretches with the page; what a bar means stands in words beside it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final

from gateway.application.timeline import Bar as TimelineBar
from gateway.application.timeline import Kind, Timeline
from gateway.application.trace import Branch

#: The width of each drawing in its own units, and the least that a bar has of it.
WIDTH: Final = 1000
_LEAST: Final = 4.0
#: The deepest that a row is indented.
DEEPEST: Final = 8
_GOOD: Final = frozenset({"completed", "accepted", "progress"})
_BAD: Final = frozenset({"refused", "invalid", "misconfigured"})


@dataclass(frozen=True, slots=True)
class Piece:
    """A bar. ``tone`` is its class: the kind of entry, or how a try ended."""

    x: float
    width: float
    tone: str
    text: str
    secs: float
    since: datetime


@dataclass(frozen=True, slots=True)
class Row:
    """``label`` is what the bars belong to, ``aside`` what else to know; ``depth`` how far it is indented."""

    label: str
    aside: str
    pieces: Sequence[Piece]
    depth: int = 0


def of_timeline(
    seen: Timeline, label: Callable[[TimelineBar], tuple[str, str]], text: Callable[[TimelineBar], str], most: int
) -> list[Row]:
    """Return the rows of a timeline in its order. ``label`` names the row of a bar, ``text`` says what the bar is.

    ``most`` bars are drawn at most, of each row its last.
    """
    rows: dict[tuple[str, bool], list[TimelineBar]] = {}
    for bar in seen.bars:
        rows.setdefault((bar.row, bar.entry.kind is Kind.CLOCK), []).append(bar)
    last = max([seen.until, *(bar.until for bar in seen.bars)], default=seen.until)
    share = max(1, most // max(1, len(rows)))
    found = []
    for bars in rows.values():
        pieces = [_piece(bar.since, bar.until, seen.since, last, _tone(bar), text(bar)) for bar in _thin_last(bars)[-share:]]
        found.append(Row(*label(bars[0]), pieces))
    return found


def of_trace(branches: Iterable[tuple[int, Branch]], most: int, *, roles: bool = True) -> tuple[list[Row], bool]:
    """Return a row a span, in the order of the tree, and whether some were left off. ``roles``: say which process it was."""
    held = [(depth, branch.span) for depth, branch in branches]
    kept = held[:most]
    if not kept:
        return [], False
    first, last = min(span.started_us for _, span in held), max(span.ended_us for _, span in held)
    found = []
    for depth, span in kept:
        since, until = _at(span.started_us), _at(max(span.started_us, span.ended_us))
        tone = "bad" if span.status == "error" else f"s-{span.kind}"
        piece = _piece(since, until, _at(first), _at(last), tone, span.name)
        found.append(Row(span.name, span.role if roles else "", [piece], min(depth, DEEPEST)))
    return found, len(held) > len(kept)


def _thin_last(bars: Sequence[TimelineBar]) -> list[TimelineBar]:
    """Waits below, what happened meanwhile on top of them."""
    return sorted(bars, key=lambda bar: (bar.entry.kind is not Kind.WAIT, bar.since))


def _tone(bar: TimelineBar) -> str:
    kind, what = bar.entry.kind, bar.entry.what
    if kind is Kind.ATTEMPT:
        return "good" if what in _GOOD else "bad" if what in _BAD else "warn"
    if kind is Kind.WAIT:
        return "warn" if what in ("operator", "certainty", "retry") else "wait"
    return {Kind.HOP: "hop", Kind.CALLBACK: "good", Kind.CLOCK: "clock", Kind.INCIDENT: "bad"}.get(kind, "wait")


def _piece(since: datetime, until: datetime, first: datetime, last: datetime, tone: str, text: str) -> Piece:
    whole = max((last - first).total_seconds(), 1e-6)
    x = (since - first).total_seconds() / whole * WIDTH
    secs = max(0.0, (until - since).total_seconds())
    width = max(_LEAST, secs / whole * WIDTH)
    x = min(max(0.0, x), WIDTH - _LEAST)
    return Piece(round(x, 1), round(min(width, WIDTH - x), 1), tone, text, secs, since)


def _at(micros: int) -> datetime:
    return datetime.fromisoformat("1970-01-01T00:00:00+00:00") + timedelta(microseconds=micros)
