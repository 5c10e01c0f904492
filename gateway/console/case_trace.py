"""What happened to a case and how long each part took: its timeline as bars and as a list, and the spans of its trace."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Final
from uuid import UUID

from starlette.responses import Response

from gateway.application.derivation_words import kind_word
from gateway.application.redaction import Line as ShapeLine
from gateway.application.timeline import Bar, Entry, Exchanged, Kind, Timeline, timeline
from gateway.application.timeline_words import holder_word, tell_entry
from gateway.application.trace import case_trace
from gateway.console import waterfall
from gateway.console.case import file_of
from gateway.console.case_view import service_of
from gateway.console.pages import Pages
from gateway.console.scopes import Scope
from gateway.console.visit import Visit
from gateway.console.words import in_language, say
from gateway.domain.case_file import CaseFile
from gateway.notify.texts import WHAT

pages = Pages()
#: What a page bears: bars, lines of the list (the latest), spans, messages, lines of one message.
_BARS: Final = 300
_ENTRIES: Final = 250
_SPANS: Final = 300
_MESSAGES: Final = 30
_SHAPE_LINES: Final = 40


@dataclass(frozen=True, slots=True)
class EntryView:
    """A line of the list. ``who`` held the case meanwhile."""

    at: datetime
    kind: str
    text: str
    step: str
    agency: str
    who: str
    secs: float | None
    open: bool


@dataclass(frozen=True, slots=True)
class MessageView:
    """A message that was exchanged, without its values. ``whole``: its bytes are kept and can be revealed."""

    request: UUID
    what: str
    title: str
    agency: str
    message: Exchanged
    lines: Sequence[ShapeLine]
    cut: bool
    whole: bool


@pages.get("/cases/{case}/trace")
async def show(visit: Visit) -> Response:
    """The timeline. What was exchanged with agencies stands there for operators and for those who may reveal it."""
    file, parts = await file_of(visit), visit.parts
    service = await service_of(visit, file.case)
    titles = {step.id: step.title for step in service.steps} if service is not None else {}
    told = visit.may(Scope.OPERATE, Scope.REVEAL)
    seen = await timeline(parts.deployment, parts.store, parts.reads, parts.history, file, await parts.store.now(), messages=told)
    words = _Words(visit, titles)
    last = max([seen.until, *(bar.until for bar in seen.bars)])
    return visit.render(
        "case_trace.html",
        zone=visit.zone_of(file.case.office),
        case=file.case,
        seen=seen,
        last=last,
        rows=waterfall.of_timeline(seen, words.label, words.bar, _BARS),
        entries=[words.entry(entry) for entry in reversed(seen.entries[-_ENTRIES:])],
        more=max(0, len(seen.entries) - _ENTRIES),
        shares=[
            (words.holder(part.holder), part, part.share_secs / max(seen.attribution.secs, 1e-6))
            for part in seen.attribution.parts
        ],
        messages=_messages(visit, words, file, seen),
        may_reveal=visit.may(Scope.REVEAL),
    )


@pages.get("/cases/{case}/spans")
async def show_spans(visit: Visit) -> Response:
    """The spans of the case from the gateway's own trace store."""
    file = await file_of(visit)
    trace = await case_trace(visit.parts.history, file.case)
    operator = visit.may(Scope.OPERATE)
    rows, cut = waterfall.of_trace(trace.branches(), _SPANS, roles=operator)
    pieces = [piece for row in rows for piece in row.pieces]
    linked = [span for _, branch in trace.branches() for span in branch.linked][:50]
    return visit.render(
        "case_spans.html",
        zone=visit.zone_of(file.case.office),
        case=file.case,
        trace=trace,
        rows=rows,
        cut=cut or trace.cut,
        linked=linked,
        operator=operator,
        first=min((piece.since for piece in pieces), default=None),
        last=max((piece.since + timedelta(seconds=piece.secs) for piece in pieces), default=None),
    )


class _Words:
    """How the things of a timeline are called on this page."""

    def __init__(self, visit: Visit, titles: Mapping[str, Mapping[str, str]]) -> None:
        self._visit, self._titles, self._language = visit, titles, visit.language

    def step(self, id_: str) -> str:
        return in_language(self._titles.get(id_, {}), self._language, id_)

    def holder(self, holder: str) -> str:
        return holder_word(holder, self._language, self._visit.parts.deployment.catalogue.agencies) if holder else ""

    def text(self, entry: Entry) -> str:
        if entry.kind is Kind.INCIDENT and entry.what in WHAT:
            return in_language(WHAT[entry.what], self._language, entry.what)
        return tell_entry(entry, self._language)

    def label(self, bar: Bar) -> tuple[str, str]:
        """Return what a row of bars is called, and whom it is with."""
        entry = bar.entry
        if entry.kind is Kind.CLOCK:
            return kind_word(entry.what, self._language), self.step(entry.step) if entry.step else ""
        if not entry.step:
            return say("history.whole_case", self._language), ""
        return self.step(entry.step), self._visit.agency_title(entry.agency) if entry.agency else ""

    def bar(self, bar: Bar) -> str:
        text, holder = self.text(bar.entry), self.holder(bar.entry.holder)
        return f"{text} · {holder}" if holder else text

    def entry(self, entry: Entry) -> EntryView:
        return EntryView(
            entry.at,
            str(entry.kind),
            self.text(entry),
            self.step(entry.step) if entry.step else "",
            self._visit.agency_title(entry.agency) if entry.agency else "",
            self.holder(entry.holder),
            entry.seconds,
            entry.open,
        )


def _messages(visit: Visit, words: _Words, file: CaseFile, seen: Timeline) -> list[MessageView]:
    found = []
    for one in seen.exchanged[:_MESSAGES]:
        request = file.requests[one.request]
        key = one.what if one.what in ("sent", "lookup", "answer") else "callback"
        title = f"{words.step(request.step)}: {visit.text(f'history.what_{key}')}"
        lines = one.shape.lines[:_SHAPE_LINES]
        cut = one.shape.cut or len(one.shape.lines) > len(lines)
        agency = visit.agency_title(request.agency)
        found.append(MessageView(one.request, one.what, title, agency, one, lines, cut, bool(one.digest)))
    return found
