"""The blind index: how a case is found by a person's identifier, which itself is kept in no index, address or log.

What is stored is HMAC-SHA256 over the kind of identifier and its one spelling, under a key derived from the gateway's secret.
Who has the database alone can neither read an identifier nor try all there are.
"""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any, Final

from gateway.domain.events import canonical

#: What an identifier is of: a person's PINFL or PIN, an organisation's tax number.
KINDS: Final = ("person", "organisation")
#: How an identifier is written, in an application and by whoever looks for it.
PATTERN: Final = r"^[0-9A-Za-z][0-9A-Za-z./ -]{0,49}$"
ROLES: Final = ("applicant", "subject", "representative")
_SEPARATORS: Final = str.maketrans("", "", " \t./-")


@dataclass(frozen=True, slots=True)
class Entry:
    """One party of a case in the index: the hash of its identifier, its role, and the short id of the key."""

    hash: bytes
    role: str
    key: str


class BlindIndex:
    """Hashes of identifiers under the key of one secret.

    ``key`` is a short id of that key: it stands beside each hash, tells nothing of the key, and says which entries are to be
    made anew once the secret is another one.
    """

    def __init__(self, secret: bytes) -> None:
        self._key = hmac.digest(secret, b"darcha search identifier", hashlib.sha256)
        self.key = hmac.digest(self._key, b"darcha key id", hashlib.sha256).hex()[:8]

    def hash(self, kind: str, identifier: str) -> bytes:
        """Return the hash of an identifier, however it was spelt: letter case, spaces, dots, dashes and slashes do not matter."""
        plain = identifier.translate(_SEPARATORS).upper()
        return hmac.digest(self._key, canonical([kind, plain]), hashlib.sha256)

    def entries(self, envelope: Mapping[str, Any]) -> list[Entry]:
        """Return an entry for each party of an application that has an identifier; two equal ones are one."""
        parties: Sequence[Mapping[str, Any]] = envelope.get("parties") or ()
        found = (
            Entry(self.hash(str(party["kind"]), str(party["identifier"])), str(party["role"]), self.key)
            for party in parties
            if party.get("identifier")
        )
        return list(dict.fromkeys(found))
