"""Names of the files of an operation: safe and different on every file system."""

from __future__ import annotations

import re
from collections.abc import Iterable
from typing import Final

from gateway.sdk.simulation.examples import own_stem

#: Names that Windows keeps for devices, whatever follows the dot.
_DEVICES: Final = re.compile(r"(?:con|prn|aux|nul|com\d|lpt\d)", re.IGNORECASE)


def stems(operations: Iterable[str]) -> dict[str, str]:
    """Return the name before the endings of each operation's files.

    It is the operation's own, but for one that another has already in other letter case, or that no file may have.
    """
    taken: set[str] = set()
    made: dict[str, str] = {}
    for name in operations:
        plain = name.lower() not in taken and _DEVICES.fullmatch(name) is None
        made[name] = name if plain else own_stem(name)
        taken.add(made[name].lower())
    return made


def agency_variable(name: str) -> str:
    """Return the environment variable of the agency's address."""
    return re.sub(r"[^A-Z0-9]", "_", name.upper()) + "_URL"
