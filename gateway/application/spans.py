"""Spans as the gateway keeps them by itself, where no collector does: the record, how it travels, and the port of the store.

Spans are help for people and never truth: each may be lost, and nothing of a case rests on one.
"""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final, Protocol
from uuid import UUID

import orjson

#: The attribute that says which case a span belongs to.
CASE: Final = "darcha.case"
#: The header of a message that says the same.
CASE_HEADER: Final = "darcha-case"
KINDS: Final = ("internal", "server", "client", "producer", "consumer")
ERROR: Final = "error"

Value = str | int | float | bool

_TRACE_ID: Final = re.compile("[0-9a-f]{32}")
_SPAN_ID: Final = re.compile("[0-9a-f]{16}")
#: What comes over the bus is bounded: a worker's zone is not ours.
_LONGEST_TEXT: Final = 500
_MOST_ATTRIBUTES: Final = 32
_MOST_LINKS: Final = 16
_MOST_MICROS: Final = 2**62


@dataclass(frozen=True, slots=True)
class SpanRecord:
    """One finished span. Times are microseconds since 1970 (UTC); ``parent_id`` is empty for a root; ids are hex.

    ``links`` are (trace id, span id); ``status`` is ``error`` or empty.
    """

    trace_id: str
    span_id: str
    parent_id: str
    name: str
    kind: str
    role: str
    started_us: int
    ended_us: int
    status: str = ""
    case_id: UUID | None = None
    attributes: Mapping[str, Value] = field(default_factory=dict)
    links: tuple[tuple[str, str], ...] = ()


class SpanStore(Protocol):
    """Where spans are kept for some days."""

    async def keep_spans(self, spans: Sequence[SpanRecord]) -> None:
        """Keep them; one that is there already is left alone. Raises ``StoreUnavailable``."""
        ...

    async def forget_spans(self, before_us: int, most: int) -> int:
        """Delete up to ``most`` spans that began before; return how many were met."""
        ...


class SpanReads(Protocol):
    """The reading side."""

    async def spans_of_case(self, trace_id: str, case_id: UUID, root_id: str, most: int) -> list[SpanRecord]:
        """Return the spans of one case in a trace, and the one that it began with, oldest first.

        A trace may hold several cases (a batch), and a caller may name a trace that is not its own: spans of other cases are
        never returned.
        """
        ...

    async def spans_by_id(self, wanted: Sequence[tuple[str, str]]) -> list[SpanRecord]:
        """Return those of (trace id, span id) that are kept."""
        ...


def spans_to_bytes(spans: Sequence[SpanRecord]) -> bytes:
    """Return spans as they travel."""
    return orjson.dumps([_plain(span) for span in spans])


def _plain(span: SpanRecord) -> list[Any]:
    case_id = None if span.case_id is None else str(span.case_id)
    head = (span.trace_id, span.span_id, span.parent_id, span.name, span.kind, span.role, span.started_us, span.ended_us)
    return [*head, span.status, case_id, dict(span.attributes), [list(link) for link in span.links]]


def spans_from_bytes(raw: bytes, role: str) -> list[SpanRecord]:
    """Return the spans of a message. ``role`` is who sent it: what it says of that itself does not count.

    Raises ``ValueError`` when it is not one of ours, or holds what no span of ours holds.
    """
    try:
        return [_read(item, role) for item in orjson.loads(raw)]
    except (KeyError, TypeError, AttributeError) as error:
        raise ValueError(f"not spans: {error!r}") from error


def _read(item: Any, role: str) -> SpanRecord:
    trace_id, span_id, parent_id, name, kind, _, started, ended, status, case_id, attributes, links = item
    if not (_TRACE_ID.fullmatch(trace_id) and _SPAN_ID.fullmatch(span_id) and (not parent_id or _SPAN_ID.fullmatch(parent_id))):
        raise ValueError("a span without proper ids")
    if kind not in KINDS or status not in ("", ERROR):
        raise ValueError("a span of an unknown kind or status")
    if not all(isinstance(at, int) and 0 <= at <= _MOST_MICROS for at in (started, ended)):
        raise ValueError("a span without proper times")
    if len(attributes) > _MOST_ATTRIBUTES or len(links) > _MOST_LINKS:
        raise ValueError("a span with too many attributes or links")
    read = {_text(key): _value(value) for key, value in attributes.items()}
    if not all(_TRACE_ID.fullmatch(one) and _SPAN_ID.fullmatch(other) for one, other in links):
        raise ValueError("a link without proper ids")
    linked = tuple((one, other) for one, other in links)
    case = None if case_id is None else UUID(case_id)
    return SpanRecord(trace_id, span_id, parent_id, _text(name), kind, role, started, ended, status, case, read, linked)


def _value(value: Any) -> Value:
    if isinstance(value, str):
        return _text(value)
    if isinstance(value, bool | int | float):
        return value
    raise ValueError("an attribute that is no plain value")


def _text(value: Any) -> str:
    if not isinstance(value, str):
        raise TypeError("not a text")
    return value[:_LONGEST_TEXT].replace("\0", "")
