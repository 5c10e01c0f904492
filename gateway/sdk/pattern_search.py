"""Texts that several patterns take at once, found by walking their automata together; bounded in states, so also in time."""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator, Sequence
from typing import Final

from gateway.sdk.characters import UNIVERSE, Chars, contains, preferred
from gateway.sdk.pattern_syntax import Capture, Either, Node, One, Repeat, Row

_MAX_STATES: Final = 6_000
_MAX_STEPS: Final = 10_000
_MAX_LETTERS: Final = 1_500
_A_CLASS: Final = 10


class _TooLarge(Exception):
    """More states than are worth walking."""


class _Automaton:
    """One pattern as states with steps; a set of states stands for all that may follow."""

    def __init__(self, node: Node, *, wanted: bool) -> None:
        self.wanted = wanted
        self.free: list[list[int]] = []
        self.steps: list[tuple[Chars, int] | None] = []
        self.end = self._state()
        self.start = self._closed([self._built(node, self.end)])
        self._known: dict[tuple[frozenset[int], str], frozenset[int]] = {}

    def _state(self, step: tuple[Chars, int] | None = None, free: Sequence[int] = ()) -> int:
        if len(self.steps) >= _MAX_STATES:
            raise _TooLarge
        self.steps.append(step)
        self.free.append(list(free))
        return len(self.steps) - 1

    def _built(self, node: Node, after: int) -> int:
        """Return the state from which ``node`` leads to ``after``."""
        if isinstance(node, One):
            return self._state((node.chars, after))
        if isinstance(node, Row):
            for item in reversed(node.items):
                after = self._built(item, after)
            return after
        if isinstance(node, Either):
            return self._state(free=[self._built(item, after) for item in node.items])
        if isinstance(node, Capture):
            return self._built(node.item, after)
        if isinstance(node, Repeat):
            if node.most is None:
                loop = self._state(free=[after])
                self.free[loop].append(self._built(node.item, loop))
                after = loop
            else:
                last = after
                for _ in range(node.most - node.least):
                    after = self._state(free=[last, self._built(node.item, after)])
            for _ in range(node.least):
                after = self._built(node.item, after)
        return after  # places without width, and what only the judge knows

    def _closed(self, states: Sequence[int]) -> frozenset[int]:
        found = set(states)
        left = list(found)
        while left:
            for other in self.free[left.pop()]:
                if other not in found:
                    found.add(other)
                    left.append(other)
        return frozenset(found)

    def after(self, states: frozenset[int], char: str) -> frozenset[int]:
        key = (states, char)
        known = self._known.get(key)
        if known is None:
            targets = [step[1] for state in states if (step := self.steps[state]) is not None and contains(step[0], char)]
            known = self._known[key] = self._closed(targets)
        return known

    def sets(self) -> set[Chars]:
        return {step[0] for step in self.steps if step is not None}

    def ends(self, states: frozenset[int]) -> bool:
        return (self.end in states) is self.wanted


def shared(nodes: Sequence[tuple[Node, bool]], least: int, most: int | None) -> Iterator[str]:
    """Yield texts, short ones first, that every node with ``True`` matches as a whole and no node with ``False`` does."""
    try:
        machines = [_Automaton(node, wanted=wanted) for node, wanted in nodes]
    except _TooLarge:
        return
    letters = _alphabet(machines)
    start = tuple(m.start for m in machines)
    # What is known of a text: the states, and its length as far as that still decides.
    waiting: deque[tuple[tuple[frozenset[int], ...], str]] = deque([(start, "")])
    seen = {(start, 0)}
    for _ in range(_MAX_STEPS):
        if not waiting:
            return
        states, text = waiting.popleft()
        if len(text) >= least and all(m.ends(s) for m, s in zip(machines, states, strict=True)):
            yield text
        if most is not None and len(text) >= most:
            continue
        for group in letters:
            char = group[len(text) % len(group)]
            then = tuple(m.after(s, char) for m, s in zip(machines, states, strict=True))
            if any(m.wanted and not s for m, s in zip(machines, then, strict=True)):
                continue
            mark = (then, min(len(text) + 1, least))
            if mark not in seen:
                seen.add(mark)
                waiting.append((then, text + char))


def _alphabet(machines: Sequence[_Automaton]) -> list[str]:
    """Return characters in groups: the patterns cannot tell those of one group apart."""
    sets = sorted({one for machine in machines for one in machine.sets()})
    groups: dict[tuple[bool, ...], str] = {}  # letters and others apart: judges differ in what \\w means
    for char in dict.fromkeys("".join([*(preferred(one) for one in sets), preferred(UNIVERSE)])[:_MAX_LETTERS]):
        mark = (char.isalpha(), *(contains(one, char) for one in sets))
        if len(groups.get(mark, "")) < _A_CLASS:
            groups[mark] = groups.get(mark, "") + char
    return list(groups.values())
