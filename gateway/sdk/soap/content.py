"""The children of one element: a JSON object's fields laid out by the content model.

Fields are told apart by name alone, so a value does not say in which round of a repeated group it stands. Each round takes
what it must, leaves what the rounds after it must have, and takes no more rounds than the data needs. Where a name can occur at
several places, each place takes the next of its values.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any
from xml.sax.saxutils import quoteattr

from gateway.sdk.soap.errors import NotOfContract
from gateway.sdk.soap.model import TEXT_KEY, ComplexType, Element, Group, Particle, Wildcard, has_wildcard
from gateway.sdk.soap.values import SimpleType

if TYPE_CHECKING:
    from gateway.sdk.soap.build import Run


class Children:
    """One element's children being written."""

    __slots__ = ("ahead", "depth", "kind", "many", "path", "repeated", "run", "taken", "value")

    def __init__(self, run: Run, kind: ComplexType, value: Mapping[str, Any], path: str, depth: int) -> None:
        self.run = run
        self.kind = kind
        self.value = value
        self.path = path
        self.depth = depth
        self.many = kind.layout.many
        self.taken: dict[str, int] = {}
        #: Within a repeated group: how many rounds of what is being written are still to come.
        self.ahead = 0
        self.repeated = False

    def group(self, group: Group) -> None:
        """Write a group as often as its data needs. Raises ``NotOfContract``."""
        if group.maximum == 1 and not self.repeated:
            if group.minimum or self.any_left(group):
                self.once(group)
            return
        ahead, repeated = self.ahead, self.repeated
        total = max(self.rounds(group), group.minimum * (ahead + 1))
        here = min(max(total - group.minimum * ahead, group.minimum), group.maximum)
        self.repeated = True
        for number in range(here):
            self.ahead = max(total - number - 1, 0)
            self.once(group)
        self.ahead, self.repeated = ahead, repeated

    def rounds(self, group: Group) -> int:
        """Return how many rounds of a group what is left of the data needs at least."""
        needs = [self.needs(item) for item in group.items]
        return sum(needs) if group.kind == "choice" else max(needs, default=0)

    def needs(self, item: Particle) -> int:
        """Return how often a part has to occur at least to take what is left of its data."""
        if isinstance(item, Wildcard):
            return 1 if self.strange() else 0
        if isinstance(item, Group):
            return -(-self.rounds(item) // item.maximum) if item.maximum else 0
        if item.key in self.many:
            value = self.value.get(item.key)
            count = len(value) if isinstance(value, list) else 0 if value is None else 1
            return -(-(count - self.taken.get(item.key, 0)) // item.maximum)
        return 1 if self.left(item.key) or self.nil(item.key) else 0

    def once(self, group: Group) -> None:
        if group.kind == "choice":
            self.choice(group)
            return
        for item in group.items:
            if isinstance(item, Element):
                self.child(item)
            elif isinstance(item, Group):
                self.group(item)
            else:
                self.others()

    def strange(self) -> list[str]:
        """Return the keys left that the type does not know: they stand for ``xs:any``."""
        known = self.kind.layout.keys
        return [k for k in self.value if k not in known and not str(k).startswith(("@", TEXT_KEY)) and not self.taken.get(k)]

    def others(self) -> None:
        """Write what stands for ``xs:any``; keys in Clark notation may be elements of the contract."""
        for key in self.strange():
            self.taken[key] = 1
            item, path = self.value[key], f"{self.path}/{key}"
            for one in item if isinstance(item, list) else [item]:
                namespace, mark, local = str(key).rpartition("}")
                if self.run.schemas.has_element(key):
                    self.run.element(self.run.schemas.element(key), one, path, self.depth + 1)
                elif mark and namespace[:1] == "{":  # of a schema that the contract does not have
                    name = f"o:{self.run.named(local, self.path)}"
                    self.run.parts.append(f"<{name} xmlns:o={quoteattr(namespace[1:])}")
                    self.run.anything(name, one, path, self.depth + 1)
                else:
                    self.run.parts.append(f"<{self.run.named(key, self.path)}")
                    self.run.anything(key, one, path, self.depth + 1)

    def choice(self, group: Group) -> None:
        best = self.branch(group)
        if best is None:
            if group.must and group.minimum:
                raise NotOfContract(self.path, f"one of {listed(tuple(sorted(group.keys)))} is required")
            return
        ahead = self.ahead
        if self.repeated:
            others = sum(self.needs(item) for item in group.items if item is not best)
            self.ahead = max(self.needs(best) - 1, ahead - others, 0)
        elif group.maximum == 1:
            self.alone(group, _keys(best))
        if isinstance(best, Element):
            self.child(best)
        elif isinstance(best, Wildcard):
            self.others()
        elif best.maximum == 1 and not self.repeated:
            self.once(best)
        else:
            self.group(best)
        self.ahead = ahead

    def branch(self, group: Group) -> Particle | None:
        """Return the branch that most of the data belongs to; a null chooses only where nothing else does."""
        best: Particle | None = None
        most = 0
        for item in group.items:
            here = len(self.strange()) if isinstance(item, Wildcard) else sum(1 for key in _keys(item) if self.left(key))
            if here > most:
                best, most = item, here
        if best is None:
            best = next((item for item in group.items if any(self.nil(key) for key in _keys(item))), None)
        return best

    def alone(self, group: Group, inside: frozenset[str]) -> None:
        """Raise ``NotOfContract`` when fields of two branches are given."""
        for key in sorted(group.keys - inside):
            if self.left(key) and key not in self.many:
                raise NotOfContract(f"{self.path}/{key}", f"cannot stand beside {listed(tuple(sorted(inside)))}: one of them")

    def any_left(self, group: Group) -> bool:
        if any(self.left(key) or self.nil(key) for key in group.keys):
            return True
        return self.kind.layout.wildcard and has_wildcard(group) and bool(self.strange())

    def left(self, key: str) -> bool:
        value = self.value.get(key)
        if value is None:
            return False
        if isinstance(value, list) and key in self.many:
            return self.taken.get(key, 0) < len(value)
        return self.taken.get(key, 0) == 0

    def nil(self, key: str) -> bool:
        """Say whether a null stands for an element that is to be nil."""
        return key in self.value and self.value[key] is None and not self.taken.get(key) and key in self.kind.layout.nillable

    def child(self, plan: Element) -> None:
        key, path = plan.key, f"{self.path}/{plan.key}"
        value = self.value.get(key)
        if key in self.many:
            self.several(plan, value, path)
            return
        if value is None:
            if key in self.value and plan.nillable:
                self.taken[key] = 1
                self.run.element(plan, None, path, self.depth + 1)
            elif plan.minimum:
                raise NotOfContract(path, "the field is required")
            return
        if isinstance(value, list) and not _takes_list(plan):
            raise NotOfContract(path, "must be one value, not a list")
        self.taken[key] = 1
        self.run.element(plan, value, path, self.depth + 1)

    def several(self, plan: Element, value: Any, path: str) -> None:
        values = value if isinstance(value, list) else [] if value is None else [value]
        start = self.taken.get(plan.key, 0)
        rest = len(values) - start
        # The rounds to come must have their share, and so must other places of the same name.
        kept = plan.minimum * self.ahead + self.kind.layout.kept_after(plan)
        end = start + max(min(plan.maximum, rest - kept), min(plan.minimum, rest))
        if end - start < plan.minimum:
            raise NotOfContract(path, "the field is required" if not values else f"needs at least {plan.minimum} values")
        for at in range(start, end):
            if values[at] is not None or plan.nillable:
                self.run.element(plan, values[at], f"{path}/{at}" if isinstance(value, list) else path, self.depth + 1)
        self.taken[plan.key] = end

    def finish(self) -> None:
        """Raise ``NotOfContract`` when values are left that fit nowhere."""
        for key in sorted(self.many):
            value = self.value.get(key)
            if isinstance(value, list) and self.taken.get(key, 0) < len(value):
                raise NotOfContract(f"{self.path}/{key}", f"has more values than the {self.taken.get(key, 0)} that fit")


def listed(names: tuple[str, ...] | list[str]) -> str:
    """Return names as people read them."""
    return ", ".join(names) if names else "nothing"


def _keys(item: Particle) -> frozenset[str]:
    return frozenset([item.key]) if isinstance(item, Element) else item.keys if isinstance(item, Group) else frozenset()


def _takes_list(plan: Element) -> bool:
    kind = plan.type
    if isinstance(kind, SimpleType):
        return kind.listed
    return kind.array or (kind.text is not None and kind.text.listed)
