"""Parameters of every place and style: what is written reads back to the same value."""

from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from adapters.rest.model import Parameter
from adapters.rest.parameters import (
    CannotBeWritten,
    from_header,
    from_pairs,
    from_path,
    in_cookie,
    in_header,
    in_path,
    in_query,
)
from tests.unit.rest.contracts import document, one

_SHAPES = {
    "scalar": {"type": "string"},
    "number": {"type": "number"},
    "list": {"type": "array", "items": {"type": "string"}},
    "numbers": {"type": "array", "items": {"type": "integer"}},
    "object": {
        "type": "object",
        "properties": {"a": {"type": "string"}, "b": {"type": "integer"}, "c": {"type": "boolean"}},
        "additionalProperties": False,
    },
}
_TEXT = st.text(st.characters(codec="utf-8", exclude_categories=["Cs"]), min_size=1, max_size=12)
_VALUES = {
    "scalar": _TEXT,
    "number": st.integers(-(10**9), 10**9) | st.floats(allow_nan=False, allow_infinity=False),
    "list": st.lists(_TEXT, min_size=1, max_size=4),
    "numbers": st.lists(st.integers(), min_size=1, max_size=4),
    "object": st.fixed_dictionaries({"a": _TEXT}, optional={"b": st.integers(), "c": st.booleans()}),
}
_STYLES = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form",),
}


def _parameter(where: str, style: str, explode: bool, shape: str, **more: Any) -> Parameter:
    described = {"name": "p", "in": where, "required": True, "style": style, "explode": explode, **more}
    described |= {} if "content" in more else {"schema": _SHAPES[shape]}
    found = one(document({"parameters": [described]}, path="/x/{p}" if where == "path" else "/x"))
    return found.parameters[0]


def _round(parameter: Parameter, value: Any) -> Any:
    if parameter.where == "path":
        return from_path(parameter, in_path(parameter, value))
    if parameter.where == "query":
        return from_pairs(parameter, list(in_query(parameter, value)))
    if parameter.where == "header":
        return from_header(parameter, in_header(parameter, value))
    return from_pairs(parameter, list(in_cookie(parameter, value)))


_CASES = [
    (where, style, explode, shape)
    for where, styles in _STYLES.items()
    for style in styles
    for explode in (False, True)
    for shape in _SHAPES
    # No standard says what these would be: a list of scalars by deepObject, a delimiter between exploded values.
    if not (style == "deepObject" and shape != "object")
]
_PARAMETERS = {case: _parameter(*case) for case in _CASES}


@pytest.mark.parametrize("case", _CASES, ids=str)
@given(data=st.data())
def test_what_is_written_reads_back(case: tuple[str, str, bool, str], data: st.DataObject) -> None:
    value = data.draw(_VALUES[case[3]])
    parameter = _PARAMETERS[case]
    try:
        found = _round(parameter, value)
    except CannotBeWritten:
        # Refused, not mangled; and only where the standard leaves no way.
        assert case[0] == "header" or "Delimited" in case[1] or (case[0] == "path" and value in {".", ".."})
        return
    assert found == value


@pytest.mark.parametrize("where", ["path", "query", "header", "cookie"])
@given(value=st.recursive(st.booleans() | st.integers() | st.text("abc,=&;|% +", max_size=5), lambda c: st.lists(c, max_size=3)))
def test_json_in_a_parameter(where: str, value: Any) -> None:
    parameter = _parameter(where, "simple", False, "scalar", content={"application/json": {"schema": {}}})
    assert _round(parameter, value) == value


@given(value=st.dictionaries(st.text("abcdef", min_size=1), st.text(max_size=5) | st.integers() | st.booleans(), min_size=1))
def test_deep_objects_are_as_deep_as_they_are(value: dict[str, Any]) -> None:
    properties = {k: {"type": {str: "string", int: "integer", bool: "boolean"}[type(v)]} for k, v in value.items()}
    schema = {"type": "object", "properties": {"in": {"type": "object", "properties": properties}, "list": _SHAPES["numbers"]}}
    described = {"name": "p", "in": "query", "style": "deepObject", "schema": schema}
    parameter = one(document({"parameters": [described]})).parameters[0]
    asked = {"in": value, "list": [3, 1, 2]}
    assert _round(parameter, asked) == asked


@pytest.mark.parametrize(
    ("style", "explode", "value", "wire"),
    [
        ("simple", False, ["a", "b"], "a,b"),
        ("simple", True, {"a": "x", "b": 2}, "a=x,b=2"),
        ("simple", False, {"a": "x", "b": 2}, "a,x,b,2"),
        ("label", False, ["a", "b"], ".a,b"),
        ("label", True, ["a", "b"], ".a.b"),
        ("label", True, {"a": "x", "b": 2}, ".a=x.b=2"),
        ("matrix", False, ["a", "b"], ";p=a,b"),
        ("matrix", True, ["a", "b"], ";p=a;p=b"),
        ("matrix", True, {"a": "x", "b": 2}, ";a=x;b=2"),
        ("matrix", False, {"a": "x", "b": 2}, ";p=a,x,b,2"),
    ],
)
def test_paths_are_as_the_standard_shows_them(style: str, explode: bool, value: Any, wire: str) -> None:
    shape = "object" if isinstance(value, dict) else "list"
    assert in_path(_parameter("path", style, explode, shape), value) == wire


@pytest.mark.parametrize(
    ("style", "explode", "value", "wire"),
    [
        ("form", True, ["a b", "c&d"], "p=a%20b&p=c%26d"),
        ("form", False, ["a,b", "c"], "p=a%2Cb,c"),
        ("form", True, {"a": "x", "b": 2}, "a=x&b=2"),
        ("form", False, {"a": "x", "b": 2}, "p=a,x,b,2"),
        ("spaceDelimited", False, ["a", "b"], "p=a%20b"),
        ("pipeDelimited", False, ["a", "b"], "p=a%7Cb"),
        ("deepObject", True, {"a": "x", "b": 2}, "p[a]=x&p[b]=2"),
    ],
)
def test_queries_are_as_the_standard_shows_them(style: str, explode: bool, value: Any, wire: str) -> None:
    shape = "object" if isinstance(value, dict) else "list"
    parameter = _parameter("query", style, explode, shape)
    assert "&".join(f"{key}={text}" for key, text in in_query(parameter, value)) == wire


def test_reserved_characters_where_the_contract_allows_them() -> None:
    parameter = _parameter("query", "form", True, "scalar", allowReserved=True)
    assert list(in_query(parameter, "a/b:c?d#e&f")) == [("p", "a/b:c?d%23e%26f")]


@pytest.mark.parametrize("value", ["a\r\nX-Admin: 1", "Ўзбек", " a"])
def test_a_header_cannot_become_two(value: str) -> None:
    with pytest.raises(CannotBeWritten):
        in_header(_parameter("header", "simple", False, "scalar"), value)
