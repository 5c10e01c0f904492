"""What many forms ask: a reason, an id, one of the catalogue's agencies, services or offices."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any, Final
from uuid import UUID

from gateway.console.visit import Visit
from gateway.console.words import in_language
from gateway.domain.errors import BadInput, NotFound, Problem

_LONGEST: Final = 2000


def typed(visit: Visit, name: str, most: int = _LONGEST) -> str:
    """Return what was typed into a field, without blanks around it. Raises ``BadInput`` when it is too long."""
    value = visit.form.get(name, "")
    text = value.strip() if isinstance(value, str) else ""
    if len(text) > most:
        raise BadInput([Problem(f"/{name}", "too_long_text", f"{name} is longer than {most} characters")])
    return text


def reason_of(visit: Visit) -> str:
    """Return the reason. Raises ``BadInput`` when there is none."""
    found = typed(visit, "reason")
    if not found:
        raise BadInput([Problem("/reason", "reason_missing", "say why, so that whoever reads it later knows")])
    return found


def id_of(visit: Visit, name: str) -> UUID:
    """Return the id that the address names. Raises ``NotFound`` when it is none."""
    text = visit.request.path_params[name]
    try:
        return UUID(text)
    except ValueError:
        raise NotFound("not_found", f"there is no {name} {text[:60]!r}") from None


def titled(visit: Visit, things: Mapping[str, Any]) -> Sequence[tuple[str, str]]:
    """Return (id, title) of things of the catalogue as a form offers them, in the order of their titles."""
    found = [(id_, in_language(each.title, visit.language, id_)) for id_, each in things.items()]
    return sorted(found, key=lambda choice: choice[1].casefold())
