"""Faults on demand: ``slow=2s,error=0.1,reset-after=0.05``. Drawn from a seeded random, so a run can be repeated."""

from __future__ import annotations

import random
from collections.abc import Iterator
from dataclasses import dataclass, fields

from gateway.sdk.simulation.errors import RulesInvalid

_UNITS = {"ms": 0.001, "s": 1.0, "m": 60.0}


@dataclass(frozen=True, slots=True)
class Faults:
    """What goes wrong, and how often. Durations are seconds, all others probabilities from 0 to 1.

    ``slow``: every answer waits so long before the processing. ``late``: every callback waits so much longer.
    ``error``: 5xx (or the protocol's own) without any effect. ``error_after``: the effect, then a 504 as from a proxy.
    ``fault_after``: the effect, then the protocol's own word that it failed (a SOAP fault, a problem document).
    ``reset_before`` and ``reset_after``: the connection is reset before, or after, the processing.
    ``malformed``: the effect, then an answer nobody can read. ``endless``: the effect, then an answer that does not end.
    ``bomb``: the effect, then a small compressed answer that unpacks to hundreds of megabytes.
    ``duplicate``: each callback is posted twice.
    ``out_of_order``: callbacks are posted before the call that causes them is answered.
    """

    slow: float = 0.0
    late: float = 0.0
    error: float = 0.0
    error_after: float = 0.0
    fault_after: float = 0.0
    reset_before: float = 0.0
    reset_after: float = 0.0
    malformed: float = 0.0
    endless: float = 0.0
    bomb: float = 0.0
    duplicate: float = 0.0
    out_of_order: float = 0.0

    @classmethod
    def parse(cls, text: str) -> Faults:
        """Return the faults of ``name=value`` pairs parted by commas. Raises ``RulesInvalid`` that names the pair."""
        given: dict[str, float] = {}
        known = {f.name.replace("_", "-"): f.name for f in fields(cls)}
        for pair in filter(None, (part.strip() for part in text.split(","))):
            name, _, value = pair.partition("=")
            if name not in known:
                raise RulesInvalid(f"fault {pair!r}", f"there is no such fault; there are {', '.join(known)}")
            given[known[name]] = _seconds(pair, value) if name in {"slow", "late"} else _probability(pair, value)
        return cls(**given)

    def draw(self, dice: random.Random) -> Drawn:
        """Return what goes wrong with one call."""
        return Drawn(
            error=_hit(dice, self.error),
            error_after=_hit(dice, self.error_after),
            fault_after=_hit(dice, self.fault_after),
            reset_before=_hit(dice, self.reset_before),
            reset_after=_hit(dice, self.reset_after),
            malformed=_hit(dice, self.malformed),
            endless=_hit(dice, self.endless),
            bomb=_hit(dice, self.bomb),
            duplicate=_hit(dice, self.duplicate),
            out_of_order=_hit(dice, self.out_of_order),
        )


@dataclass(frozen=True, slots=True)
class Drawn:
    """What goes wrong with one call."""

    error: bool = False
    error_after: bool = False
    fault_after: bool = False
    reset_before: bool = False
    reset_after: bool = False
    malformed: bool = False
    endless: bool = False
    bomb: bool = False
    duplicate: bool = False
    out_of_order: bool = False

    def names(self) -> Iterator[str]:
        """Yield the names as they stand in a fault specification."""
        for item in fields(self):
            if getattr(self, item.name):
                yield item.name.replace("_", "-")


#: Faults that a rule of simulator.yaml may name by ``fault: <name>``.
RULE_FAULTS = frozenset(f.name.replace("_", "-") for f in fields(Drawn))


def _hit(dice: random.Random, probability: float) -> bool:
    # A fault that was not asked for must not use up random numbers: adding one would change the run of the others.
    return probability > 0 and dice.random() < probability


def _seconds(pair: str, value: str) -> float:
    unit = next((u for u in ("ms", "s", "m") if value.endswith(u)), "")
    try:
        seconds = float(value.removesuffix(unit)) * _UNITS.get(unit, 1.0)
    except ValueError:
        raise RulesInvalid(f"fault {pair!r}", "expected a duration such as 2s, 500ms or 1m") from None
    if not 0 <= seconds < float("inf"):
        raise RulesInvalid(f"fault {pair!r}", "a duration is a finite number that is not negative")
    return seconds


def _probability(pair: str, value: str) -> float:
    try:
        probability = float(value) if value else 1.0
    except ValueError:
        raise RulesInvalid(f"fault {pair!r}", "expected a probability from 0 to 1, such as 0.1") from None
    if not 0 <= probability <= 1:
        raise RulesInvalid(f"fault {pair!r}", "a probability stands between 0 and 1")
    return probability
