"""What the timeline, the trace and a revealed message look like outside."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from gateway.api.clock_shapes import AttributionOut
from gateway.api.shapes import Out


class EntryOut(Out):
    """One line of a timeline. ``seconds`` is null for an instant and for what has not ended (``open``)."""

    kind: str
    what: str
    text: str
    at: str
    until: str | None
    seconds: float | None
    open: bool
    holder: str
    holder_text: str
    step: str
    request: UUID | None
    agency: str
    reference: str
    data: dict[str, Any]


class BarOut(Out):
    """A bar of the waterfall. ``entry`` counts in ``entries`` from 0; ``from_secs`` counts from ``since``."""

    row: str
    entry: int
    kind: str
    text: str
    holder: str
    from_secs: float
    to_secs: float


class HoldOut(Out):
    """Who held a step from when to when; ``until`` null: still."""

    holder: str
    holder_text: str
    step: str
    since: str
    until: str | None


class LineOut(Out):
    """One value of a message, without the value. ``length``: characters of a text, entries of a list or an object."""

    path: str
    kind: str
    length: int


class ExchangedOut(Out):
    """What went one way, redacted. ``what``: sent, lookup, answer (as understood) or a callback's id."""

    request: UUID
    what: str
    media_type: str
    size: int
    digest: str
    form: str
    lines: list[LineOut]
    cut: bool


class TimelineOut(Out):
    """The timeline of a case. ``exchanged`` is empty for all but operators."""

    case: UUID
    number: str
    since: str
    until: str
    entries: list[EntryOut]
    bars: list[BarOut]
    holds: list[HoldOut]
    attribution: AttributionOut
    exchanged: list[ExchangedOut]


class SpanOut(Out):
    """A span, in the order of the tree. ``linked`` are spans of other traces, such as the call of a callback."""

    depth: int
    span_id: str
    parent_id: str
    name: str
    kind: str
    role: str
    started_at: str
    seconds: float
    from_secs: float
    status: str
    attributes: dict[str, Any]
    links: list[dict[str, str]]
    linked: list[SpanOut]


class TraceOut(Out):
    """The trace of a case from the gateway's own store. Empty where a collector has it, or after its time."""

    case: UUID
    number: str
    trace_id: str
    spans: list[SpanOut]
    cut: bool


class RevealedOut(Out):
    """A message as it was, and the event that says who looked at it. One of ``text`` and ``base64`` is null."""

    case: UUID
    request: UUID
    what: str
    media_type: str
    size: int
    digest: str
    sequence: int
    text: str | None
    base64: str | None
