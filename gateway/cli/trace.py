"""``darcha trace``: every hop of a case in order, how long each took and who held it, and its waterfall."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Annotated, Any, Final

import typer

from gateway.cli.output import DEFAULT_URL, Address, AsJson, Key, command, duration, out, show, table
from gateway.client import GatewayClient

Json = Mapping[str, Any]
#: Characters of a waterfall's bars.
_WIDTH: Final = 50
_LONGEST_DETAIL: Final = 90
#: What stands in a column of its own, or is only for programs.
_NOT_DETAIL: Final = frozenset({"actor", "work", "number", "traceparent", "inbox", "fingerprint", "answer", "hash", "source"})
_MARKS: Final = {"hop": "·", "wait": "-", "attempt": "#", "callback": "#", "clock": "=", "incident": "!"}


@command
async def trace(
    case: str,
    messages: Annotated[bool, typer.Option(help="also what was exchanged with agencies, without its values")] = False,
    url: Address = DEFAULT_URL,
    key: Key = "",
    as_json: AsJson = False,
) -> None:
    """Show the timeline of a case, its waterfall, and its spans where the gateway keeps them itself."""
    async with GatewayClient(url, key) as client:
        timeline = await client.call("GET", f"/v1/cases/{case}/timeline")
        spans = await client.call("GET", f"/v1/cases/{case}/trace")
    if as_json:
        show({"timeline": timeline, "trace": spans})
        return
    _entries(timeline, timeline["number"])
    _bars(timeline)
    _spans(spans)
    if messages:
        _exchanged(timeline)


async def print_timeline(client: GatewayClient, case: str, title: str) -> None:
    """Print the timeline of a case under a title, without its waterfall."""
    timeline = await client.call("GET", f"/v1/cases/{case}/timeline")
    _entries(timeline, f"{title}  [{timeline['number']}]")


def _entries(timeline: Json, title: str) -> None:
    out.print(f"\n{title}", style="bold", markup=False, soft_wrap=True)
    rows = []
    before: datetime | None = None
    for entry in timeline["entries"]:
        at = datetime.fromisoformat(entry["at"])
        lasted = "open" if entry["open"] else "" if entry["until"] is None else _time(entry["seconds"])
        since = f"+{duration(before or at, at)}"
        what = entry["what"] if entry["kind"] == "event" else f"{entry['kind']} {entry['what']}".strip()
        rows.append(
            (at.strftime("%H:%M:%S.%f")[:-3], since, lasted, what, entry["text"], entry["step"], entry["holder"], _said(entry))
        )
        before = at
    table("", ("time", "since", "took", "what", "", "step", "held by", "detail"), rows)
    parts = timeline["attribution"]["parts"]
    whole = timeline["attribution"]["secs"]
    if parts:
        said = [f"{p['holder']} {p['held_secs']:.2f} s ({_percent(p['share_secs'], whole)})" for p in parts]
        out.print("held by: " + ", ".join(said), markup=False, soft_wrap=True)


def _said(entry: Json) -> str:
    found = (f"{k}={v}" for k, v in entry["data"].items() if k not in _NOT_DETAIL and v not in (None, "", [], {}))
    return ", ".join(found)[:_LONGEST_DETAIL]


def _bars(timeline: Json) -> None:
    """What lasts, drawn over the life of the case. Clocks run on for weeks: they are told, not drawn."""
    bars = [b for b in timeline["bars"] if b["kind"] != "clock"]
    if not bars:
        return
    first = min(0.0, *(b["from_secs"] for b in bars))
    last = max(b["to_secs"] for b in bars)
    out.print(f"\nwaterfall of {_time(last - first)}", style="bold", markup=False)
    rows = [
        (
            b["row"],
            f"{b['kind']} {_what(timeline, b)}".strip(),
            _bar(b["from_secs"] - first, b["to_secs"] - first, last - first, b),
            _time(b["to_secs"] - b["from_secs"]),
        )
        for b in bars
    ]
    table("", ("step", "", "-" * _WIDTH, "took"), rows)


def _what(timeline: Json, bar: Json) -> str:
    return str(timeline["entries"][bar["entry"]]["what"])


def _bar(since: float, until: float, whole: float, bar: Json) -> str:
    """Return a line of marks; what is too short for a character is one all the same."""
    scale = _WIDTH / whole if whole > 0 else 0.0
    left = min(_WIDTH - 1, int(since * scale))
    length = max(1, min(_WIDTH - left, round((until - since) * scale)))
    return " " * left + _MARKS.get(bar["kind"], "#") * length


def _spans(trace: Json) -> None:
    spans: Sequence[Json] = trace["spans"]
    if not spans:
        if trace["trace_id"]:
            out.print(f"\nno spans of the trace {trace['trace_id']} are kept here", markup=False)
        return
    whole = max(s["from_secs"] + s["seconds"] for s in spans)
    out.print(f"\ntrace {trace['trace_id']}", style="bold", markup=False)
    rows = []
    for span in spans:
        name = "  " * span["depth"] + span["name"] + (" (failed)" if span["status"] else "")
        bar = _bar(span["from_secs"], span["from_secs"] + span["seconds"], whole, {"kind": "attempt"})
        rows.append((name, bar, _time(span["seconds"]), " ".join(f"-> {other['name']}" for other in span["linked"])))
    table("", ("span", "-" * _WIDTH, "took", "linked"), rows)


def _exchanged(timeline: Json) -> None:
    for one in timeline["exchanged"]:
        head = f"\n{one['what']} of request {one['request']}: {one['form']} {one['media_type']}, {one['size']} bytes"
        out.print(head, style="bold", markup=False, soft_wrap=True)
        table("", ("path", "kind", "length"), [(line["path"] or "/", line["kind"], line["length"]) for line in one["lines"]])


def _time(seconds: float) -> str:
    zero = datetime.min.replace(tzinfo=UTC)
    return duration(zero, zero + timedelta(seconds=max(0.0, seconds)))


def _percent(part: float, whole: float) -> str:
    return f"{100 * part / whole:.0f} %" if whole else "0 %"
