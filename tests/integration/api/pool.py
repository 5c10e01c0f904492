"""What stands in a town, found through its own document: real values for the parameters of calls, so that not all is a 404.

Nothing here names a call: a list at ``/v1/incidents`` gives ``{incident}``, and a member ``request`` of any item ``{request}``.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from typing import Any

from tests.unit.api.asgi import Caller

Document = Mapping[str, Any]
_PARAMETER = re.compile(r"\{(\w+)\}")


class Pool:
    """Values by the name of the parameter that they can stand for, and bodies by the name of their schema."""

    def __init__(self, document: Document) -> None:
        self.values: dict[str, list[str]] = {}
        self.bodies: dict[str, list[dict[str, Any]]] = {}
        self._paths = {path: item["get"] for path, item in document["paths"].items() if "get" in item}
        self._names = {name for path in document["paths"] for name in _PARAMETER.findall(path)}

    def put(self, name: str, value: Any) -> None:
        """Keep a value, as what it stands for."""
        known = self.values.setdefault(name, [])
        if isinstance(value, str) and value and value not in known and "/" not in value:
            known.append(value)

    async def gather(self, *callers: Caller, most: int = 6) -> None:
        """Read every list of the document, those that need no parameter first, then those within what was found."""
        for path in sorted(self._paths, key=lambda p: p.count("{")):
            if "text/event-stream" in str(self._paths[path]["responses"].get("200", "")):
                continue
            for url in list(self._urls(path))[:most]:
                for caller in callers:
                    answer = await caller.get(url)
                    if answer.status == 200 and answer.headers.get("content-type", "") == "application/json":
                        self._take(path, answer.json())

    def _urls(self, path: str) -> Iterator[str]:
        names = _PARAMETER.findall(path)
        if not names:
            yield path
        elif len(names) == 1:
            for value in self.values.get(names[0], []):
                yield path.replace(f"{{{names[0]}}}", value)

    def _take(self, path: str, shown: Any) -> None:
        items = shown.get("items") if isinstance(shown, dict) else None
        own = _one_of(path.rsplit("/", 1)[-1])
        for item in items if isinstance(items, list) else [shown]:
            if not isinstance(item, dict):
                continue
            if items is not None and own in self._names:
                self.put(own, item.get("id"))
            for name, value in item.items():
                for found in value if isinstance(value, list) else [value]:
                    plain = _one_of(name)
                    if plain in self._names:
                        self.put(plain, found.get("id") if isinstance(found, dict) else found)
                    if isinstance(found, dict) and "digest" in self._names:
                        self.put("digest", found.get("digest"))


def _one_of(plural: str) -> str:
    if plural.endswith("ies"):
        return f"{plural[:-3]}y"
    return plural.removesuffix("s")
