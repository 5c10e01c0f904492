"""Where a document says that its agency is: ``servers`` of OpenAPI 3, ``host``, ``basePath`` and ``schemes`` of Swagger 2.0."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any, Final

_VARIABLE: Final = re.compile(r"\{([^{}]+)\}")


def servers(document: Mapping[str, Any]) -> tuple[str, ...]:
    """Return the addresses, the first first; variables have their default value. One may be relative (``/api``)."""
    if "swagger" in document:
        return _old(document)
    listed = document.get("servers")
    found = []
    for server in listed if isinstance(listed, list) else ():
        if isinstance(server, Mapping) and isinstance(server.get("url"), str):
            variables = server.get("variables")
            found.append(_filled(server["url"].strip(), variables if isinstance(variables, Mapping) else {}))
    return tuple(found)


def _old(document: Mapping[str, Any]) -> tuple[str, ...]:
    base = str(document.get("basePath") or "").strip().rstrip("/")
    base = base if base.startswith("/") or not base else f"/{base}"
    host = str(document.get("host") or "").strip().rstrip("/")
    if not host:
        return (base,) if base else ()
    if "://" in host:
        return (host + base,)
    given = document.get("schemes")
    schemes = [str(s) for s in given if s in {"https", "http"}] if isinstance(given, list) else []
    return tuple(f"{scheme}://{host}{base}" for scheme in sorted(schemes, reverse=True) or ["https"])


def _filled(url: str, variables: Mapping[str, Any]) -> str:
    def value(found: re.Match[str]) -> str:
        variable = variables.get(found[1])
        default = variable.get("default") if isinstance(variable, Mapping) else None
        return found[0] if default is None else str(default)

    return _VARIABLE.sub(value, url)
