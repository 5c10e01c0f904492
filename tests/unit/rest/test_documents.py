"""The text of OpenAPI documents: JSON and YAML as people write them."""

import time
from typing import Any

import pytest

from adapters.rest.documents import Unreadable, load


@pytest.mark.parametrize(
    ("raw", "value"),
    [
        (b'\xef\xbb\xbf{"a": 1}', {"a": 1}),
        (b"a: 1\r\nb:\r\n  - x\r\n", {"a": 1, "b": ["x"]}),
        ("a: ў".encode("utf-16"), {"a": "ў"}),
        (b"{'a': 1, b: [x, y,],}", {"a": 1, "b": ["x", "y"]}),
        (b"200: {description: ok}", {"200": {"description": "ok"}}),
        (b"a: NO\nb: 2026-01-01\nc: 1_000\nd: 0o17\ne: 0x1F\nf: 1e3\ng: .5\nh: ~\ni: 012", None),
        (b"a: &x {b: 1}\nc: *x\nd: {<<: *x, e: 2}", {"a": {"b": 1}, "c": {"b": 1}, "d": {"b": 1, "e": 2}}),
        (b"a: '1'\nb: \"true\"\nc: |\n  null\n", {"a": "1", "b": "true", "c": "null\n"}),
        (b"", None),
    ],
)
def test_it_is_read_as_it_is_meant(raw: bytes, value: Any) -> None:
    found, notes = load(raw)
    if raw.startswith(b"a: NO"):  # YAML 1.2: no yes and no, no dates, no octal by a leading zero
        value = {"a": "NO", "b": "2026-01-01", "c": "1_000", "d": 15, "e": 31, "f": 1000.0, "g": 0.5, "h": None, "i": 12}
    assert found == value
    assert notes == ()


@pytest.mark.parametrize("raw", [b'{"a": 1, "a": 2}', b"a: 1\na: 2"])
def test_a_key_that_stands_twice_is_told(raw: bytes) -> None:
    found, notes = load(raw)
    assert found == {"a": 2}
    assert "'a' stands twice" in notes[0]


@pytest.mark.parametrize("raw", [b"{", b"a: [", b"a: *b", b"a: &a [*a]", b"? [1]\n: 2", b"{" * 500 + b"}" * 500])
def test_what_cannot_be_read(raw: bytes) -> None:
    with pytest.raises(Unreadable):
        load(raw)


def test_aliases_cannot_grow_without_bound() -> None:
    lines = ["a0: &a0 [x, x, x, x, x, x, x, x, x, x]"]
    lines += [f"a{i}: &a{i} [{', '.join([f'*a{i - 1}'] * 10)}]" for i in range(1, 12)]
    with pytest.raises(Unreadable, match="too large"):
        load("\n".join(lines).encode())


def test_large_documents_are_read_in_seconds() -> None:
    part = "    /path/{}:\n      get: {{operationId: get{}, responses: {{200: {{description: ok, x: [1, 2, 3, 4]}}}}}}\n"
    raw = ("paths:\n" + "".join(part.format(i, i) for i in range(20_000))).encode()
    started = time.perf_counter()
    found, _ = load(raw)
    assert len(found["paths"]) == 20_000
    assert time.perf_counter() - started < 20, "a reader in Python takes minutes"
