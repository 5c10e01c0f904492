"""What differs between two versions, told value by value."""

from __future__ import annotations

from typing import Any

from gateway.console.version_differences import MOST, Difference, differences


def told(was: Any, now: Any) -> list[tuple[str, str, str, str]]:
    return [(d.path, d.what, d.was, d.now) for d in differences(was, now)]


def test_equal_versions_do_not_differ() -> None:
    assert told({"a": [1, {"id": "x"}]}, {"a": [1, {"id": "x"}]}) == []


def test_values_that_came_went_and_changed() -> None:
    was = {"term": {"length": 5, "roll": True}, "fee": 0}
    now = {"term": {"length": 3, "roll": 1}, "result": "paper"}
    assert told(was, now) == [
        ("term/length", "changed", "5", "3"),
        ("term/roll", "changed", "true", "1"),
        ("fee", "removed", "0", ""),
        ("result", "added", "", "paper"),
    ]


def test_a_step_that_is_put_between_moves_nothing_else() -> None:
    was = {"steps": [{"id": "a", "agency": "x"}, {"id": "c", "agency": "z"}]}
    now = {"steps": [{"id": "a", "agency": "x"}, {"id": "b", "agency": "y"}, {"id": "c", "agency": "w"}]}
    assert told(was, now) == [
        ("steps/c/agency", "changed", "z", "w"),
        ("steps/b", "added", "", '{"agency": "y", "id": "b"}'),
    ]


def test_lists_without_ids_go_by_their_places() -> None:
    assert told({"roles": ["a"]}, {"roles": ["b", "c"]}) == [
        ("roles/0", "changed", "a", "b"),
        ("roles/1", "added", "", "c"),
    ]
    assert told({"x": []}, {"x": [1]}) == [("x", "changed", "[]", '{"0": 1}')]
    assert told({"x": [{"id": "a"}, {"id": "a"}]}, {"x": [{"id": "a"}]}) == [
        ("x/0", "removed", '{"id": "a"}', ""),
        ("x/1", "removed", '{"id": "a"}', ""),
        ("x/a", "added", "", '{"id": "a"}'),
    ]


def test_digests_say_nothing_and_long_values_are_cut() -> None:
    assert told({"digest": "1"}, {"digest": "2"}) == []
    (one,) = differences({"form": "x"}, {"form": "y" * 500})
    assert isinstance(one, Difference)
    assert len(one.now) == 160


def test_there_is_an_end() -> None:
    assert len(differences({}, {str(n): n for n in range(1000)})) == MOST + 1
