"""Lists that come in pages: asked for one after the other, joined before the response expression reads them.

```yaml
options:
  pages:
    items: /data            # where the list stands in a page (a JSON Pointer); left out: the page is the list
    next: link              # RFC 8288: the Link header with rel="next"
    next: /links/next       # or: the address of the next page stands there in the body
    next: {param: cursor, from: /meta/next}    # or: the value for a parameter stands there
    next: {param: page, first: 1}              # or: pages are counted
    next: {param: offset, step: 100}           # or: members are counted, so many a page
    most: 50                # at most so many pages (20 without)
```

Where pages or members are counted, a page without members (or, with ``step``, with fewer) is the last. More pages than
``most``, or more bytes than a reply may have, give no outcome but an error: half a list would be taken for the whole.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final

import orjson
from yarl import URL

from gateway.sdk import AdapterError, Invalid, Parsed
from gateway.sdk.http import MAX_REPLY_BYTES
from gateway.sdk.strict_json import NotJson, loads

MOST: Final = 20
_LIMIT: Final = 1000
_LINK: Final = re.compile(r"<([^>]*)>((?:\s*;\s*[^,;=\s]+\s*(?:=\s*(?:\"[^\"]*\"|[^,;\s]*))?)*)")
_REL: Final = re.compile(r";\s*rel\s*=\s*(?:\"([^\"]*)\"|([^,;\s]*))", re.IGNORECASE)
_POINTER: Final = re.compile(r"(/[^/]*)*")
_COUNTED: Final = frozenset({"param", "first", "step"})


class PagesWrong(AdapterError):
    """``options.pages`` cannot be used (``key``, ``reason``)."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"{key}: {reason}")
        self.key = key
        self.reason = reason


class TooMuch(AdapterError):
    """The pages cannot be joined; ``parsed`` is what that means."""

    def __init__(self, reason: str) -> None:
        super().__init__(reason)
        self.parsed = Parsed(Invalid("", f"the pages of the answer: {reason}"))


@dataclass(frozen=True, slots=True)
class Pages:
    """How pages are asked for. One of ``link``, ``address`` (a pointer) and ``param`` is set."""

    items: str = ""
    link: bool = False
    address: str = ""
    param: str = ""
    source: str = ""
    first: int = 1
    step: int = 0
    most: int = MOST

    @classmethod
    def of(cls, given: Any) -> Pages:
        """Return what the option says. Raises ``PagesWrong``."""
        if not isinstance(given, Mapping) or set(given) - {"items", "next", "most"} or "next" not in given:
            raise PagesWrong("", "expected {items, next, most}; next is required")
        most, items, following = given.get("most", MOST), given.get("items", ""), given["next"]
        if not _whole(most) or not 1 <= most <= _LIMIT:
            raise PagesWrong("most", f"a whole number from 1 to {_LIMIT}")
        if not isinstance(items, str) or not _POINTER.fullmatch(items):
            raise PagesWrong("items", "a JSON Pointer such as /data; none where the page is the list")
        if following == "link":
            return cls(items, link=True, most=most)
        if isinstance(following, str) and following and _POINTER.fullmatch(following):
            return cls(items, address=following, most=most)
        if not isinstance(following, Mapping) or not isinstance(following.get("param"), str):
            raise PagesWrong("next", "link, a JSON Pointer, or an object with param")
        if "from" in following:
            source = following["from"]
            if set(following) != {"param", "from"} or not isinstance(source, str) or not _POINTER.fullmatch(source) or not source:
                raise PagesWrong("next", "{param, from: JSON Pointer}")
            return cls(items, param=following["param"], source=source, most=most)
        first, step = following.get("first", 0 if "step" in following else 1), following.get("step", 0)
        if set(following) - _COUNTED or not _whole(first) or not _whole(step) or step < 0:
            raise PagesWrong("next", "{param, first?} or {param, step}; first and step are whole numbers")
        return cls(items, param=following["param"], first=first, step=step, most=most)

    def reader(self, url: URL) -> PageReader:
        """Return what reads the pages of one list that begins at ``url``."""
        return PageReader(self, url)


def _whole(value: Any) -> bool:
    return isinstance(value, int) and not isinstance(value, bool)


@dataclass(slots=True)
class PageReader:
    """Takes one page after the other. ``count`` is how many it has, ``size`` their bytes."""

    pages: Pages
    url: URL
    count: int = 0
    size: int = 0
    members: list[Any] = field(default_factory=list)
    seen: set[str] = field(default_factory=set)

    def take(self, headers: Mapping[str, str], body: bytes) -> str | None:
        """Take a page and return the address of the next, ``None`` after the last. Raises ``TooMuch``."""
        try:
            page = loads(body)
        except NotJson as error:
            raise TooMuch(f"page {self.count + 1} is not JSON: {error}") from error
        found = at(page, self.pages.items)
        if not isinstance(found, list):
            raise TooMuch(f"page {self.count + 1} has no list at {self.pages.items or '/'}")
        self.count += 1
        self.size += len(body)
        self.members += found
        following = self._next(headers, page, len(found))
        if following is None:
            return None
        if following in self.seen:
            raise TooMuch("a page names one that was read already as its next")
        if self.count >= self.pages.most:
            raise TooMuch(f"there are more than {self.pages.most} (options.pages.most)")
        if self.size >= MAX_REPLY_BYTES:
            raise TooMuch(f"they are larger than {MAX_REPLY_BYTES} bytes")
        self.seen.add(following)
        return following

    def joined(self, first: bytes) -> bytes:
        """Return the first page with the members of all."""
        page = loads(first)
        if not self.pages.items:
            return orjson.dumps(self.members)
        parent, _, last = self.pages.items.rpartition("/")
        holder = at(page, parent)
        key = last.replace("~1", "/").replace("~0", "~")
        holder[int(key) if isinstance(holder, list) else key] = self.members
        return orjson.dumps(page)

    def _next(self, headers: Mapping[str, str], page: Any, members: int) -> str | None:
        pages = self.pages
        if pages.link:
            return next_link(headers.get("link", ""))
        if pages.address:
            found = at(page, pages.address)
            return found if isinstance(found, str) and found else None
        if pages.source:
            value = at(page, pages.source)
            usable = isinstance(value, str | int) and not isinstance(value, bool) and value != ""
            return self._with(str(value)) if usable else None
        if members == 0 or members < pages.step:
            return None
        number = pages.first + (self.count * pages.step if pages.step else self.count)
        return self._with(str(number))

    def _with(self, value: str) -> str:
        return str(self.url.update_query({self.pages.param: value}))


def next_link(header: str) -> str | None:
    """Return the target of the link with the relation ``next`` in a Link header (RFC 8288)."""
    for target, params in _LINK.findall(header):
        for quoted, plain in _REL.findall(params):
            if "next" in (quoted or plain).lower().split():
                return str(target).strip()
    return None


def at(value: Any, pointer: str) -> Any:
    """Return what stands at a JSON Pointer, ``None`` where nothing does."""
    for part in pointer.split("/")[1:]:
        key = part.replace("~1", "/").replace("~0", "~")
        if isinstance(value, Mapping):
            value = value.get(key)
        elif isinstance(value, list) and key.isdecimal() and int(key) < len(value):
            value = value[int(key)]
        else:
            return None
    return value
