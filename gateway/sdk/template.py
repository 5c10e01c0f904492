"""Templates: JSON in which a text that starts with ``=`` is a JSONata expression (``==`` stands for a plain ``=``).

Used where a contract's author writes data with a few computed places: the rows of ``answers`` and ``simulator.yaml``.
Where an expression yields nothing (or null), its key or item is left out.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any, Final

from gateway.domain.service import Expression
from gateway.sdk.mapping import compile_expression

#: Fills in what the expressions yield for ``data``; ``NOTHING`` when the whole of it is one expression that yields none.
Template = Callable[[Any], Any]

NOTHING: Final[Any] = object()


def compile_template(name: str, value: Any) -> Template:
    """Return the template of ``value``; ``name`` says where it stands. Raises ``MappingInvalid``."""
    if isinstance(value, str):
        if not value.startswith("=") or value.startswith("=="):
            plain = value[1:] if value.startswith("==") else value
            return lambda _: plain
        compiled = compile_expression(Expression(value[1:], name))
        return lambda data: _or_nothing(compiled.evaluate(data))
    if isinstance(value, Mapping):
        parts = [(str(key), compile_template(f"{name}.{key}", item)) for key, item in value.items()]
        return lambda data: {key: made for key, part in parts if (made := part(data)) is not NOTHING}
    if isinstance(value, list | tuple):
        items = [compile_template(f"{name}[{i}]", item) for i, item in enumerate(value)]
        return lambda data: [made for item in items if (made := item(data)) is not NOTHING]
    return lambda _: value


def fill(template: Template, data: Any) -> Any:
    """Return the filled template; ``None`` when it yields nothing at all. Raises ``MappingFailed``."""
    made = template(data)
    return None if made is NOTHING else made


def _or_nothing(value: Any) -> Any:
    return NOTHING if value is None else value
