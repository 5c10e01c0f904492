"""Adapters are found through entry points; a broken one is named with its distribution."""

from __future__ import annotations

from importlib.metadata import EntryPoint

import pytest

from gateway.catalogue.plugins import GROUP, AdapterBroken, find_adapters
from tests.unit.catalogue.small import ADAPTERS

fake = ADAPTERS["fake"]
twin = ADAPTERS["people"]
no_manifest = 42
HERE = "tests.unit.catalogue.test_plugins"


def point(name: str, value: str) -> EntryPoint:
    return EntryPoint(name, value, GROUP)


def test_adapters_are_found_by_name() -> None:
    assert find_adapters([point("fake", f"{HERE}:fake"), point("people", f"{HERE}:twin")]) == {"fake": fake, "people": twin}
    assert find_adapters([]) == {}


@pytest.mark.parametrize(
    ("name", "value", "message"),
    [
        ("lost", "no_such_package_anywhere:manifest", "cannot be imported: ModuleNotFoundError"),
        ("lost", f"{HERE}:nothing", "cannot be imported: AttributeError"),
        ("wrong", f"{HERE}:no_manifest", "is a int"),
        ("other", f"{HERE}:fake", "calls itself 'fake'"),
    ],
)
def test_a_broken_plug_in_is_named(name: str, value: str, message: str) -> None:
    with pytest.raises(AdapterBroken, match=message) as caught:
        find_adapters([point(name, value)])
    assert f"{name} = {value}" in str(caught.value)


def test_two_plug_ins_of_one_name() -> None:
    copy = "tests.unit.catalogue.small:OTHER_FAKE"
    with pytest.raises(AdapterBroken, match="two plug-ins are called 'fake'"):
        find_adapters([point("fake", f"{HERE}:fake"), point("fake", copy)])
