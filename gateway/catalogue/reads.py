"""What an expression may read: the form, the envelope, the parties, and the steps that come before it."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from typing import Any, Final

from gateway.application.context import ROOTS, STEP_KEYS
from gateway.application.envelope import ENVELOPE
from gateway.catalogue.folder import Folder
from gateway.catalogue.mistakes import nearest
from gateway.catalogue.schema_paths import unknown_path
from gateway.domain.case import CONFIRMABLE
from gateway.domain.service import Expression
from gateway.sdk.mapping import MappingInvalid, Path, compile_expression

_TEXT: Final = {"type": "string"}
_ANY: Final = {"type": "object", "additionalProperties": True}


def _closed(**properties: Any) -> dict[str, Any]:
    return {"type": "object", "additionalProperties": False, "properties": properties}


_PARTY: Final = ENVELOPE["properties"]["parties"]["items"]
_APPLICATION: Final = _closed(**{k: v for k, v in ENVELOPE["properties"].items() if k not in ("parties", "form")})
_STEP: Final = _closed(
    status=_TEXT,
    data=_ANY,
    reference=_TEXT,
    progress=_ANY,
    refusal=_closed(code=_TEXT, reason=_TEXT, legal_basis=_TEXT),
    decided_at=_TEXT,
)
_SEEN: Final[Mapping[str, Any]] = {
    "application": _APPLICATION,
    "applicants": _PARTY,
    "applicant": _PARTY,
    "subject": _PARTY,
    "representative": _PARTY,
    "case": _closed(number=_TEXT, received_at=_TEXT),
    "facts": _closed(**{str(kind): _closed(at=_TEXT, data=_ANY) for kind in CONFIRMABLE}),
    "supplement": _closed(step=_TEXT, what=_TEXT, data=_ANY, documents={"type": "array", "items": True}),
    "request": _closed(message_id=_TEXT, reference=_TEXT, step=_TEXT, branch=_TEXT),
}

if frozenset(_SEEN) | {"form", "steps"} != ROOTS or frozenset(_STEP["properties"]) != STEP_KEYS:  # pragma: no cover
    raise AssertionError("gateway.application.context and what the catalogue knows of it have drifted apart")


class Reads:
    """Checks the expressions of one service. ``steps`` are all of its steps, ``roles`` the parties that it takes."""

    def __init__(self, folder: Folder, form: Mapping[str, Any], steps: Collection[str], roles: Collection[str]) -> None:
        self._folder = folder
        self._form = form
        self._steps = steps
        self._roles = roles

    def check(
        self,
        expression: Expression,
        *,
        before: Collection[str] | None,
        request: bool = False,
        file: str = "",
        line: int = 0,
        key: str = "",
    ) -> None:
        """Note what ``expression`` reads and cannot be there.

        ``before`` are the steps that are certainly settled when it is evaluated; ``None``: any step may be read (the
        decision). ``request``: there is one that it is evaluated for. ``file``, ``line`` and ``key`` say where an
        expression within YAML stands.
        """
        try:
            reads = compile_expression(expression).reads()
        except MappingInvalid:
            return  # noted where it was read
        for path in sorted(reads):
            wrong = self._wrong(path, before, request)
            if wrong is not None:
                where = line or _line(expression.source, path)
                self._folder.mistakes.add(file or expression.name, where, key or ".".join(path), wrong[0], wrong[1])

    def _wrong(self, path: Path, before: Collection[str] | None, request: bool) -> tuple[str, str] | None:
        if not path:
            return "named fields: it reads its whole input, and an agency is sent only what its mapping names", "name the fields"
        root = path[0]
        if root not in ROOTS:
            return f"one of the roots of the input, not {root!r}", nearest(root, ROOTS)
        if root == "form":
            return _leaves("form", self._form, path[1:], "a field of the form")
        if root == "steps":
            return self._wrong_step(path[1:], before)
        if root == "request" and not request:
            return "something that is there; no request has been made when this is evaluated", "take it out"
        if root in ("subject", "representative") and root not in self._roles:
            return f"a party of this service; {root} is not among its roles", f"add {root} to roles, or do not read it"
        return _leaves(root, _SEEN[root], path[1:], "a field that the gateway knows")

    def _wrong_step(self, path: Path, before: Collection[str] | None) -> tuple[str, str] | None:
        if not path:
            return None if before is None else ("named steps: it reads all of them", "read steps.<id> of the steps under needs")
        step = path[0]
        if step not in self._steps:
            return f"a step of this service, not {step!r}", nearest(step, self._steps)
        if before is not None and step not in before:
            return f"a step that is settled before; {step} may not have answered yet", f"add {step} to needs"
        return _leaves(f"steps.{step}", _STEP, path[1:], "what a step has")


def _leaves(root: str, schema: Mapping[str, Any], path: Path, wanted: str) -> tuple[str, str] | None:
    unknown = unknown_path(schema, path)
    if unknown is None:
        return None
    if not unknown.known:
        return f"{wanted}; {root}.{'.'.join(unknown.path[:-1])} has nothing within it", "read the field itself"
    return f"{wanted}, not {root}.{'.'.join(unknown.path)}", nearest(unknown.path[-1], unknown.known)


def _line(source: str, path: Path) -> int:
    """Return the first line of the expression in which the last name of the path is written."""
    for name in reversed(path):
        at = source.find(name)
        if at >= 0:
            return source.count("\n", 0, at) + 1
    return 1
