"""What stands in the navigation, in order. A page that is not listed is reached from another page."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Final

from gateway.console.scopes import Scope


@dataclass(frozen=True, slots=True)
class Entry:
    """``path`` is below ``/console``; ``key`` is the text of its name; ``scopes``: one of them is needed.

    ``all_cases``: only for those who see the cases of all clients.
    """

    path: str
    key: str
    scopes: tuple[Scope, ...] = (Scope.READ,)
    all_cases: bool = False

    def covers(self, path: str) -> bool:
        """Return whether a page of that path belongs to the entry."""
        return path == self.path or (self.path != "/" and path.startswith(f"{self.path}/"))


NAVIGATION: Final[tuple[Entry, ...]] = (
    Entry("/", "nav.overview", all_cases=True),
    Entry("/cases", "nav.cases"),
    Entry("/incidents", "nav.incidents", (Scope.OPERATE,)),
    Entry("/replays", "nav.replays", (Scope.OPERATE,)),
    Entry("/agencies", "nav.agencies", (Scope.OPERATE,)),
    Entry("/desk", "nav.desk", (Scope.DESK,)),
    Entry("/calendars", "nav.calendars", (Scope.OPERATE,)),
    Entry("/webhooks", "nav.webhooks", (Scope.OPERATE,)),
    Entry("/catalogue", "nav.catalogue"),
    Entry("/audit", "nav.audit", (Scope.OPERATE,)),
)
