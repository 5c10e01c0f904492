"""Mappings and conditions: JSONata expressions over JSON, bounded and deterministic.

    MappingError            names the expression (``name``: its file, or ``file:key``) and the rule
    ├── MappingInvalid      it cannot be used at all: bad syntax, a forbidden function, a name that nothing defines
    └── MappingFailed       it was evaluated and failed on this data: a type error, or a limit of time, depth or size

The engine is jlens; nothing else of Darcha imports it, so that it can be exchanged here. An expression yields the same
value for the same data, always: what reads the clock or chance, or runs text as code, is refused when it is compiled.
An undefined result is ``None``; a sequence of one element collapses to that element (write ``n[]`` to keep a list).
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import lru_cache
from typing import Any, Final

import jlens

from gateway.domain.errors import DarchaError
from gateway.domain.service import Expression

#: A path of field names from the root of the input. The empty path is the whole input.
Path = tuple[str, ...]

#: What would make a mapping depend on more than its data, with the reason that the author is told.
FORBIDDEN: Final[Mapping[str, str]] = {
    "eval": "it runs text as code",
    "now": "it reads the clock; use a time of the application or of the case",
    "millis": "it reads the clock; use a time of the application or of the case",
    "random": "it yields something else each time",
    "shuffle": "it yields something else each time",
}

#: A mapping that needs more is wrong. ``max_steps`` binds first and on every machine alike; the time is a backstop.
_LIMITS: Final[Mapping[str, Any]] = {
    "timeout": 2.0,
    "max_depth": 250,
    "max_steps": 2_000_000,
    "max_string_length": 4 * 1024 * 1024,
    "max_array_length": 100_000,
    "max_result_size": 8 * 1024 * 1024,
    "now": 0,  # unreachable while FORBIDDEN holds; fixed all the same
    "seed": 0,
}
_TOO_COSTLY: Final = frozenset({"D1011", "D1012", "U1001", "U1006"})
_UNREADABLE: Final = "U1004"


class MappingError(DarchaError):
    """``name`` is the expression's file or ``file:key``; ``rule`` a stable word; ``reason`` what broke it."""

    def __init__(self, name: str, rule: str, reason: str) -> None:
        super().__init__(f"{name or 'expression'}: {rule}: {reason}")
        self.name = name
        self.rule = rule
        self.reason = reason


class MappingInvalid(MappingError):
    """The expression cannot be used. ``line`` counts from 1 within the expression."""

    def __init__(self, name: str, rule: str, reason: str, line: int) -> None:
        super().__init__(name, rule, reason)
        self.line = line


class MappingFailed(MappingError):
    """The expression failed on this data. ``rule`` is ``too_costly`` when a limit was reached."""


class CompiledExpression:
    """An expression ready to use, safe to share between tasks and threads. Made by ``compile_expression``."""

    __slots__ = ("_engine", "_reads", "name", "source")

    def __init__(self, name: str, engine: jlens.Expression, reads: frozenset[Path]) -> None:
        self.name = name
        self.source = engine.source
        self._engine = engine
        self._reads = reads

    def __repr__(self) -> str:
        return f"CompiledExpression({self.name!r})"

    def evaluate(self, data: Any) -> Any:
        """Return the value for ``data`` (plain JSON values), itself plain JSON; ``None`` when it is undefined or null.

        Raises ``MappingFailed`` when the expression fails or exceeds a limit of time, depth or size.
        """
        try:
            return self._engine.evaluate(data, **_LIMITS)
        except jlens.JlensError as error:
            rule = "too_costly" if error.code in _TOO_COSTLY else "not_json" if error.code == _UNREADABLE else "evaluation"
            raise MappingFailed(self.name, rule, f"{error} ({error.code})") from error

    def reads(self) -> frozenset[Path]:
        """Return what it reads of its input: data cut down to these paths gives the same value.

        A path stands for everything beneath it. Lists are passed through: ``("form", "children", "name")`` is the name
        of every child. ``()`` means that it reads its whole input.
        """
        return self._reads


@lru_cache(maxsize=8192)
def compile_expression(expression: Expression) -> CompiledExpression:
    """Return the expression ready to use, from a cache by source and name.

    Raises ``MappingInvalid`` when its syntax is wrong, when it uses a function of ``FORBIDDEN``, or when it uses a
    variable or function that neither it nor JSONata defines.
    """
    name, source = expression.name, expression.source
    try:
        engine = jlens.Expression(source)
        found = engine.reads()
    except jlens.JlensError as error:
        at = error.position if error.position is not None else 0
        raise MappingInvalid(name, "syntax", f"{error} ({error.code})", source.count("\n", 0, at) + 1) from error
    for variable, at in variables(source):
        if variable in FORBIDDEN:
            line = source.count("\n", 0, at) + 1
            raise MappingInvalid(name, "forbidden", f"line {line}: ${variable} is refused: {FORBIDDEN[variable]}", line)
    if "everyBinding" in found:  # however it was spelt
        raise MappingInvalid(name, "forbidden", f"$eval is refused: {FORBIDDEN['eval']}", 1)
    for unbound in sorted(found["bindings"]):
        line = next((source.count("\n", 0, at) + 1 for variable, at in variables(source) if variable == unbound), 1)
        raise MappingInvalid(name, "undefined", f"line {line}: nothing defines ${unbound}", line)
    reads = frozenset(_paths(found["input"])) if "input" in found else frozenset[Path]()
    return CompiledExpression(name, engine, reads)


def _paths(read: Any, prefix: Path = ()) -> Iterator[Path]:
    if read is True or not read:
        if prefix or read is True:
            yield prefix
        return
    for key, below in read.items():
        yield from _paths(below, (*prefix, key))


# One token of JSONata. A slash is left to the caller: whether it divides or opens a regex depends on what stands before.
_TOKEN: Final = re.compile(
    r"""(?P<space>\s+|/\*.*?\*/)
      | (?P<string>"(?:\\.|[^"\\])*"|'(?:\\.|[^'\\])*')
      | (?P<quoted>`[^`]*`)
      | (?P<variable>\$[^\s./*%^<>=!~|,:;?@\#+\-&()\[\]{}"'`$]*\$?)
      | (?P<number>\d+(?:\.\d+)?(?:[eE][+-]?\d+)?)
      | (?P<closer>[)\]}])
      | (?P<name>[^\s./*%^<>=!~|,:;?@\#+\-&()\[\]{}"'`$]+)
      | (?P<operator>:=|!=|>=|<=|~>|\?\?|\?:|\.\.|\*\*|.)
    """,
    re.VERBOSE | re.DOTALL,
)
_REGEX: Final = re.compile(r"/(?:\\.|\[(?:\\.|[^\]\\])*\]|[^/\\\n])+/[a-z]*")
_OPERANDS: Final = frozenset({"*", "**", "%"})  # wildcards, descendants and the parent, where a value is expected


def variables(source: str) -> Iterator[tuple[str, int]]:
    """Yield each ``$name`` that the expression uses, without the dollar, and its offset.

    Text within strings, comments, back-quoted names and regular expressions is not a use. ``$`` and ``$$`` (the context
    and the input) are not yielded.
    """
    at, value_before = 0, False
    while at < len(source):
        regex = _REGEX.match(source, at) if source[at] == "/" and not value_before and source[at : at + 2] != "/*" else None
        token = regex or _TOKEN.match(source, at)
        assert token is not None  # noqa: S101  - the last alternative takes any character
        kind, text = ("string", "") if regex else (token.lastgroup, token.group())
        if kind == "variable" and text.strip("$"):
            yield text[1:], at
        if kind == "operator":
            value_before = text in _OPERANDS and not value_before
        elif kind == "name":
            value_before = not (value_before and text in {"and", "or", "in"})
        elif kind != "space":
            value_before = True
        at = token.end()
