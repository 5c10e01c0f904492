"""Metrics for Prometheus, in a registry of our own: rates, latencies, errors, lanes, clocks, incidents, task deaths.

Counters and histograms are fed where things happen; gauges are set from a snapshot that the clock role takes of the
database now and then (``lanes``, ``clocks``, ``incidents``), and by one process only where several run. Labels are
words of the catalogue or of a closed set, never a case, so that their number stays small.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Final

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram, ProcessCollector, generate_latest
from prometheus_client.exposition import CONTENT_TYPE_PLAIN_0_0_4

CONTENT_TYPE: Final = CONTENT_TYPE_PLAIN_0_0_4
#: Seconds: from an answer out of memory to an agency's time-out.
_LATENCIES: Final = (0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0, 30.0, 60.0)
#: Seconds: from a service that is decided at once to one that takes a month.
_DURATIONS: Final = (
    1.0,
    10.0,
    60.0,
    600.0,
    3600.0,
    6 * 3600.0,
    86_400.0,
    3 * 86_400.0,
    7 * 86_400.0,
    15 * 86_400.0,
    30 * 86_400.0,
)


@dataclass(frozen=True, slots=True)
class LaneState:
    """One lane as the database has it. ``depth``: ready and not released; ``oldest_secs``: how long the first waits."""

    lane: str
    agency: str
    depth: int = 0
    in_flight: int = 0
    oldest_secs: float = 0.0
    resting: bool = False
    paused: bool = False


class Metrics:
    """All metrics of one process. A test makes its own; the processes use ``METRICS``."""

    def __init__(self, *, process: bool = False) -> None:
        self.registry = CollectorRegistry()
        r = self.registry
        if process:
            ProcessCollector(registry=r)
        self._intake = Counter("darcha_applications_total", "Applications handed in", ["service", "result"], registry=r)
        self._intake_secs = Histogram("darcha_intake_seconds", "From the POST to its answer", buckets=_LATENCIES, registry=r)
        self._answered = Histogram(
            "darcha_http_seconds", "Calls of the api", ["method", "route", "status"], buckets=_LATENCIES, registry=r
        )
        self._decided = Counter("darcha_cases_decided_total", "Cases decided", ["service", "outcome"], registry=r)
        self._case_secs = Histogram(
            "darcha_case_seconds", "From receipt to decision", ["service"], buckets=_DURATIONS, registry=r
        )
        self._releases = Counter("darcha_releases_total", "Requests released to their lanes", ["agency", "operation"], registry=r)
        self._attempts = Counter(
            "darcha_attempts_total", "Tries at agencies by outcome", ["agency", "operation", "outcome"], registry=r
        )
        self._attempt_secs = Histogram(
            "darcha_attempt_seconds", "Duration of a try at an agency", ["agency", "operation"], buckets=_LATENCIES, registry=r
        )
        self._answers = Counter(
            "darcha_agency_answers_total", "What agencies answered, by status class", ["agency", "status"], registry=r
        )
        self._bytes = Counter("darcha_agency_bytes_total", "Bytes of bodies to and from agencies", ["agency", "way"], registry=r)
        self._replies = Counter("darcha_replies_total", "Replies applied, by how they came", ["way", "verdict"], registry=r)
        self._deliveries = Counter("darcha_deliveries_total", "Events, webhooks and alerts sent", ["kind", "result"], registry=r)
        self._lane_depth = Gauge("darcha_lane_depth", "Requests ready and not released", ["lane", "agency"], registry=r)
        self._lane_flight = Gauge("darcha_lane_in_flight", "Requests out with a lease", ["lane", "agency"], registry=r)
        self._lane_oldest = Gauge(
            "darcha_lane_oldest_seconds", "Age of the longest waiting request", ["lane", "agency"], registry=r
        )
        self._lane_resting = Gauge(
            "darcha_lane_breaker_open", "1 while the breaker lets the lane rest", ["lane", "agency"], registry=r
        )
        self._lane_paused = Gauge("darcha_lane_paused", "1 while the lane is paused", ["lane", "agency"], registry=r)
        self._clocks = Gauge("darcha_clocks", "Clocks by kind and state", ["kind", "state"], registry=r)
        self._clocks_due = Gauge("darcha_clocks_due_soon", "Running clocks that end within a day", ["kind"], registry=r)
        self._breached = Counter("darcha_clocks_breached_total", "Clocks that ran out", ["kind"], registry=r)
        self._incidents = Gauge("darcha_incidents_open", "Open incidents", ["kind"], registry=r)
        self._waiting = Gauge("darcha_deliveries_waiting", "Deliveries that are not delivered, by state", ["state"], registry=r)
        self._reachable = Gauge("darcha_reachable", "1 while this process reaches what it depends on", ["dependency"], registry=r)
        self._spans_dropped = Counter("darcha_trace_spans_dropped_total", "Spans that nobody will see", ["why"], registry=r)
        self._deaths = Counter("darcha_task_deaths_total", "Background tasks that died and were restarted", ["task"], registry=r)
        # From the beginning, so that the first breach of a process is an increase and not a new series.
        for kind in ("statutory", "step", "norm", "acknowledgement", "completeness"):
            self._breached.labels(kind)
        # labels() takes a lock and builds a key at each call; the label sets are few, so they are kept.
        self._attempt_of = lru_cache(maxsize=4096)(self._attempts.labels)
        self._attempt_secs_of = lru_cache(maxsize=1024)(self._attempt_secs.labels)
        self._answers_of = lru_cache(maxsize=1024)(self._answers.labels)
        self._bytes_of = lru_cache(maxsize=1024)(self._bytes.labels)
        self._release_of = lru_cache(maxsize=1024)(self._releases.labels)
        self._reply_of = lru_cache(maxsize=256)(self._replies.labels)
        self._answered_of = lru_cache(maxsize=4096)(self._answered.labels)
        self._intake_of = lru_cache(maxsize=1024)(self._intake.labels)

    def render(self) -> bytes:
        """Return the text that Prometheus scrapes (``CONTENT_TYPE``)."""
        return generate_latest(self.registry)

    def answered(self, method: str, route: str, status: int, seconds: float) -> None:
        """The api answered a call. ``route`` is the template; ``status`` 0 means that the caller had gone."""
        self._answered_of(method, route, str(status)).observe(seconds)

    def taken_in(self, service: str, result: str, seconds: float) -> None:
        """An application was answered: ``accepted``, ``repeated`` (same key) or ``refused``."""
        self._intake_of(service, result).inc()
        self._intake_secs.observe(seconds)

    def decided(self, service: str, outcome: str, seconds: float) -> None:
        """A case was decided ``seconds`` after its receipt."""
        self._decided.labels(service, outcome).inc()
        self._case_secs.labels(service).observe(seconds)

    def released(self, agency: str, operation: str, count: int = 1) -> None:
        """Requests went to their lane."""
        self._release_of(agency, operation).inc(count)

    def attempted(self, agency: str, operation: str, outcome: str, seconds: float) -> None:
        """A worker tried once; ``outcome`` is a name of the closed set."""
        self._attempt_of(agency, operation, outcome).inc()
        self._attempt_secs_of(agency, operation).observe(seconds)

    def exchanged(self, agency: str, status: int, sent: int, received: int) -> None:
        """A transport had an exchange with an agency. ``status`` is HTTP's, 0 where no whole answer came; bytes of bodies."""
        self._answers_of(agency, f"{status // 100}xx" if status else "none").inc()
        self._bytes_of(agency, "sent").inc(sent)
        self._bytes_of(agency, "received").inc(received)

    def replied(self, way: str, verdict: str) -> None:
        """A reply was applied. ``way``: worker, callback, poll, desk, operator; ``verdict``: apply, record, incident."""
        self._reply_of(way, verdict).inc()

    def delivered(self, kind: str, result: str, count: int = 1) -> None:
        """Deliveries were settled: ``delivered``, ``pending`` (to be tried again), ``exhausted``, ``skipped``."""
        self._deliveries.labels(kind, result).inc(count)

    def breached(self, kind: str) -> None:
        """A clock ran out."""
        self._breached.labels(kind).inc()

    def deliveries(self, counts: Mapping[str, int]) -> None:
        """Show these numbers of deliveries that are not delivered, by state."""
        self._waiting.clear()
        for state in ("pending", "claimed", "exhausted"):
            self._waiting.labels(state).set(counts.get(state, 0))

    def reachable(self, dependency: str, *, there: bool) -> None:
        """Show whether this process reaches the ``database`` or the ``broker``."""
        self._reachable.labels(dependency).set(there)

    def spans_dropped(self, why: str, count: int) -> None:
        """Spans were dropped: the buffer was ``full``, they were ``refused``, or what a worker sent was ``unreadable``."""
        self._spans_dropped.labels(why).inc(count)

    def task_died(self, task: str) -> None:
        """A supervised task died."""
        self._deaths.labels(task).inc()

    def lanes(self, states: Iterable[LaneState]) -> None:
        """Show these lanes and no others."""
        gauges = (self._lane_depth, self._lane_flight, self._lane_oldest, self._lane_resting, self._lane_paused)
        for gauge in gauges:
            gauge.clear()
        for s in states:
            for gauge, value in zip(gauges, (s.depth, s.in_flight, s.oldest_secs, s.resting, s.paused), strict=True):
                gauge.labels(s.lane, s.agency).set(float(value))

    def clocks(self, counts: Mapping[tuple[str, str], int], due_soon: Mapping[str, int]) -> None:
        """Show these counts by (kind, state), and how many of each kind end within a day."""
        self._clocks.clear()
        for (kind, state), count in counts.items():
            self._clocks.labels(kind, state).set(count)
        self._clocks_due.clear()
        for kind, count in due_soon.items():
            self._clocks_due.labels(kind).set(count)

    def incidents(self, counts: Mapping[str, int]) -> None:
        """Show these numbers of open incidents by kind."""
        self._incidents.clear()
        for kind, count in counts.items():
            self._incidents.labels(kind).set(count)


#: The metrics of this process.
METRICS: Final = Metrics(process=True)
