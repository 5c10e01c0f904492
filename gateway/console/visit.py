"""A visit: one call of one person, with all that a page needs to answer it."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import urlencode
from zoneinfo import ZoneInfo

from starlette.datastructures import FormData
from starlette.requests import Request
from starlette.responses import HTMLResponse, RedirectResponse, Response

from gateway.application.accounts import Session
from gateway.application.reads import Client
from gateway.console.navigation import NAVIGATION, Entry
from gateway.console.parts import ConsoleParts
from gateway.console.rendering import rendered
from gateway.console.scopes import Scope
from gateway.console.words import in_language, say, word

ROOT: Final = "/console"
THEMES: Final = ("auto", "light", "dark")
THEME_COOKIE: Final = "darcha_theme"


@dataclass(slots=True)
class Visit:
    """``client`` is who is signed in, as the use cases know callers; ``None`` only on the pages before that.

    ``live``: the page refreshes itself; nobody need be sitting there.
    """

    request: Request
    parts: ConsoleParts
    language: str
    client: Client | None = None
    session: Session | None = None
    form: FormData = field(default_factory=FormData)
    live: bool = False

    @property
    def name(self) -> str:
        """The account's name."""
        return self.client.name if self.client is not None else ""

    @property
    def actor(self) -> str:
        """How events name this person."""
        return f"operator:{self.name}"

    @property
    def path(self) -> str:
        """The path below the console."""
        return self.request.scope["path"].removeprefix(ROOT) or "/"

    @property
    def sees(self) -> str:
        """The client whose cases this person sees; empty: all.

        Operators see all, and so do readers who are bound to nothing.
        """
        if self.client is None or self.may(Scope.OPERATE):
            return ""
        return self.client.bound_to

    @property
    def csrf(self) -> str:
        """What forms of this session carry."""
        return self.session.csrf if self.session is not None else ""

    def may(self, *scopes: Scope) -> bool:
        """Return whether the account has one of the scopes."""
        has = self.client.scopes if self.client is not None else frozenset()
        return any(scope in has or (scope == Scope.READ and Scope.OPERATE in has) for scope in scopes)

    def may_go(self, entry: Entry) -> bool:
        """Return whether a page of the navigation is open to this person."""
        return self.may(*entry.scopes) and not (entry.all_cases and self.sees)

    def text(self, key: str, **values: object) -> str:
        """Return a text of the console in this person's language."""
        return say(key, self.language, **values)

    def zone_of(self, office: str) -> ZoneInfo:
        """Return the zone in which a case of that office is told."""
        found = self.parts.deployment.catalogue.offices.get(office)
        return ZoneInfo(found.time_zone) if found is not None else self.parts.zone

    def agency_title(self, agency: str) -> str:
        """Return an agency's title; its id when the catalogue no longer has it."""
        found = self.parts.deployment.catalogue.agencies.get(agency)
        return in_language(found.title, self.language, agency) if found is not None else agency

    def service_title(self, service: str) -> str:
        """Return a service's title; its id when the catalogue no longer has it."""
        found = self.parts.deployment.catalogue.services.get(service)
        return in_language(found.title, self.language, service) if found is not None else service

    def office_title(self, office: str) -> str:
        """Return an office's title; its id when the catalogue no longer has it."""
        found = self.parts.deployment.catalogue.offices.get(office)
        return in_language(found.title, self.language, office) if found is not None else office

    def holder_name(self, holder: str) -> str:
        """Return who holds a case, in words: an agency by its title."""
        kind, _, name = holder.partition(":")
        return self.agency_title(name) if kind == "agency" else word("holder", kind, self.language)

    def render(
        self,
        template: str,
        *,
        status: int = 200,
        headers: Mapping[str, str] | None = None,
        zone: ZoneInfo | None = None,
        **values: Any,
    ) -> Response:
        """Return a page. Times are told in ``zone``, the deployment's unless given."""
        theme = self.request.cookies.get(THEME_COOKIE, "auto")
        page = rendered(
            template,
            self.language,
            zone or self.parts.zone,
            self.parts.now(),
            visit=self,
            navigation=[entry for entry in NAVIGATION if self.client is not None and self.may_go(entry)],
            theme=theme if theme in THEMES else "auto",
            done=self.request.query_params.get("done", ""),
            **values,
        )
        return HTMLResponse(page, status, headers=dict(headers or {}))

    def redirect(self, path: str, **query: str) -> Response:
        """Return the answer to a form that was done: go there and read. ``done`` names the text that says what was done."""
        return RedirectResponse(self.url(path, **query), 303)

    def url(self, path: str, **query: object) -> str:
        """Return the address of a page; empty values are left out."""
        given = {name: value for name, value in query.items() if value not in ("", None)}
        return f"{ROOT}{path}" + (f"?{urlencode(given)}" if given else "")

    def without(self, name: str) -> str:
        """Return the address of this page with one narrowing less, from its beginning."""
        return self.with_query(**{name: "", "after": ""})

    def with_query(self, **changed: str) -> str:
        """Return the address of this page with some of its query changed."""
        query = {k: v for k, v in self.request.query_params.items() if k not in ("done", "live")}
        return self.url(self.path, **{**query, **changed})
