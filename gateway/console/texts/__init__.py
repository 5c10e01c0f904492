"""All texts of the console: key → (Uzbek in Latin letters, Russian, Kyrgyz, English). A module a page; no key twice."""

from __future__ import annotations

from typing import Final

from gateway.console.texts import (
    acts,
    agencies,
    audit,
    calendars,
    case,
    cases,
    catalogue,
    desk,
    events,
    frame,
    history,
    incidents,
    login,
    overview,
    repairs,
    replays,
    states,
    webhooks,
)

Four = tuple[str, str, str, str]
MODULES: Final = (
    *(frame, login, states, events, overview, cases, case, acts, agencies, incidents, replays, desk, repairs),
    *(calendars, webhooks, catalogue, audit, history),
)


def _together() -> dict[str, Four]:
    found: dict[str, Four] = {}
    for module in MODULES:
        if twice := found.keys() & module.TEXTS.keys():
            raise ValueError(f"{module.__name__} has keys that stand elsewhere: {', '.join(sorted(twice))}")
        found |= module.TEXTS
    return found


TEXTS: Final = _together()
