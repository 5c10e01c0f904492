"""The plan of steps: order, cycles, what needs what."""

from __future__ import annotations

from itertools import pairwise

from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.plan import ancestors, find_cycle, plan_flaws, topological_order
from gateway.domain.service import Expression, Step


def step(id_: str, *needs: str, after: bool = False) -> Step:
    return Step(id_, "a", "o", Expression("1"), needs=needs, after_decision=after)


def test_order_puts_each_step_after_its_needs() -> None:
    assert topological_order({"c": ["a", "b"], "b": ["a"], "a": [], "d": []}) == ("a", "d", "b", "c")
    assert topological_order({"a": ["b"], "b": ["a"], "c": [], "d": ["a"]}) == ("c",)


def test_ancestors_are_direct_and_indirect() -> None:
    assert ancestors({"a": [], "b": ["a"], "c": ["b", "x"]})["c"] == {"a", "b"}


def test_a_cycle_is_named_along_its_way() -> None:
    (flaw,) = plan_flaws([step("a"), step("b", "d", "a"), step("c", "b"), step("d", "c"), step("e", "d")])
    assert flaw.rule == "cycle"
    assert flaw.message == "the steps wait for one another: b needs d needs c needs b"
    assert find_cycle({"a": ["a"]}) == ("a", "a")


def test_unknown_needs_and_needs_after_the_decision() -> None:
    flaws = plan_flaws([step("a", "nobody"), step("b", "late"), step("late", after=True), step("later", "late", after=True)])
    assert [(f.step, f.rule, f.need) for f in flaws] == [("a", "unknown", "nobody"), ("b", "decision", "late")]


@given(st.dictionaries(st.sampled_from("abcdefgh"), st.lists(st.sampled_from("abcdefgh"), max_size=3)))
def test_a_plan_has_an_order_or_a_cycle(needs: dict[str, list[str]]) -> None:
    order, cycle = topological_order(needs), find_cycle(needs)
    assert (len(order) == len(needs)) == (not cycle)
    for i, name in enumerate(order):
        assert all(n in order[:i] for n in needs[name] if n in needs)
    for one, following in pairwise(cycle):
        assert following in needs[one]
    if cycle:
        assert cycle[0] == cycle[-1]
