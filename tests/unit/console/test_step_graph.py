"""The drawing of a service's steps: what stands below what, that nothing overlaps, and that arrows pass between the steps."""

from __future__ import annotations

import re
from itertools import combinations
from pathlib import Path

import pytest

from gateway.catalogue.loader import load_catalogue
from gateway.catalogue.plugins import find_adapters
from gateway.console.step_graph import DECISION, HEIGHT, START, WIDTH, arrows, lay_out, layers, two_lines
from gateway.domain.service import Expression, Service, Step

ROOT = Path(__file__).parents[3]
PLAIN = Expression("$")


def service(*steps: Step) -> Service:
    return Service("made-up", "1", {"en": "Made up"}, {}, steps, PLAIN)


def step(id_: str, *needs: str, when: bool = False, after: bool = False) -> Step:
    return Step(id_, "agency", "operation", PLAIN, needs, when=PLAIN if when else None, after_decision=after)


DIAMOND = service(step("a"), step("b", "a"), step("c", "a", when=True), step("d", "b", "c"), step("e", "a", "d"))
LATER = service(step("a"), step("print", "a", after=True), step("hand", "print", after=True))
SHAPES = {
    "nothing": service(),
    "one": service(step("a")),
    "diamond": DIAMOND,
    "later": LATER,
    "wide": service(*(step(f"s{n}") for n in range(7)), step("last", *(f"s{n}" for n in range(7)))),
    "long": service(step("s0"), *(step(f"s{n}", f"s{n - 1}") for n in range(1, 9)), step("far", "s0", "s8")),
    "an unknown need": service(step("a", "elsewhere")),
}


def test_a_step_stands_below_all_that_it_needs() -> None:
    found = layers(arrows(DIAMOND))
    assert found == {START: 0, "a": 1, "b": 2, "c": 2, "d": 3, "e": 4, DECISION: 5}


def test_what_follows_the_decision_stands_below_it() -> None:
    assert arrows(LATER) == [(START, "a"), (DECISION, "print"), ("print", "hand"), ("a", DECISION)]
    assert layers(arrows(LATER))["hand"] == 4


def test_a_service_without_steps_leads_from_the_application_to_the_decision() -> None:
    assert arrows(service()) == [(START, DECISION)]


def test_a_ring_ends() -> None:
    assert set(layers([("a", "b"), ("b", "a")])) == {"a", "b"}


@pytest.mark.parametrize("name", SHAPES)
def test_boxes_never_overlap_and_stay_in_the_drawing(name: str) -> None:
    graph = lay_out(SHAPES[name])
    assert {box.id for box in graph.boxes} == {START, DECISION, *(step.id for step in SHAPES[name].steps)}
    for one, other in combinations(graph.boxes, 2):
        assert abs(one.x - other.x) >= WIDTH or abs(one.y - other.y) >= HEIGHT, (one.id, other.id)
    for box in graph.boxes:
        assert box.x >= 0
        assert box.x + WIDTH <= graph.width
        assert box.y + HEIGHT <= graph.height


@pytest.mark.parametrize("name", SHAPES)
def test_an_arrow_leaves_below_arrives_above_and_passes_beside_what_lies_between(name: str) -> None:
    graph = lay_out(SHAPES[name])
    boxes = {box.id: box for box in graph.boxes}
    for edge in graph.edges:
        numbers = [float(number) for number in re.findall(r"-?\d+(?:\.\d+)?", edge.path)]
        source, target = boxes[edge.source], boxes[edge.target]
        assert (numbers[0], numbers[1]) == (source.x + WIDTH / 2, source.y + HEIGHT)
        assert numbers[-2] == target.x + WIDTH / 2
        assert target.y - 6 < numbers[-1] < target.y
        # Where it passes a layer it goes straight down (V): not through a box of that layer.
        for x, _, bottom in re.findall(r"(-?[\d.]+) (-?[\d.]+) V(-?[\d.]+)", edge.path):
            for box in graph.boxes:
                if box.y < float(bottom) <= box.y + HEIGHT:
                    assert not box.x < float(x) < box.x + WIDTH, (edge.source, edge.target, box.id)


def test_arrows_to_conditional_steps_are_known() -> None:
    assert {edge.target for edge in lay_out(DIAMOND).edges if edge.conditional} == {"c"}


def test_the_reference_services_can_be_drawn() -> None:
    for each in load_catalogue(ROOT, environ={}, adapters=find_adapters()).services.values():
        graph = lay_out(each)
        assert len(graph.boxes) == len(each.steps) + 2
        assert graph.width < 1200


def test_titles_are_cut_where_they_do_not_fit() -> None:
    assert two_lines("Short") == ["Short"]
    assert two_lines("State registration of a business entity at the ministry of justice", 30) == [
        "State registration of a",
        "business entity at the minist…",
    ]
    assert two_lines("x" * 40) == ["x" * 29 + "…"]
