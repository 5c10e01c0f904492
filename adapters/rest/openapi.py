"""An OpenAPI document (2.0, 3.0, 3.1 and later) as the operations that it describes.

What is wrong with one operation leaves the others alone.

Documents met in practice are read as they are meant: a missing or repeated operationId (the operation is then known as
``METHOD /path``), a part of a path that no parameter describes (any text), a parameter of a path that has no place for it
(left out), keys without values. What was left out or put right is a note of the operation.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from typing import Any, Final

from adapters.rest import openapi3, swagger2
from adapters.rest.model import Parameter, RestOperation, is_json
from adapters.rest.references import ContractBroken, Files, Place, token
from adapters.rest.schemas import Checker, Pool
from adapters.rest.servers import servers

_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace", "query")
#: Headers that the gateway fills in itself; a contract that names them asks the mapping for nothing.
OWN_HEADERS: Final = frozenset(
    {"x-message-id", "idempotency-key", "x-darcha-callback", "authorization", "accept", "content-type", "traceparent"}
)
PLACE: Final = re.compile(r"\{([^{}]+)\}")


@dataclass(frozen=True, slots=True)
class Failed:
    """An operation that cannot be used, and why."""

    id: str
    method: str
    path: str
    reason: str


class OpenApi:
    """A parsed document. ``problems`` are the operations that cannot be used, with the reason; ``failed`` the same in full.

    Raises ``ContractBroken`` when the document as a whole is none.
    """

    def __init__(self, files: Mapping[str, bytes], main: str) -> None:
        self.files = Files(files, main)
        self.document = self._document(files, main)
        self.swagger = "swagger" in self.document
        self.pool = Pool(self.files, old=self.swagger or str(self.document.get("openapi", "")).startswith("3.0"))
        self._reader = swagger2.Reader(self.pool, self.document) if self.swagger else openapi3.Reader(self.pool)
        self.servers = servers(self.document)
        self.problems: dict[str, str] = {}
        self.failed: list[Failed] = []
        self.operations: dict[str, RestOperation] = {}
        self.callbacks: dict[str, RestOperation] = {}
        self._paths: dict[tuple[str, str], RestOperation] = {}
        for path, method, place, item in self._found():
            self._add(path, method, place, item)

    @property
    def main(self) -> str:
        """The name of the document's file."""
        return self.files.main

    def schema(self, reference: str, *, sent: bool = False) -> Checker:
        """Return the schema at ``#/components/schemas/X`` (or ``file.yaml#/X``). Raises ``ContractBroken``."""
        place, _ = self.files.follow(Place(self.main, ""), {"$ref": reference})
        return self.pool.checker(place, sent=sent)

    def at(self, method: str, path: str) -> RestOperation | None:
        """Return the operation at method and path template, or ``None``."""
        return self._paths.get((method.upper(), path))

    # -- reading ---------------------------------------------------------------------------------------------------

    def _document(self, files: Mapping[str, bytes], main: str) -> dict[str, Any]:
        if main not in files:
            raise ContractBroken("contract", f"the folder has no file {main!r}; it has {', '.join(sorted(files)) or 'none'}")
        document = self.files.document(main)
        versions = (
            (str(document.get("openapi", "")), str(document.get("swagger", ""))) if isinstance(document, dict) else ("", "")
        )
        if not (versions[0].startswith("3") or versions[1].startswith("2")):
            raise ContractBroken(main, "not an OpenAPI 3 or Swagger 2.0 document (key 'openapi' or 'swagger')")
        if not any(isinstance(document.get(key), dict) for key in ("paths", "webhooks", "components")):
            raise ContractBroken(main, "it describes nothing (no 'paths', 'webhooks' or 'components')")
        return dict(document)

    def _found(self) -> Iterator[tuple[str, str, Place, Mapping[str, Any]]]:
        """Yield path template, method, place of the path item and the item, of each operation."""
        paths = self.document.get("paths")
        for path, raw in paths.items() if isinstance(paths, dict) else ():
            if str(path).startswith("x-"):
                continue
            try:
                place, item = self.files.follow(Place(self.main, f"/paths/{token(path)}"), raw)
            except ContractBroken as error:
                if raw is not None:
                    self._fail(str(path), "GET", str(path), error)
                continue
            if isinstance(raw, Mapping) and "$ref" in raw:  # in 3.1 operations may stand beside the reference
                item = {**item, **{key: value for key, value in raw.items() if key != "$ref"}}
            for method in _METHODS:
                if isinstance(item.get(method), Mapping):
                    yield str(path), method, place, item
        webhooks = self.document.get("webhooks")
        for name, raw in webhooks.items() if isinstance(webhooks, dict) else ():
            self._callback(str(name), Place(self.main, f"/webhooks/{token(name)}"), raw)

    def _add(self, path: str, method: str, place: Place, item: Mapping[str, Any]) -> None:
        node = item[method]
        at = place.below(method)
        known = f"{method.upper()} {path.strip()}"
        id_ = str(node.get("operationId") or "").strip() or known
        notes: list[str] = []
        if id_ in self.operations or id_ in self.problems:
            notes.append(f"the operationId {id_} stands twice in the contract")
            id_ = known
        try:
            made = self._read(id_, path, method, place, item, notes)
        except ContractBroken as error:
            self._fail(id_, method, path, error)
            return
        self.operations[id_] = made
        self._paths[made.method, path] = made
        self._paths.setdefault((made.method, made.path), made)
        self._callbacks(at, node)

    def _read(self, id_: str, path: str, method: str, place: Place, item: Mapping[str, Any], notes: list[str]) -> RestOperation:
        node, at = item[method], place.below(method)
        shared = [(place.below("parameters", i), raw) for i, raw in _listed(item.get("parameters"))]
        own = [(at.below("parameters", i), raw) for i, raw in _listed(node.get("parameters"))]
        found = self._reader.operation(at, node, [*shared, *own], notes)
        parameters = tuple(_fitting(found.parameters, path, notes))
        about = node.get("summary") or node.get("description") or item.get("summary") or ""
        if node.get("servers") and not self.swagger:
            notes.append("the contract names another server for this operation than for the rest")
        return RestOperation(
            id_,
            method.upper(),
            _clean(path),
            parameters,
            found.bodies,
            found.responses,
            listed=path,
            about=str(about).strip(),
            notes=tuple(notes),
            secured=bool(node.get("security", self.document.get("security"))),
        )

    def _callbacks(self, at: Place, node: Mapping[str, Any]) -> None:
        callbacks = node.get("callbacks")
        for name, raw in callbacks.items() if isinstance(callbacks, dict) else ():
            try:
                place, urls = self.files.follow(at.below("callbacks", name), raw)
            except ContractBroken:
                continue
            for url, item in urls.items():
                self._callback(str(name), place.below(url), item)

    def _callback(self, name: str, place: Place, raw: Any) -> None:
        try:
            place, item = self.files.follow(place, raw)
            if not isinstance(item.get("post"), Mapping):
                return
            id_ = str(item["post"].get("operationId") or name)
            self.callbacks.setdefault(id_, self._read(id_, "", "post", place, item, []))
        except ContractBroken:
            return  # what cannot be read is no callback that a contract could name

    def _fail(self, id_: str, method: str, path: str, error: ContractBroken) -> None:
        reason = f"{error.key}: {error.reason}"
        self.problems.setdefault(id_, reason)
        self.failed.append(Failed(id_, method.upper(), path, reason))


def _listed(raw: Any) -> Iterator[tuple[object, Any]]:
    if isinstance(raw, list):
        yield from enumerate(raw)
    elif isinstance(raw, Mapping):
        yield from raw.items()


def _clean(path: str) -> str:
    path = path.strip().partition("#")[0]
    return path if path.startswith("/") or not path else f"/{path}"


def _fitting(parameters: list[Parameter], path: str, notes: list[str]) -> Iterator[Parameter]:
    """The parameters that can be sent, and one for each place in the path that nothing describes."""
    places = {name.strip(): name for name in PLACE.findall(path.partition("?")[0])}
    described: set[str] = set()
    for parameter in parameters:
        name = parameter.name
        if parameter.where == "header" and name.lower() in OWN_HEADERS:
            continue
        if parameter.where == "path":
            alike = next((place for place in places if place.strip("+*;.?/") == name or place.lower() == name.lower()), None)
            if alike is None:
                notes.append(f"the path has no place for the parameter {name!r}; it is not sent")
                continue
            described.add(alike)
            yield parameter if places[alike] == name else replace(parameter, sent_as=places[alike])
        else:
            yield parameter
    for place, written in places.items():
        if place not in described:
            notes.append(f"no parameter describes {{{place}}} of the path; any text is taken")
            yield Parameter(place, "path", True, "simple", False, sent_as=written if written != place else "")


__all__ = ["OWN_HEADERS", "ContractBroken", "OpenApi", "RestOperation", "is_json"]
