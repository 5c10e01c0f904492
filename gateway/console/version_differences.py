"""Where two versions of a service or a contract differ, value by value, as a table that people read. Pure."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

#: So many differences are shown.
MOST: Final = 200
_LONGEST: Final = 160
#: What differs with every version and says nothing.
_LEFT_OUT: Final = frozenset({"digest", "files"})


@dataclass(frozen=True, slots=True)
class Difference:
    """``path`` leads to the value. ``was`` and ``now`` are empty where there is or was none; ``what`` is ``added``, ``removed``
    or ``changed``."""

    path: str
    what: str
    was: str
    now: str


def differences(was: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    """Return what differs, in the order of the versions' own keys; ``MOST`` at most and one more, which says that there are."""
    found = []
    for difference in _between("", _named(was), _named(now)):
        found.append(difference)
        if len(found) > MOST:
            break
    return found


def _between(path: str, was: Any, now: Any) -> Iterator[Difference]:
    if isinstance(was, Mapping) and isinstance(now, Mapping):
        for key in [*was, *(key for key in now if key not in was)]:
            here = f"{path}/{key}" if path else str(key)
            if key not in now:
                yield Difference(here, "removed", _short(was[key]), "")
            elif key not in was:
                yield Difference(here, "added", "", _short(now[key]))
            else:
                yield from _between(here, was[key], now[key])
    elif was != now or isinstance(was, bool) != isinstance(now, bool):
        yield Difference(path or "/", "changed", _short(was), _short(now))


def _named(value: Any) -> Any:
    """Lists of things that have an id become objects by it, so that one that was put between moves nothing else."""
    if isinstance(value, Mapping):
        return {key: _named(inner) for key, inner in value.items() if key not in _LEFT_OUT}
    if isinstance(value, list):
        for name in ("id", "code"):
            ids = [item.get(name) for item in value if isinstance(item, Mapping)]
            if value and len(ids) == len(value) == len({*map(str, ids)}) and all(ids):
                return {str(item[name]): _named(item) for item in value}
        return {str(place): _named(item) for place, item in enumerate(value)} if value else value
    return value


def _short(value: Any) -> str:
    text = value if isinstance(value, str) else json.dumps(value, ensure_ascii=False, sort_keys=True)
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST else text[: _LONGEST - 1] + "…"
