"""Whom the ladders of a service call: receivers that ``alerts.yaml`` has, by channels that reach them."""

from __future__ import annotations

from collections.abc import Iterator

from gateway.catalogue.alerts import FILE, AlertsFile
from gateway.catalogue.mistakes import nearest
from gateway.catalogue.nodes import Node
from gateway.catalogue.section import Section
from gateway.domain.calling import plain_channel


def check_ladders(root: Section, alerts: AlertsFile) -> None:
    """Note rungs, wherever in the service a term has a ladder, that name somebody who is not there or cannot be reached so."""
    if not alerts.is_read:
        return
    for key, node in _rungs(root.node, ""):
        _check(Section(root.file, node, key, root.mistakes), node, alerts)


def _rungs(node: Node, key: str) -> Iterator[tuple[str, Node]]:
    inner = node.value
    if isinstance(inner, list):
        for place, item in enumerate(inner):
            yield from _rungs(item, f"{key}[{place}]")
    elif isinstance(inner, dict):
        for name, item in inner.items():
            where = f"{key}.{name}" if key else name
            if name == "escalation" and isinstance(item.value, list):
                yield from ((f"{where}[{place}]", rung) for place, rung in enumerate(item.value) if isinstance(rung.value, dict))
            else:
                yield from _rungs(item, where)


def _check(rung: Section, node: Node, alerts: AlertsFile) -> None:
    said = node.plain
    channel = said.get("channel")
    for name in said["to"] if isinstance(said.get("to"), list) else ():
        if not isinstance(name, str):
            continue  # told by whoever has read the rung
        if name not in alerts.channels:
            rung.wrong("to", f"a receiver of {FILE}, not {name!r}", nearest(name, alerts.channels))
            continue
        known = alerts.channels[name]
        if isinstance(channel, str) and known is not None and plain_channel(channel) not in known:
            fix = f"{nearest(channel, known)}, or give {name} such an address in {FILE}"
            rung.wrong("channel", f"a channel that reaches {name}, not {channel!r}", fix)
