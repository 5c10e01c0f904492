"""The dashboard and the alert rules ask for metrics and labels that the gateway exposes, and for no others."""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from functools import cache
from pathlib import Path
from typing import Any

import pytest
from prometheus_client.parser import text_string_to_metric_families

from gateway.sdk.yaml12 import load
from gateway.telemetry.metrics import LaneState, Metrics

FILES = Path(__file__).parents[2] / "helm" / "darcha" / "files"
DASHBOARD = json.loads((FILES / "grafana-dashboard.json").read_text("utf-8"))
RULES = load((FILES / "prometheus-rules.yaml").read_bytes())
#: What Prometheus adds to every series, and what it writes itself.
_ADDED = {"job", "instance"}
_ITS_OWN = {"up": set[str]()}
_FUNCTIONS = {
    "rate",
    "increase",
    "sum",
    "max",
    "min",
    "by",
    "on",
    "unless",
    "or",
    "and",
    "offset",
    "absent",
    "histogram_quantile",
} | {
    "min_over_time",
    "label_values",
}
_TOKENS = re.compile(r'"[^"]*"|\[[^\]]*\]|[a-zA-Z_:][\w:]*|\d+[smhd]|[\d.]+|\$\w+|[{}(),=~!<>/*+\-]|\s+')


@cache
def exposed() -> dict[str, set[str]]:
    """Every sample that a process can expose, by name with its labels: each method of the metrics was called once."""
    m = Metrics(process=True)
    m.answered("GET", "/", 200, 1)
    m.taken_in("s", "accepted", 1)
    m.decided("s", "granted", 1)
    m.released("a", "o")
    m.attempted("a", "o", "completed", 1)
    m.exchanged("a", 200, 1, 1)
    m.replied("worker", "apply")
    m.delivered("alert", "delivered")
    m.breached("statutory")
    m.task_died("t")
    m.lanes([LaneState("l", "a")])
    m.clocks({("statutory", "running"): 1}, {"statutory": 1})
    m.incidents({"in_doubt": 1})
    m.deliveries({})
    m.reachable("database", there=True)
    m.spans_dropped("full", 1)
    found = {s.name: set(s.labels) for f in text_string_to_metric_families(m.render().decode()) for s in f.samples}
    called = {name for name in dir(m) if not name.startswith("_")} - {"registry", "render"}
    text = Path(__file__).read_text("utf-8")
    assert all(f"m.{name}(" in text for name in called), "a new metric is called here, too"
    return found | _ITS_OWN


def used(expression: str) -> Iterator[tuple[str, set[str]]]:
    """Yield (metric, labels that are asked of it) of an expression; labels of ``by`` are asked of every metric in it.

    Raises ``AssertionError`` for what is no PromQL that this little reader knows, and for brackets that do not close.
    """
    tokens = []
    at = 0
    while at < len(expression):
        token = _TOKENS.match(expression, at)
        assert token, f"not read: {expression[at:]!r}"
        at = token.end()
        if token[0].strip():
            tokens.append(token[0])
    for one, other in ("()", "{}"):
        assert tokens.count(one) == tokens.count(other), expression
    grouped: set[str] = set()
    metrics: list[tuple[str, set[str]]] = []
    place = 0
    while place < len(tokens):
        token = tokens[place]
        if token in {"by", "on"}:
            end = tokens.index(")", place)
            grouped |= {t for t in tokens[place + 2 : end] if t != ","}
            place = end
        elif re.fullmatch(r"[a-z_][\w:]*", token) and token not in _FUNCTIONS:
            labels: set[str] = set()
            if tokens[place + 1 : place + 2] == ["{"]:
                end = tokens.index("}", place)
                labels = {t for t in tokens[place + 2 : end] if re.fullmatch(r"[a-z_]\w*", t)}
                place = end
            metrics.append((token, labels))
        place += 1
    for name, labels in metrics:
        yield name, labels | grouped


def check(expression: str, shown: str = "") -> None:
    asked = list(used(expression))
    assert asked, expression
    wanted = set(re.findall(r"\{\{\s*(?:\$labels\.)?(\w+)\s*\}\}", shown))
    for name, labels in asked:
        assert name in exposed(), f"nobody exposes {name}"
        assert labels - _ADDED <= exposed()[name], f"{name} has no label {labels - exposed()[name]}"
    by = set().union(*(labels for _, labels in asked)) if " by (" in expression else set.union(*(exposed()[n] for n, _ in asked))
    assert wanted <= by | _ADDED, f"{shown!r} shows labels that {expression!r} does not leave"


def targets() -> Iterator[tuple[str, str]]:
    for panel in DASHBOARD["panels"]:
        for target in panel.get("targets", ()):
            yield target["expr"], target["legendFormat"]


@pytest.mark.parametrize(("expression", "legend"), list(targets()))
def test_every_panel_shows_what_is_exposed(expression: str, legend: str) -> None:
    check(expression, legend)


def test_the_dashboard_is_whole() -> None:
    panels = DASHBOARD["panels"]
    ids = [p["id"] for p in panels]
    assert len(set(ids)) == len(ids)
    places = {(p["gridPos"]["x"], p["gridPos"]["y"]) for p in panels}
    assert len(places) == len(panels), "no panel lies on another"
    for variable in DASHBOARD["templating"]["list"]:
        if variable["type"] == "query":
            inner = variable["query"]["query"].removeprefix("label_values(").removesuffix(")")
            expression, _, label = inner.rpartition(", ")
            ((name, labels),) = used(expression)
            assert labels | {label} <= exposed()[name]


def rules() -> list[dict[str, Any]]:
    return [rule for group in RULES["groups"] for rule in group["rules"]]


@pytest.mark.parametrize("rule", rules(), ids=lambda rule: str(rule["alert"]))
def test_every_rule_watches_what_is_exposed(rule: dict[str, Any]) -> None:
    assert set(rule) <= {"alert", "expr", "for", "labels", "annotations"}
    assert rule["labels"]["severity"] in {"page", "ticket"}
    assert re.fullmatch(r"\d+[mh]", rule.get("for", "1m"))
    words = " ".join(rule["annotations"][key] for key in ("summary", "description"))
    check(rule["expr"], words)


def test_names_are_given_once_and_every_metric_of_ours_is_looked_at() -> None:
    names = [rule["alert"] for rule in rules()]
    assert len(set(names)) == len(names)
    looked_at = {name for expression, _ in targets() for name, _ in used(expression)}
    families = {re.sub(r"_(total|created|bucket|count|sum)$", "", name) for name in exposed() if name.startswith("darcha_")}
    assert families <= {re.sub(r"_(total|bucket|count|sum)$", "", name) for name in looked_at}


@pytest.mark.parametrize(
    "wrong", ["sum(rate(darcha_nothing_total[5m]))", 'darcha_lane_depth{state="x"}', "sum by (kind) (darcha_lane_depth)"]
)
def test_a_mistake_is_found(wrong: str) -> None:
    with pytest.raises(AssertionError):
        check(wrong)
