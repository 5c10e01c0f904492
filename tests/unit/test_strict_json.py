"""JSON and YAML from outside."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.sdk import yaml12
from gateway.sdk.strict_json import MAX_DEPTH, NotJson, loads


@pytest.mark.parametrize(
    ("body", "code"),
    [
        (b"", "syntax"),
        (b"{}{}", "syntax"),
        (b'{"a":1,"a":2}', "duplicate_key"),
        (b'{"b":{"a":1,"a":1}}', "duplicate_key"),
        (b"NaN", "number"),
        (b"[-Infinity]", "number"),
        (b"1e999", "number"),
        (b"9" * 5000, "number"),
        (b"18446744073709551616", "number"),
        (b"-9223372036854775809", "number"),
        (b"[" * 100_000, "depth"),
        (b"[" * (MAX_DEPTH + 1) + b"]" * (MAX_DEPTH + 1), "depth"),
        (b'"\xff"', "encoding"),
        (b'"\\ud800"', "text"),
        (b'{"\\udc00":1}', "text"),
        (b'"a\\u0000"', "text"),
        (b'"\x00"', "syntax"),
        (b"[1,2,3,4,5,6]", "too_large"),
    ],
)
def test_what_is_refused(body: bytes, code: str) -> None:
    with pytest.raises(NotJson) as refused:
        loads(body, limit=12 if code == "too_large" else 1_000_000)
    assert refused.value.code == code


def test_what_is_taken() -> None:
    assert loads(b"[" * MAX_DEPTH + b"]" * MAX_DEPTH)
    assert loads(b'{"a":"\\ud83d\\ude00","b":[1.5,true,null,"Namunaobod"]}') == {"a": "😀", "b": [1.5, True, None, "Namunaobod"]}
    assert loads(b"[18446744073709551615, -9223372036854775808]") == [2**64 - 1, -(2**63)]


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body: bytes) -> None:
    try:
        loads(body)
    except NotJson as refused:
        assert refused.code


def test_yaml_is_json_in_another_dress() -> None:
    assert yaml12.load(b"200: {day: 2027-09-01, no: no, yes: true}\n") == {"200": {"day": "2027-09-01", "no": "no", "yes": True}}


@pytest.mark.parametrize(
    "raw", [b"a: 1\na: 2\n", b"a: [", b"\xff\xfe\x00", b"&a [*a]", b"a: !!python/object:os.system x", b"a: !!set {x}"]
)
def test_yaml_that_is_refused(raw: bytes) -> None:
    with pytest.raises(yaml12.YamlInvalid):
        yaml12.load(raw)


def test_yaml_tells_the_line() -> None:
    with pytest.raises(yaml12.YamlInvalid) as refused:
        yaml12.load(b"a: 1\nb: 2\na: 3\n")
    assert refused.value.line == 3
