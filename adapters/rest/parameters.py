"""Parameters on the wire: every place and style of OpenAPI, written and read.

| place | styles | a list (exploded or not) | an object |
|---|---|---|---|
| path | simple, label, matrix | ``a,b`` · ``.a.b`` · ``;n=a;n=b`` | ``k=v,k=v`` or ``k,v,k,v``, likewise |
| query | form | ``n=a&n=b`` or ``n=a,b`` | ``k=v&k=v`` or ``n=k,v,k,v`` |
| query | spaceDelimited, pipeDelimited, tabDelimited (Swagger's tsv) | ``n=a%20b`` | ``n=k%20v`` |
| query | deepObject | ``n[0]=a`` | ``n[k]=v``, nested as deep as it goes |
| header | simple | ``a,b`` | ``k=v`` or ``k,v`` |
| cookie | form | ``n=a; n=b`` or ``n=a,b`` | ``k=v; k=v`` or ``n=k,v`` |

What stands in a list or an object and is itself one has no form of its own but in deepObject: it is written as JSON.
What could not be told apart by who reads it (a comma within a list in a header) is refused, not sent.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote, unquote

from adapters.rest.model import Parameter
from adapters.rest.values import ANY, Shape, read, text

_RESERVED: Final = ":/?@!$'()*;"
_DELIMITERS: Final[Mapping[str, str]] = {"spaceDelimited": "%20", "pipeDelimited": "%7C", "tabDelimited": "%09"}
_LABELS: Final = {"label": ".", "matrix": ";"}


class CannotBeWritten(ValueError):
    """The value has no form that who reads it could tell from another."""


def in_path(parameter: Parameter, value: Any) -> str:
    """Return what stands in the path for the parameter. Raises ``CannotBeWritten``."""
    coded = _coder(parameter, value)
    if parameter.json:
        return coded(_json(value))
    name = quote(parameter.wire, safe="")
    if isinstance(value, list):
        items = [coded(text(item)) for item in value]
        if parameter.style == "matrix":
            return "".join(f";{name}={item}" for item in items) if parameter.explode else f";{name}={','.join(items)}"
        made = ("." if parameter.style == "label" and parameter.explode else ",").join(items)
    elif isinstance(value, Mapping):
        made = _object_in_path(parameter, value, coded)
        if parameter.style == "matrix":
            return made if parameter.explode else f";{name}={made}"
    elif parameter.style == "matrix":
        return f";{name}={coded(text(value))}"
    else:
        made = coded(text(value))
    if made in {"", ".", ".."} and parameter.style == "simple":
        raise CannotBeWritten("a part of a path cannot be empty, '.' or '..'")
    return f"{_LABELS.get(parameter.style, '')}{made}"


def _object_in_path(parameter: Parameter, value: Mapping[str, Any], coded: Callable[[str], str]) -> str:
    pairs = [(coded(str(key)), coded(text(item))) for key, item in value.items()]
    if not parameter.explode:
        return ",".join(part for pair in pairs for part in pair)
    if parameter.style == "matrix":
        return "".join(f";{key}={item}" for key, item in pairs)
    return ("." if parameter.style == "label" else ",").join(f"{key}={item}" for key, item in pairs)


def in_query(parameter: Parameter, value: Any) -> Iterator[tuple[str, str]]:
    """Yield the pairs of the query string, percent-encoded. Raises ``CannotBeWritten``."""
    name = quote(parameter.wire, safe="[]")
    coded = _coder(parameter, value)
    if parameter.json:
        yield name, coded(_json(value))
    elif parameter.style == "deepObject" and isinstance(value, list | Mapping):
        yield from ((quote(key, safe="[]"), coded(text(item))) for key, item in _deep(parameter.wire, value))
    elif isinstance(value, list):
        items = [coded(text(item)) for item in value]
        if parameter.explode:
            yield from ((name, item) for item in items)
        else:
            yield name, _joined(parameter, items)
    elif isinstance(value, Mapping):
        pairs = [(coded(str(key)), coded(text(item))) for key, item in value.items()]
        if parameter.explode and parameter.style not in _DELIMITERS:
            yield from pairs
        else:
            yield name, _joined(parameter, [part for pair in pairs for part in pair])
    else:
        yield name, coded(text(value))


def in_header(parameter: Parameter, value: Any) -> str:
    """Return the header's value. Raises ``CannotBeWritten``."""
    if parameter.json:
        made = _json(value)
    elif isinstance(value, list):
        made = ",".join(_apart(text(item)) for item in value)
    elif isinstance(value, Mapping):
        mark = "=" if parameter.explode else ","
        made = ",".join(f"{_apart(str(key), '=')}{mark}{_apart(text(item))}" for key, item in value.items())
    else:
        made = text(value)
    if not made.isprintable() or not made.isascii():
        raise CannotBeWritten("a header holds printable ASCII characters only")
    if made != made.strip():
        raise CannotBeWritten("a header cannot begin or end with a space")
    return made


def in_cookie(parameter: Parameter, value: Any) -> Iterator[tuple[str, str]]:
    """Yield the cookies, percent-encoded. Raises ``CannotBeWritten``."""
    name = quote(parameter.wire, safe="")
    if parameter.json:
        yield name, quote(_json(value), safe="")
    elif isinstance(value, list):
        items = [quote(text(item), safe="") for item in value]
        yield from ((name, item) for item in items) if parameter.explode else ((name, ",".join(items)),)
    elif isinstance(value, Mapping):
        pairs = [(quote(str(key), safe=""), quote(text(item), safe="")) for key, item in value.items()]
        yield from pairs if parameter.explode else ((name, ",".join(part for pair in pairs for part in pair)),)
    else:
        yield name, quote(text(value), safe="")


def _coder(parameter: Parameter, value: Any) -> Callable[[str], str]:
    safe = _RESERVED + ("," if not isinstance(value, list | Mapping) else "") if parameter.allow_reserved else ""
    if parameter.where == "path" and parameter.allow_reserved:
        safe = "".join(c for c in safe if c not in "/?;")
    if parameter.style == "label":  # a full stop parts the items; it may be written as %2E, too
        return lambda given: quote(given, safe="").replace(".", "%2E")
    return lambda given: quote(given, safe=safe)


def _joined(parameter: Parameter, items: list[str]) -> str:
    mark = _DELIMITERS.get(parameter.style, ",")
    if mark != "," and any(mark in item for item in items):
        raise CannotBeWritten(f"a value within it has the character that parts the values ({unquote(mark)!r})")
    return mark.join(items)


def _apart(given: str, more: str = "") -> str:
    if "," in given or (more and more in given) or given != given.strip():
        raise CannotBeWritten("a value within it has the character that parts the values, or a space at an end")
    return given


def _json(value: Any) -> str:
    return text([value])[1:-1]


def _from_json(written: str) -> Any:
    try:
        return json.loads(written)
    except ValueError:
        return written


def _deep(name: str, value: Any) -> Iterator[tuple[str, Any]]:
    pairs = value.items() if isinstance(value, Mapping) else enumerate(value)
    for key, item in pairs:
        if isinstance(key, str) and ("[" in key or "]" in key):
            raise CannotBeWritten("a key within it has a bracket")
        inner = f"{name}[{key}]"
        if isinstance(item, list | Mapping) and item:
            yield from _deep(inner, item)
        else:
            yield inner, item


# -- reading -------------------------------------------------------------------------------------------------------------


def from_path(parameter: Parameter, raw: str) -> Any:
    """Return the value that ``raw`` (still percent-encoded) stands for in the path."""
    shape = Shape.of(parameter.schema)
    if parameter.json:
        return _from_json(unquote(raw))
    kind = _kind(shape)
    if parameter.style == "matrix":
        pairs = [tuple(part.partition("=")[::2]) for part in raw.split(";") if part]
        return _pairs_or_list(parameter, [(unquote(k), v) for k, v in pairs], shape, kind)
    if parameter.style == "label":
        raw = raw[1:] if raw.startswith(".") else raw
    mark = "." if parameter.style == "label" and parameter.explode else ","
    if kind == "array":
        return [read(unquote(item), shape.items) for item in raw.split(mark)]
    if kind == "object":
        return _object(raw.split(mark), shape, pairs="=" if parameter.explode else "")
    return read(unquote(raw), shape)


def from_pairs(parameter: Parameter, pairs: list[tuple[str, str]], shape: Shape | None = None) -> Any:
    """Return the value that the pairs of a query string or the cookies hold for the parameter; ``None`` where none is its."""
    shape = shape or Shape.of(parameter.schema)
    kind = _kind(shape)
    if parameter.style == "deepObject" and not parameter.json:
        return _from_deep(parameter, pairs, shape)
    named = [(unquote_plus(key), value) for key, value in pairs]
    if kind == "object" and parameter.explode and not parameter.json and parameter.style not in _DELIMITERS:
        known = shape.properties
        own = [(k, v) for k, v in named if (k in known if known else k != parameter.wire)]
        return {k: read(unquote_plus(v), shape.under(k)) for k, v in own} if own else None
    own = [(k, v) for k, v in named if k == parameter.wire]
    if not own:
        return None
    if parameter.json:
        return _from_json(unquote_plus(own[0][1]))
    return _pairs_or_list(parameter, own, shape, kind)


def from_header(parameter: Parameter, raw: str) -> Any:
    """Return the value that a header holds."""
    shape = Shape.of(parameter.schema)
    if parameter.json:
        return _from_json(raw)
    kind = _kind(shape)
    if kind == "array":
        return [read(item.strip(), shape.items) for item in raw.split(",")]
    if kind == "object":
        return _object([part.strip() for part in raw.split(",")], shape, pairs="=" if parameter.explode else "", coded=False)
    return read(raw, shape)


def unquote_plus(raw: str) -> str:
    """Return a text of a query string or a form: a plus is a space there."""
    return unquote(raw.replace("+", " "))


def _kind(shape: Shape) -> str:
    types = shape.types
    if len(types) == ANY:
        return "any"
    return "array" if "array" in types else "object" if "object" in types and not types & {"string"} else "scalar"


def _pairs_or_list(parameter: Parameter, own: list[tuple[str, str]], shape: Shape, kind: str) -> Any:
    """Several of one name, or one whose value holds several."""
    if kind == "object":
        if parameter.explode and parameter.style == "matrix":
            return {k: read(unquote(v), shape.under(k)) for k, v in own}
        return _object(_split(parameter, own[0][1]), shape, pairs="")
    if kind == "array":
        items = [v for _, v in own] if parameter.explode else _split(parameter, own[0][1])
        return [read(unquote_plus(item), shape.items) for item in items]
    if kind == "any" and len(own) > 1:
        return [read(unquote_plus(v), shape.items) for _, v in own]
    return read(unquote_plus(own[0][1]), shape)


def _split(parameter: Parameter, raw: str) -> list[str]:
    mark = _DELIMITERS.get(parameter.style)
    if mark is None:
        return raw.split(",")
    return raw.replace("+", "%20").replace("|", "%7C").replace(mark.lower(), mark).split(mark)


def _object(parts: list[str], shape: Shape, *, pairs: str, coded: bool = True) -> dict[str, Any]:
    plain: Callable[[str], str] = unquote if coded else str
    alternating = zip(parts[::2], parts[1::2], strict=False)
    listed = [part.partition(pairs)[::2] for part in parts] if pairs else list(alternating)
    return {plain(key): read(plain(value), shape.under(plain(key))) for key, value in listed}


def _from_deep(parameter: Parameter, pairs: list[tuple[str, str]], shape: Shape) -> Any:
    tree: dict[str, Any] = {}
    for key, value in pairs:
        name, *steps = unquote_plus(key).replace("]", "").split("[")
        if name != parameter.wire or not steps:
            continue
        node = tree
        for step in steps[:-1]:
            below = node.setdefault(step, {})
            node = below if isinstance(below, dict) else {}
        last = steps[-1]
        if last in node:  # n[k]=a&n[k]=b, as many clients write a list
            kept = node[last]
            node[last] = [*kept, unquote_plus(value)] if isinstance(kept, list) else [kept, unquote_plus(value)]
        else:
            node[last] = unquote_plus(value)
    return _typed(tree, shape) if tree else None


def _typed(node: Any, shape: Shape) -> Any:
    if isinstance(node, str):
        return read(node, shape)
    if isinstance(node, list):
        return [_typed(item, shape.items) for item in node]
    numbered = all(key.isdecimal() for key in node)
    if numbered and "array" in shape.types and ("object" not in shape.types or len(shape.types) == ANY):
        return [_typed(node[key], shape.items) for key in sorted(node, key=int)]
    return {key: _typed(item, shape.under(key)) for key, item in node.items()}
