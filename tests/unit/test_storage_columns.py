"""How values are kept: instants with their zone, JSON that comes back as it was."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, timezone
from enum import StrEnum
from types import MappingProxyType

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gateway.domain.events import canonical
from gateway.domain.term import term_from_json, term_to_json
from gateway.domain.term_rule import Term, Unit
from gateway.storage.columns import dump_json, instant_text, load_json, load_shared, word
from gateway.storage.mint import SystemMint
from gateway.storage.urls import driver_url

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(st.text(), inner, max_size=4),
    max_leaves=12,
)


@given(JSON)
def test_json_keeps_its_one_spelling(value: object) -> None:
    assert canonical(load_json(dump_json(value))) == canonical(value)


def test_json_takes_what_the_rules_write() -> None:
    class Kind(StrEnum):
        ONE = "one"

    at = datetime(2026, 3, 2, 5, 0, 0, 120, tzinfo=UTC)
    value = {"at": at, "kind": Kind.ONE, Kind.ONE: 1, "map": MappingProxyType({"a": ()}), "set": frozenset({"b", "a"})}
    assert load_json(dump_json(value)) == {
        "at": at.isoformat(), "kind": "one", "one": 1, "map": {"a": []}, "set": ["a", "b"],
    }  # fmt: skip
    with pytest.raises(TypeError):
        dump_json({"x": object()})
    with pytest.raises(TypeError):
        dump_json({"x": 2**64})


def test_an_instant_is_fixed_width_in_utc_and_sorts_as_time_does() -> None:
    local = datetime(2026, 3, 2, 10, 0, tzinfo=timezone(timedelta(hours=5)))
    assert instant_text(local) == "2026-03-02T05:00:00.000000+00:00"
    assert instant_text(local) < instant_text(local + timedelta(microseconds=1))
    with pytest.raises(ValueError, match="without a zone"):
        instant_text(datetime(2026, 3, 2))  # noqa: DTZ001 - the mistake under test


def test_only_a_plain_word_goes_into_a_statement() -> None:
    assert str(word("in_doubt")) == "'in_doubt'"
    with pytest.raises(ValueError, match="no plain word"):
        word("a'; --")


def test_ids_are_in_the_order_of_making() -> None:
    mint = SystemMint()
    ids = [mint.uuid() for _ in range(200)]
    assert ids == sorted(ids)
    assert {id_.version for id_ in ids} == {7}
    assert len({mint.salt() for _ in range(50)}) == 50
    assert all(0 <= mint.jitter() < 1 for _ in range(50))


@pytest.mark.parametrize(
    ("url", "driver"),
    [
        ("postgresql://u:p%40ss@h:5432/d", "postgresql+asyncpg"),
        ("postgres://h/d", "postgresql+asyncpg"),
        ("postgresql+asyncpg://h/d", "postgresql+asyncpg"),
        ("sqlite:///var/darcha.db", "sqlite+aiosqlite"),
    ],
)
def test_urls_get_our_drivers(url: str, driver: str) -> None:
    assert driver_url(url).drivername == driver


def test_a_rule_that_many_rows_spell_alike_is_read_once_and_closed_to_change() -> None:
    short, long = (term_to_json(Term(length, Unit.WORKING_DAYS)) for length in (5, 15))
    shared = load_shared(dump_json(short))
    assert load_shared(dump_json(short)) is shared
    assert term_from_json(shared) is term_from_json(shared)
    assert term_from_json(shared) == term_from_json(short) != term_from_json(load_shared(dump_json(long)))
    assert dump_json(shared) == dump_json(short)
    with pytest.raises(TypeError):
        shared["length"] = 6  # type: ignore[index]  # what the rest of the code cannot do either
