"""Wiring of traces: to a collector where one is named, else to our own store. Loads no database library."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass

from gateway.application.bus import Bus
from gateway.application.spans import SpanStore
from gateway.bootstrap.settings import Settings
from gateway.bootstrap.time import utc_now
from gateway.roles.spans import Put, SpanCollector, SpanKeeper, SpanPump, into_store, over_bus
from gateway.telemetry.metrics import METRICS
from gateway.telemetry.recorder import Recorder
from gateway.telemetry.supervise import Supervisor
from gateway.telemetry.tracing import configure_tracing, exports, record_into


@dataclass(frozen=True, slots=True)
class Traces:
    """Where the spans of this process go. ``end`` is blocking and comes last."""

    end: Callable[[], None]
    recorder: Recorder | None = None

    async def flush(self, put: Put) -> None:
        """Put what is recorded still; call it when everything else has ended."""
        if self.recorder is not None:
            await _pump(self.recorder, put).flush()


def open_traces(role: str, settings: Settings, environ: Mapping[str, str] | None = None) -> Traces:
    """Let the spans of this process go to the collector of the environment, else to our own store, else nowhere."""
    if exports(environ):
        return Traces(configure_tracing(role, environ))
    if not settings.trace_days:
        return Traces(lambda: None)
    recorder = Recorder(role, sample=settings.trace_sample, dropped=lambda count: METRICS.spans_dropped("full", count))
    return Traces(record_into(recorder.tracer), recorder)


def add_traces(supervisor: Supervisor, traces: Traces, put: Put) -> None:
    """Let this process put its spans where they are kept."""
    if (recorder := traces.recorder) is not None:
        supervisor.add("traces", lambda: _pump(recorder, put))


def add_trace_store(supervisor: Supervisor, traces: Traces, store: SpanStore, bus: Bus, settings: Settings) -> None:
    """Let this process keep what workers hand over, and delete what is old."""
    if traces.recorder is not None:
        supervisor.add("traces-kept", lambda: SpanKeeper(store, settings.trace_days, utc_now))
        if not settings.embedded:
            supervisor.add("traces-of-workers", lambda: SpanCollector(bus, store, METRICS.spans_dropped))


def _pump(recorder: Recorder, put: Put) -> SpanPump:
    return SpanPump(recorder, put, METRICS.spans_dropped)


__all__ = ["Traces", "add_trace_store", "add_traces", "into_store", "open_traces", "over_bus"]
