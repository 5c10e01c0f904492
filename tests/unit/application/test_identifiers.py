"""The blind index: one identifier, one hash, however it is spelt; nothing of it without the key."""

from __future__ import annotations

import pytest

from gateway.application.identifiers import BlindIndex
from gateway.application.unique import unique_hash

INDEX = BlindIndex(b"secret")


@pytest.mark.parametrize("spelt", ["312-038/571.00011", "312 038 571 00011", "31203857100011"])
def test_spelling_does_not_matter(spelt: str) -> None:
    assert INDEX.hash("person", spelt) == INDEX.hash("person", "31203857100011")


def test_letter_case_does_not_matter() -> None:
    assert INDEX.hash("person", "ab1234567") == INDEX.hash("person", "AB 1234567")


def test_the_kind_and_the_key_do() -> None:
    one = INDEX.hash("person", "301112233")
    other = BlindIndex(b"another")
    assert (
        len({one, INDEX.hash("organisation", "301112233"), other.hash("person", "301112233"), INDEX.hash("person", "301112234")})
        == 4
    )
    assert len(one) == 32 and b"301112233" not in one
    assert INDEX.key != other.key and len(INDEX.key) == 8
    assert one.hex() != unique_hash(b"secret", "person", ["301112233"]), "each use of the secret has a key of its own"


def test_each_party_with_an_identifier_has_one_entry_in_its_role() -> None:
    party = {"role": "applicant", "kind": "person", "identifier": "31203857100011"}
    newborn = {"role": "subject", "kind": "person"}
    firm = {"role": "representative", "kind": "organisation", "identifier": "301112233"}
    entries = INDEX.entries({"parties": [party, newborn, firm, dict(party), party | {"role": "subject"}]})
    assert [(e.role, e.key) for e in entries] == [(role, INDEX.key) for role in ("applicant", "representative", "subject")]
    assert entries[0].hash == entries[2].hash == INDEX.hash("person", "31203857100011")
    assert INDEX.entries({}) == []
