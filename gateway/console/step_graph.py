"""The steps of a service as a drawing: layers from the application to the decision and what follows it. Pure.

A step stands below all that it needs; an arrow over several layers goes through a point in each, so that it passes between the
steps and never behind one. The template draws what is laid out here as SVG and says the same as a list.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from itertools import pairwise
from typing import Final

from gateway.domain.service import Service, Step

#: Not steps: where it begins, and where the case is decided.
START: Final = "@application"
DECISION: Final = "@decision"

WIDTH: Final = 216
HEIGHT: Final = 62
_GAP_X: Final = 28
_GAP_Y: Final = 46
_MARGIN: Final = 10
#: The room that a passing arrow takes.
_PASSING: Final = 24
_SWEEPS: Final = 4


@dataclass(frozen=True, slots=True)
class Box:
    """A step, the application or the decision (``step`` is ``None``). ``x`` and ``y`` are its upper left corner."""

    id: str
    step: Step | None
    x: float
    y: float
    layer: int


@dataclass(frozen=True, slots=True)
class Edge:
    """An arrow. ``path`` is that of SVG; ``conditional``: the step below has a condition."""

    source: str
    target: str
    path: str
    conditional: bool


@dataclass(frozen=True, slots=True)
class Graph:
    """The whole drawing, in its own units."""

    boxes: Sequence[Box]
    edges: Sequence[Edge]
    width: float
    height: float


@dataclass(slots=True)
class _Node:
    id: str
    layer: int
    above: list[str] = field(default_factory=list)
    below: list[str] = field(default_factory=list)
    centre: float = 0.0

    @property
    def passing(self) -> bool:
        return self.id.startswith("@pass:")

    @property
    def width(self) -> float:
        return _PASSING if self.passing else WIDTH


def arrows(service: Service) -> list[tuple[str, str]]:
    """Return (from, to) of every dependency, with the application above and the decision below."""
    steps = {step.id: step for step in service.steps}
    found: list[tuple[str, str]] = []
    for step in steps.values():
        above = [need for need in step.needs if need in steps]
        if step.after_decision:
            # What it needs from before the decision is known by then.
            later = [need for need in above if steps[need].after_decision]
            found += [(need, step.id) for need in later] or [(DECISION, step.id)]
        else:
            found += [(need, step.id) for need in above] or [(START, step.id)]
    before = [step.id for step in steps.values() if not step.after_decision]
    needed = {source for source, target in found if target in steps and not steps[target].after_decision}
    ends = [id_ for id_ in before if id_ not in needed]
    return found + [(id_, DECISION) for id_ in ends or [START]]


def layers(edges: Sequence[tuple[str, str]]) -> dict[str, int]:
    """Return the layer of each node: one below the lowest that it needs. A ring, which no catalogue has, ends somewhere."""
    found = dict.fromkeys((id_ for edge in edges for id_ in edge), 0)
    for _ in found:
        moved = False
        for source, target in edges:
            if found[target] < found[source] + 1 <= len(found):
                found[target] = found[source] + 1
                moved = True
        if not moved:
            break
    return found


def lay_out(service: Service) -> Graph:
    """Return the drawing of a service."""
    edges = arrows(service)
    nodes = {id_: _Node(id_, layer) for id_, layer in layers(edges).items()}
    routes = [_route(edge, nodes) for edge in edges]
    rows: list[list[_Node]] = [[] for _ in range(max(node.layer for node in nodes.values()) + 1)]
    for node in nodes.values():
        rows[node.layer].append(node)
    _order(rows)
    widest = max(_row_width(row) for row in rows)
    for row in rows:
        x = _MARGIN + (widest - _row_width(row)) / 2
        for node in row:
            node.centre = x + node.width / 2
            x += node.width + _GAP_X
    steps = {step.id: step for step in service.steps}
    boxes = [
        Box(node.id, steps.get(node.id), node.centre - WIDTH / 2, _top(node.layer), node.layer)
        for row in rows
        for node in row
        if not node.passing
    ]
    drawn = [
        Edge(source, target, _path([nodes[id_] for id_ in route]), target in steps and steps[target].when is not None)
        for (source, target), route in zip(edges, routes, strict=True)
    ]
    return Graph(boxes, drawn, widest + 2 * _MARGIN, _top(len(rows) - 1) + HEIGHT + _MARGIN)


def _route(edge: tuple[str, str], nodes: dict[str, _Node]) -> list[str]:
    """Return the nodes of an arrow from layer to layer; where it passes a layer a point is made."""
    source, target = edge
    route = [source]
    for layer in range(nodes[source].layer + 1, nodes[target].layer):
        point = f"@pass:{source}:{target}:{layer}"
        nodes[point] = _Node(point, layer)
        route.append(point)
    route.append(target)
    for one, other in pairwise(route):
        nodes[one].below.append(other)
        nodes[other].above.append(one)
    return route


def _order(rows: Sequence[list[_Node]]) -> None:
    """Put what belongs together under each other: each row by the middle of its neighbours, down and up again."""
    for sweep in range(_SWEEPS):
        downward = sweep % 2 == 0
        places = {node.id: place / max(1, len(row)) for row in rows for place, node in enumerate(row)}
        for row in rows if downward else reversed(rows):
            row.sort(key=lambda node: _middle(node.above if downward else node.below, places, places[node.id]))
            places |= {node.id: place / max(1, len(row)) for place, node in enumerate(row)}


def _middle(ids: Sequence[str], places: Mapping[str, float], otherwise: float) -> float:
    return sum(places[id_] for id_ in ids) / len(ids) if ids else otherwise


def _row_width(row: Sequence[_Node]) -> float:
    return sum(node.width for node in row) + _GAP_X * (len(row) - 1)


def _top(layer: int) -> float:
    return _MARGIN + layer * (HEIGHT + _GAP_Y)


def _path(route: Sequence[_Node]) -> str:
    """A line that leaves and meets each layer upright."""
    first = route[0]
    x, y = first.centre, _top(first.layer) + HEIGHT
    path = f"M{x:g} {y:g}"
    for node in route[1:]:
        top = _top(node.layer) - (0 if node.passing else 5)
        half = (y + top) / 2
        path += f" C{x:g} {half:g} {node.centre:g} {half:g} {node.centre:g} {top:g}"
        x, y = node.centre, top
        if node.passing:
            y = _top(node.layer) + HEIGHT
            path += f" V{y:g}"
    return path


def two_lines(text: str, most: int = 30) -> list[str]:
    """Return a title in one or two lines that fit in a box; what does not fit ends with an ellipsis."""
    lines = [""]
    for word in text.split():
        if lines[-1] and len(lines[-1]) + 1 + len(word) > most:
            lines.append(word)
        else:
            lines[-1] = f"{lines[-1]} {word}".strip()
    kept = [lines[0]] if len(lines) == 1 else [lines[0], " ".join(lines[1:])]
    return [line if len(line) <= most else line[: most - 1].rstrip() + "…" for line in kept]
