"""What a document says of credentials, as the skeleton of ``auth`` in agency.yaml."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from adapters.rest.openapi import ContractBroken, OpenApi
from adapters.rest.references import Place

_SECRET: Final = "secret://agency/"  # noqa: S105  - a reference, which the folder's own name completes


def auth_of(contract: OpenApi) -> tuple[dict[str, Any], list[str]]:
    """Return the skeleton and what cannot be said in it.

    The first scheme that the document's own ``security`` asks for counts, else the one most operations ask for, else the
    first that is declared.
    """
    schemes = _schemes(contract)
    asked = [name for name in _asked(contract) if name in schemes]
    notes: list[str] = []
    for name in [*asked, *schemes]:
        made, note = _skeleton(schemes[name])
        if note:
            notes.append(f"security scheme {name}: {note}")
        if made is not None:
            others = sorted(set(asked) - {name})
            if others:
                notes.append(f"the contract names other ways to authenticate, too: {', '.join(others)}")
            return made, list(dict.fromkeys(notes))
    return {"kind": "none"}, notes


def _schemes(contract: OpenApi) -> dict[str, Mapping[str, Any]]:
    at = "/securityDefinitions" if contract.swagger else "/components/securitySchemes"
    place = Place(contract.main, at)
    try:
        listed = contract.files.node(place)
    except ContractBroken:
        return {}
    found = {}
    for name, raw in listed.items() if isinstance(listed, Mapping) else ():
        try:
            found[str(name)] = contract.files.follow(place.below(name), raw)[1]
        except ContractBroken:
            continue
    return found


def _asked(contract: OpenApi) -> list[str]:
    """The names that requirements have, the document's own first, then by how many operations ask."""
    count: dict[str, int] = {}
    for name in _named(contract.document.get("security")):
        count[name] = count.get(name, 0) + 1_000_000
    paths = contract.document.get("paths")
    for item in paths.values() if isinstance(paths, Mapping) else ():
        for node in item.values() if isinstance(item, Mapping) else ():
            for name in _named(node.get("security")) if isinstance(node, Mapping) else ():
                count[name] = count.get(name, 0) + 1
    return sorted(count, key=lambda name: -count[name])


def _named(requirements: Any) -> list[str]:
    listed = requirements if isinstance(requirements, list) else []
    return [str(name) for requirement in listed if isinstance(requirement, Mapping) for name in requirement]


def _skeleton(scheme: Mapping[str, Any]) -> tuple[dict[str, Any] | None, str]:
    kind, name = str(scheme.get("type", "")), str(scheme.get("name", ""))
    if kind == "basic" or (kind == "http" and str(scheme.get("scheme", "")).lower() == "basic"):
        return {"kind": "basic", "user": "darcha", "secret": f"{_SECRET}password"}, ""
    if kind == "http" and str(scheme.get("scheme", "")).lower() == "bearer":
        return {"kind": "bearer", "secret": f"{_SECRET}token"}, ""
    if kind == "apiKey" and scheme.get("in") in {"header", "query", "cookie"} and name:
        if scheme["in"] == "header" and name.lower() == "authorization":
            return {"kind": "api_key", "header": name, "secret": f"{_SECRET}authorization"}, "the secret is the whole header"
        return {"kind": "api_key", str(scheme["in"]): name, "secret": f"{_SECRET}key"}, ""
    if kind == "mutualTLS":
        return {"kind": "mtls", "certificate": f"{_SECRET}certificate", "key": f"{_SECRET}key"}, ""
    if kind in {"oauth2", "openIdConnect"}:
        return _oauth2(scheme)
    return None, f"there is no way yet to authenticate by {kind or 'it'} {scheme.get('scheme', '')}".rstrip()


def _oauth2(scheme: Mapping[str, Any]) -> tuple[dict[str, Any], str]:
    flows = scheme.get("flows")
    flow = flows.get("clientCredentials") if isinstance(flows, Mapping) else None
    if scheme.get("flow") == "application":  # Swagger 2.0
        flow = scheme
    if isinstance(flow, Mapping) and isinstance(flow.get("tokenUrl"), str):
        made = {"kind": "oauth2", "token_url": flow["tokenUrl"].strip(), "client": "darcha", "secret": f"{_SECRET}client"}
        scopes = flow.get("scopes")
        if isinstance(scopes, Mapping) and scopes:
            made["scope"] = " ".join(str(scope) for scope in scopes)
        return made, ""
    how = "by a person's login" if scheme.get("type") == "oauth2" else "OpenID Connect"
    return {"kind": "bearer", "secret": f"{_SECRET}token"}, f"the contract describes {how}; ask for client credentials"
