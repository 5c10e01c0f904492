"""The plan of a service: its steps as a graph of what needs what. Pure; the catalogue refuses a plan with a flaw."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from gateway.domain.service import Step


@dataclass(frozen=True, slots=True)
class PlanFlaw:
    """What is wrong with a step's place in the plan. ``rule``: unknown, itself, cycle or decision; ``need`` the step needed."""

    step: str
    rule: str
    need: str
    message: str


def topological_order(needs: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return the steps so that each comes after what it needs, otherwise in their given order.

    Steps on a cycle, and those that need one of them, are left out; needs that are no steps are ignored.
    """
    ordered: dict[str, None] = {}
    while True:
        ready = [s for s in needs if s not in ordered and all(n in ordered or n not in needs for n in needs[s])]
        if not ready:
            return tuple(ordered)
        ordered |= dict.fromkeys(ready)


def find_cycle(needs: Mapping[str, Sequence[str]]) -> tuple[str, ...]:
    """Return one cycle as the steps along it, the first again at the end; empty when there is none."""
    settled = set(topological_order(needs))
    left = [s for s in needs if s not in settled]
    if not left:
        return ()
    # Every step that is left needs another that is left: walking on must come back.
    path = [left[0]]
    while True:
        following = next(n for n in needs[path[-1]] if n in needs and n not in settled)
        if following in path:
            return (*path[path.index(following) :], following)
        path.append(following)


def ancestors(needs: Mapping[str, Sequence[str]]) -> dict[str, frozenset[str]]:
    """Return for each step all that it needs, directly or through others. Steps on a cycle may have themselves among them."""
    found: dict[str, frozenset[str]] = {}
    for step in needs:
        seen: set[str] = set()
        todo = list(needs[step])
        while todo:
            need = todo.pop()
            if need not in seen and need in needs:
                seen.add(need)
                todo.extend(needs[need])
        found[step] = frozenset(seen)
    return found


def plan_flaws(steps: Sequence[Step]) -> list[PlanFlaw]:
    """Return everything that is wrong with the plan; empty means that every step can be reached."""
    needs = {s.id: s.needs for s in steps}
    after = {s.id: s.after_decision for s in steps}
    flaws = []
    for step in steps:
        for need in step.needs:
            if need not in needs:
                flaws.append(PlanFlaw(step.id, "unknown", need, f"step {step.id} needs {need}, which is no step of the service"))
            elif after[need] and not step.after_decision:
                message = f"step {step.id} comes before the decision and needs {need}, which comes after it"
                flaws.append(PlanFlaw(step.id, "decision", need, message))
    cycle = find_cycle(needs)
    if cycle:
        words = " needs ".join(cycle)
        flaws.append(PlanFlaw(cycle[0], "cycle", cycle[1], f"the steps wait for one another: {words}"))
    return flaws
