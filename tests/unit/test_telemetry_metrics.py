"""Metrics: names, labels and values as Prometheus will read them."""

from __future__ import annotations

from prometheus_client.parser import text_string_to_metric_families

from gateway.telemetry.metrics import METRICS, LaneState, Metrics


def value(metrics: Metrics, name: str, **labels: str) -> float | None:
    for family in text_string_to_metric_families(metrics.render().decode()):
        for sample in family.samples:
            if sample.name == name and sample.labels == labels:
                return float(sample.value)
    return None


def test_counters_and_histograms() -> None:
    m = Metrics()
    m.taken_in("preschool-enrolment", "accepted", 0.003)
    m.taken_in("preschool-enrolment", "accepted", 0.2)
    m.released("civil-registry", "FindBirthRecord", 3)
    m.attempted("civil-registry", "FindBirthRecord", "completed", 0.04)
    m.attempted("civil-registry", "FindBirthRecord", "unknown", 10.5)
    m.replied("callback", "apply")
    m.delivered("alert", "pending")
    m.breached("statutory")
    m.decided("preschool-enrolment", "granted", 90_000)
    assert value(m, "darcha_applications_total", service="preschool-enrolment", result="accepted") == 2
    assert value(m, "darcha_intake_seconds_bucket", le="0.005") == 1
    assert value(m, "darcha_releases_total", agency="civil-registry", operation="FindBirthRecord") == 3
    labels = {"agency": "civil-registry", "operation": "FindBirthRecord"}
    assert value(m, "darcha_attempts_total", **labels, outcome="unknown") == 1
    assert value(m, "darcha_attempt_seconds_count", **labels) == 2
    assert value(m, "darcha_replies_total", way="callback", verdict="apply") == 1
    assert value(m, "darcha_deliveries_total", kind="alert", result="pending") == 1
    assert value(m, "darcha_clocks_breached_total", kind="statutory") == 1
    assert value(m, "darcha_cases_decided_total", service="preschool-enrolment", outcome="granted") == 1
    assert value(m, "darcha_case_seconds_bucket", service="preschool-enrolment", le="259200.0") == 1


def test_a_snapshot_replaces_the_last_one() -> None:
    m = Metrics()
    m.lanes([LaneState("tax", "tax", 7, 2, 12.5, resting=True), LaneState("justice", "justice")])
    assert value(m, "darcha_lane_depth", lane="tax", agency="tax") == 7
    assert value(m, "darcha_lane_in_flight", lane="tax", agency="tax") == 2
    assert value(m, "darcha_lane_oldest_seconds", lane="tax", agency="tax") == 12.5
    assert value(m, "darcha_lane_breaker_open", lane="tax", agency="tax") == 1
    assert value(m, "darcha_lane_paused", lane="tax", agency="tax") == 0
    m.lanes([LaneState("justice", "justice", paused=True)])
    assert value(m, "darcha_lane_depth", lane="tax", agency="tax") is None
    assert value(m, "darcha_lane_paused", lane="justice", agency="justice") == 1


def test_clocks_and_incidents() -> None:
    m = Metrics()
    m.clocks({("statutory", "running"): 4, ("step", "breached"): 1}, {"statutory": 2})
    m.incidents({"in_doubt": 3})
    assert value(m, "darcha_clocks", kind="statutory", state="running") == 4
    assert value(m, "darcha_clocks_due_soon", kind="statutory") == 2
    assert value(m, "darcha_incidents_open", kind="in_doubt") == 3
    m.incidents({})
    m.clocks({}, {})
    assert value(m, "darcha_incidents_open", kind="in_doubt") is None
    assert value(m, "darcha_clocks", kind="statutory", state="running") is None


def test_registries_are_private() -> None:
    one, other = Metrics(), Metrics()
    one.task_died("tracker")
    assert value(other, "darcha_task_deaths_total", task="tracker") is None
    assert b"process_resident_memory_bytes" in METRICS.render()
