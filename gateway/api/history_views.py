"""How timelines and traces look outside: plain values, ready for JSON. Pure."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from datetime import UTC, datetime
from typing import Any, Final

from gateway.application.reveal import Revealed
from gateway.application.spans import SpanRecord
from gateway.application.timeline import Bar, Entry, Exchanged, Kind, Timeline
from gateway.application.timeline_words import holder_word, tell_entry
from gateway.application.trace import Branch, CaseTrace
from gateway.domain.agency import Agency
from gateway.domain.attribution import as_json
from gateway.domain.case import Case
from gateway.notify.texts import WHAT

#: What a front office is not told of a try: how the gateway is built, and what travelled.
_OPERATORS_ALONE: Final = frozenset({"traceparent", "status", "sent_bytes", "received_bytes", "lane", "source"})
#: Attributes of spans that a front office sees of its own case.
_FOR_ALL: Final = frozenset(
    {
        "http.request.method",
        "http.route",
        "http.response.status_code",
        "darcha.agency",
        "darcha.operation",
        "darcha.outcome",
        "darcha.callback",
        "error.type",
    }
)


def timeline_view(timeline: Timeline, language: str, agencies: Mapping[str, Agency], *, operator: bool) -> dict[str, Any]:
    """Return a timeline in one language."""
    places = {id(entry): place for place, entry in enumerate(timeline.entries)}
    return {
        "case": timeline.case_id,
        "number": timeline.number,
        "since": timeline.since,
        "until": timeline.until,
        "entries": [_entry(e, language, agencies, operator=operator) for e in timeline.entries],
        "bars": [_bar(b, places[id(b.entry)], timeline.since, language) for b in timeline.bars],
        "holds": [
            {
                "holder": h.holder,
                "holder_text": holder_word(h.holder, language, agencies),
                "step": h.step,
                "since": h.since,
                "until": h.until,
            }
            for h in timeline.holds
        ],
        "attribution": as_json(timeline.attribution),
        "exchanged": [_exchanged(e) for e in timeline.exchanged],
    }


def entry_text(entry: Entry, language: str) -> str:
    """Return what an entry is, an incident with what to do about it."""
    if entry.kind is Kind.INCIDENT and entry.what in WHAT:
        return WHAT[entry.what][language]
    return tell_entry(entry, language)


def _entry(entry: Entry, language: str, agencies: Mapping[str, Agency], *, operator: bool) -> dict[str, Any]:
    data = entry.data if operator else {k: v for k, v in entry.data.items() if k not in _OPERATORS_ALONE}
    return {
        "kind": entry.kind,
        "what": entry.what,
        "text": entry_text(entry, language),
        "at": entry.at,
        "until": entry.until,
        "seconds": entry.seconds,
        "open": entry.open,
        "holder": entry.holder,
        "holder_text": holder_word(entry.holder, language, agencies) if entry.holder else "",
        "step": entry.step,
        "request": entry.request,
        "agency": entry.agency,
        "reference": entry.reference,
        "data": dict(data),
    }


def _bar(bar: Bar, place: int, since: datetime, language: str) -> dict[str, Any]:
    return {
        "row": bar.row,
        "entry": place,
        "kind": bar.entry.kind,
        "text": entry_text(bar.entry, language),
        "holder": bar.entry.holder,
        "from_secs": round((bar.since - since).total_seconds(), 6),
        "to_secs": round((bar.until - since).total_seconds(), 6),
    }


def _exchanged(one: Exchanged) -> dict[str, Any]:
    return {
        "request": one.request,
        "what": one.what,
        "media_type": one.media_type,
        "size": one.size,
        "digest": one.digest,
        "form": one.shape.form,
        "lines": [{"path": line.path, "kind": line.kind, "length": line.length} for line in one.shape.lines],
        "cut": one.shape.cut,
    }


def trace_view(case: Case, trace: CaseTrace, *, operator: bool) -> dict[str, Any]:
    """Return a trace as a list in the order of its tree: a tree of any depth would be more than JSON's readers bear."""
    first = min((branch.span.started_us for _, branch in trace.branches()), default=0)
    spans = []
    for depth, branch in trace.branches():
        linked = [_span(Branch(span), 0, first, operator=operator) for span in branch.linked]
        spans.append(_span(branch, depth, first, operator=operator) | {"linked": linked})
    return {"case": case.id, "number": case.number, "trace_id": trace.trace_id, "spans": spans, "cut": trace.cut}


def _span(branch: Branch, depth: int, first: int, *, operator: bool) -> dict[str, Any]:
    span: SpanRecord = branch.span
    attributes = span.attributes if operator else {k: v for k, v in span.attributes.items() if k in _FOR_ALL}
    return {
        "depth": depth,
        "span_id": span.span_id,
        "parent_id": span.parent_id,
        "name": span.name,
        "kind": span.kind,
        "role": span.role if operator else "",
        "started_at": datetime.fromtimestamp(span.started_us / 1_000_000, UTC),
        "seconds": max(0, span.ended_us - span.started_us) / 1_000_000,
        "from_secs": (span.started_us - first) / 1_000_000,
        "status": span.status,
        "attributes": dict(attributes),
        "links": [{"trace_id": one, "span_id": other} for one, other in span.links],
        "linked": [],
    }


def revealed_view(revealed: Revealed) -> dict[str, Any]:
    """Return a message as it was: as text where it is UTF-8, else as base64."""
    text: str | None
    try:
        text = revealed.content.decode()
    except UnicodeDecodeError:
        text = None
    return {
        "case": revealed.case_id,
        "request": revealed.request_id,
        "what": revealed.what,
        "media_type": revealed.media_type,
        "size": len(revealed.content),
        "digest": revealed.digest,
        "sequence": revealed.sequence,
        "text": text,
        "base64": base64.b64encode(revealed.content).decode() if text is None else None,
    }
