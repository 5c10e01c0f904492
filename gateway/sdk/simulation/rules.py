"""The rules of ``simulator.yaml``: which call is answered how. First matching rule wins.

```yaml
operations:
  enterQueue:
    - when: "child.pin = '31506201234567'"         # JSONata over the call's body
      times: 2                                      # only the first two times per key (default key: the message id)
      fault: error
    - reply: {reference: "=_.reference", position: 12}
      callbacks:
        - {name: PlaceGiven, after_secs: 0.5, body: {reference: "=_.reply.reference", place: "12"}}
```

Without ``reply`` a good answer is the folder's ``examples/<operation>.reply.json``, else the contract's own example.
In ``reply``, ``callbacks[].body`` and ``headers`` a text that starts with ``=`` is JSONata (``==`` stands for a plain
``=``); where it yields nothing, the key is left out. Every expression sees the call's body and beside it ``_``:

    message_id, operation, number (how many calls so far), attempt (how often this message came, from 1), now (UTC),
    reference (the same for all calls of one message), earlier ({operation, reply} of the message's last processing
    that had an effect, else null), callback_url; in callbacks also reply (what the call was answered).

Keys of a rule: ``when, key, times, reply, status, headers, fault, effect, callbacks``. ``fault`` is a name of
``RULE_FAULTS`` (a transport fault) or the protocol's own (an object: a SOAP fault, a problem document).
``effect`` overrides whether the processing counts as one (see ``Simulator``).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.agency import Agency
from gateway.domain.service import Expression
from gateway.sdk import yaml12
from gateway.sdk.mapping import CompiledExpression, MappingInvalid, compile_expression
from gateway.sdk.simulation.errors import RulesInvalid
from gateway.sdk.simulation.faults import RULE_FAULTS
from gateway.sdk.template import Template, compile_template

FILE = "simulator.yaml"

_RULE_KEYS = frozenset({"when", "key", "times", "reply", "status", "headers", "fault", "effect", "callbacks"})
_CALLBACK_KEYS = frozenset({"name", "after_secs", "body", "when"})


@dataclass(frozen=True, slots=True)
class CallbackRule:
    """A callback that follows a call, ``after_secs`` seconds after its processing."""

    name: str
    after_secs: float
    body: Template
    when: CompiledExpression | None = None


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, compiled. ``reply`` ``None`` means: as the folder's or the contract's own example says."""

    when: CompiledExpression | None = None
    key: CompiledExpression | None = None
    times: int | None = None
    reply: Template | None = None
    status: int | None = None
    headers: Template | None = None
    fault: str | Mapping[str, Any] | None = None
    effect: bool | None = None
    callbacks: tuple[CallbackRule, ...] = ()
    used: dict[str, int] = field(default_factory=dict, compare=False)

    @property
    def transport_fault(self) -> str:
        """The name of the transport fault, or empty."""
        return self.fault if isinstance(self.fault, str) else ""

    @property
    def clears_effect(self) -> bool:
        """The answer says no (status or fault), so nothing was done."""
        if isinstance(self.fault, str):
            return self.fault in {"error", "reset-before"}
        return self.fault is not None or (self.status or 200) >= 400


class Rules:
    """All rules of one simulated agency. ``auth``: calls have to bring credentials (``auth: required``)."""

    def __init__(self, operations: Mapping[str, tuple[Rule, ...]], *, auth: bool = False) -> None:
        self.operations = operations
        self.auth = auth

    @classmethod
    def of(cls, agency: Agency) -> Rules:
        """Return the rules of the agency's ``simulator.yaml``, none where it has none. Raises ``RulesInvalid``."""
        raw = agency.files.get(FILE)
        if raw is None:
            return cls({})
        try:
            data = yaml12.load(raw)
        except yaml12.YamlInvalid as error:
            raise RulesInvalid(FILE, str(error)) from error
        return cls.read(data, agency.operations.keys())

    @classmethod
    def read(cls, data: Any, known: Any = ()) -> Rules:
        """Return the rules of parsed YAML; ``known`` are the contract's operations. Raises ``RulesInvalid``."""
        top = _object(FILE, data, frozenset({"operations", "auth"}))
        if top.get("auth", "required") != "required":
            raise RulesInvalid("auth", "expected the word required, or nothing")
        read: dict[str, tuple[Rule, ...]] = {}
        for operation, rules in _object("operations", top.get("operations") or {}, None).items():
            where = f"operations.{operation}"
            if known and operation not in known:
                raise RulesInvalid(where, f"the contract has no such operation; it has {', '.join(sorted(known))}")
            if not isinstance(rules, list):
                raise RulesInvalid(where, "expected a list of rules")
            read[operation] = tuple(_rule(f"{where}[{i}]", rule) for i, rule in enumerate(rules))
        return cls(read, auth="auth" in top)

    def match(self, operation: str, context: Mapping[str, Any]) -> tuple[Rule | None, str]:
        """Return the first rule that applies, and the key it counts by. Counts one use of it."""
        message_id = str(context["_"]["message_id"])
        for rule in self.operations.get(operation, ()):
            if rule.when is not None and not _truth(rule.when.evaluate(context)):
                continue
            key = message_id
            if rule.key is not None:
                found = rule.key.evaluate(context)
                key = "" if found is None else str(found)
            if rule.times is not None:
                if rule.used.get(key, 0) >= rule.times:
                    continue
                rule.used[key] = rule.used.get(key, 0) + 1
            return rule, "" if rule.key is None else key
        return None, ""


def template(where: str, value: Any) -> Template:
    """Compile a value whose texts may be expressions. Raises ``RulesInvalid``."""
    try:
        return compile_template(f"{FILE}:{where}", value)
    except MappingInvalid as error:
        raise RulesInvalid(where, f"{error.rule}: {error.reason}") from error


def _truth(value: Any) -> bool:
    return value is True or (value is not False and bool(value))


def _object(where: str, value: Any, keys: frozenset[str] | None) -> Mapping[str, Any]:
    if not isinstance(value, Mapping):
        raise RulesInvalid(where, f"expected an object, not {type(value).__name__}")
    if keys is not None and (strange := sorted(str(key) for key in value if key not in keys)):
        raise RulesInvalid(f"{where}.{strange[0]}", f"unknown key; there are {', '.join(sorted(keys))}")
    return value


def _rule(where: str, value: Any) -> Rule:
    given = _object(where, value, _RULE_KEYS)
    fault = given.get("fault")
    if isinstance(fault, str) and fault not in RULE_FAULTS:
        raise RulesInvalid(f"{where}.fault", f"{fault!r} is none of {', '.join(sorted(RULE_FAULTS))}, nor an object")
    times, status = given.get("times"), given.get("status")
    if times is not None and (isinstance(times, bool) or not isinstance(times, int) or times < 1):
        raise RulesInvalid(f"{where}.times", "expected a whole number from 1")
    if status is not None and (isinstance(status, bool) or not isinstance(status, int) or not 100 <= status <= 599):
        raise RulesInvalid(f"{where}.status", "expected an HTTP status")
    return Rule(
        when=_optional(f"{where}.when", given.get("when")),
        key=_optional(f"{where}.key", given.get("key")),
        times=times,
        reply=template(f"{where}.reply", given["reply"]) if "reply" in given else None,
        status=status,
        headers=template(f"{where}.headers", given["headers"]) if "headers" in given else None,
        fault=fault,
        effect=given.get("effect"),
        callbacks=tuple(_callback(f"{where}.callbacks[{i}]", c) for i, c in enumerate(given.get("callbacks") or ())),
    )


def _callback(where: str, value: Any) -> CallbackRule:
    given = _object(where, value, _CALLBACK_KEYS)
    after = given.get("after_secs", 0)
    if not isinstance(given.get("name"), str):
        raise RulesInvalid(f"{where}.name", "expected the name of a callback of the contract")
    if isinstance(after, bool) or not isinstance(after, int | float) or after < 0:
        raise RulesInvalid(f"{where}.after_secs", "expected a number of seconds")
    return CallbackRule(
        given["name"],
        float(after),
        template(f"{where}.body", given.get("body", {})),
        _optional(f"{where}.when", given.get("when")),
    )


def _optional(where: str, source: Any) -> CompiledExpression | None:
    return None if source is None else _expression(where, str(source))


def _expression(where: str, source: str) -> CompiledExpression:
    try:
        return compile_expression(Expression(source, f"{FILE}:{where}"))
    except MappingInvalid as error:
        raise RulesInvalid(where, f"{error.rule}: {error.reason}") from error
