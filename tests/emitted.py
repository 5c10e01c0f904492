"""Which types of events the code emits, read from its source; and every payload that it emits in tests, held against its schema.

``emitted()`` reads the first argument of each call of ``.event(...)`` under ``gateway``: a text, a choice of texts, an f-string
(its gaps match anything), or a parameter of the function around it, which its callers in that file give.
"""

from __future__ import annotations

import ast
import functools
import json
import re
import sys
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema_rs

from gateway.application.event_schemas import payload_schema
from gateway.domain.case_file import CaseFile
from gateway.domain.event_types import EVENT_TYPES
from gateway.domain.events import canonical

ROOT = Path(__file__).parents[1] / "gateway"
Function = ast.FunctionDef | ast.AsyncFunctionDef


@dataclass(frozen=True)
class Emitted:
    """A type, or a pattern of types, and where it is emitted."""

    pattern: str
    where: str

    def fits(self, name: str) -> bool:
        return re.fullmatch(self.pattern, name) is not None


class NotRead(AssertionError):
    """The type of an emitted event cannot be read from the source."""


def emitted(root: Path = ROOT) -> list[Emitted]:
    """Return every type that the source emits. Raises ``NotRead`` where one cannot be told."""
    found = []
    for path in sorted(root.rglob("*.py")):
        text = path.read_text("utf-8")
        if ".event(" in text:
            tree = ast.parse(text)
            name = path.relative_to(root).as_posix()
            found += [Emitted(p, f"{name}:{call.lineno}") for call, around in _calls(tree) for p in _of(call, around, tree, name)]
    return found


def _calls(tree: ast.AST, around: Function | None = None) -> Iterator[tuple[ast.Call, Function | None]]:
    for node in ast.iter_child_nodes(tree):
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Attribute) and node.func.attr == "event":
            yield node, around
        yield from _calls(node, node if isinstance(node, Function) else around)


def _of(call: ast.Call, around: Function | None, tree: ast.AST, where: str) -> Iterator[str]:
    given = call.args[0] if call.args else next(k.value for k in call.keywords if k.arg == "type_")
    yield from _texts(given, around, tree, f"{where}:{call.lineno}")


def _texts(node: ast.expr, around: Function | None, tree: ast.AST, where: str) -> Iterator[str]:
    match node:
        case ast.Constant(value=str(text)):
            yield re.escape(text)
        case ast.IfExp(body=one, orelse=other):
            yield from _texts(one, around, tree, where)
            yield from _texts(other, around, tree, where)
        case ast.JoinedStr(values=parts):
            yield "".join(re.escape(str(p.value)) if isinstance(p, ast.Constant) else "[a-z_.]+" for p in parts)
        case ast.Name(id=name) if around is not None:
            given = list(_given(name, around, tree))
            if not given:
                raise NotRead(f"{where}: nothing in this file says what {name} is; name the type where it is emitted")
            for value, caller in given:
                yield from _texts(value, caller, tree, where)
        case _:
            raise NotRead(f"{where}: {ast.unparse(node)} is no text; name the type where it is emitted")


def _given(name: str, function: Function, tree: ast.AST) -> Iterator[tuple[ast.expr, Function | None]]:
    """What ``name`` is: what is assigned to it in the function, or what callers give for the parameter."""
    for node in ast.walk(function):
        if isinstance(node, ast.Assign) and any(isinstance(t, ast.Name) and t.id == name for t in node.targets):
            yield node.value, function
    names = [a.arg for a in (*function.args.posonlyargs, *function.args.args)]
    if name not in (*names, *(a.arg for a in function.args.kwonlyargs)):
        return
    for caller in [n for n in ast.walk(tree) if isinstance(n, Function)]:
        for call in ast.walk(caller):
            if not isinstance(call, ast.Call) or getattr(call.func, "id", getattr(call.func, "attr", "")) != function.name:
                continue
            place = names.index(name) if name in names else len(call.args)
            own = place - 1 if names[:1] == ["self"] and isinstance(call.func, ast.Attribute) else place
            yield from ((k.value, caller) for k in call.keywords if k.arg == name)
            if own < len(call.args):
                yield call.args[own], caller


@functools.cache
def _strict(name: str) -> jsonschema_rs.Validator:
    """The published schema, and no member beside those it names: a new one has to stand in the table."""
    schema = payload_schema(EVENT_TYPES[name]) | {"additionalProperties": False}
    return jsonschema_rs.validator_for(schema, validate_formats=True)


def wrong_with(name: str, payload: Mapping[str, Any]) -> list[str]:
    """Return what is wrong with a payload, or with its type; nothing when all is as the table says."""
    if name not in EVENT_TYPES:
        return [f"{name} does not stand in gateway/domain/event_types.py"]
    said = json.loads(canonical(payload))
    return [f"{name}: /{'/'.join(map(str, e.instance_path))}: {e.message}" for e in _strict(name).iter_errors(said)]


class Watch:
    """Holds every payload that the gateway's own code emits in this process against its schema. What is wrong is gathered."""

    def __init__(self) -> None:
        self.wrong: list[str] = []
        self._event = CaseFile.event

    def begin(self) -> None:
        event = self._event

        def watched(file: CaseFile, type_: str, payload: Mapping[str, Any], actor: str = "gateway") -> None:
            event(file, type_, payload, actor)
            if sys._getframe(1).f_globals["__name__"].startswith("gateway."):  # tests emit what they like
                self.wrong += wrong_with(type_, payload)

        CaseFile.event = watched  # type: ignore[method-assign]  # taken back by ``end``

    def end(self) -> None:
        CaseFile.event = self._event  # type: ignore[method-assign]  # as it was

    def tell(self) -> None:
        """Raise ``AssertionError`` with what was wrong since the last time."""
        told, self.wrong = sorted(set(self.wrong)), []
        assert not told, "emitted, but not as gateway/domain/event_types.py says:\n" + "\n".join(told)
