"""An OpenAPI document (3.0, 3.1) as the operations that it describes. What is wrong with one leaves the others alone.

ContractBroken   the document, or one operation of it, cannot be used (``key``, ``reason``)
"""

from __future__ import annotations

import posixpath
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any, Final
from urllib.parse import unquote

from adapters.rest.schemas import Checker, SchemaBroken, modern, registry, token
from gateway.sdk import AdapterError
from gateway.sdk.yaml12 import YamlInvalid, load

_METHODS: Final = ("get", "put", "post", "delete", "options", "head", "patch", "trace")
_STYLES: Final = {"path": "simple", "query": "form", "header": "simple", "cookie": "form"}
_MAX_REFERENCES: Final = 32
#: Headers that the gateway fills in itself; a contract that names them asks the mapping for nothing.
OWN_HEADERS: Final = frozenset(
    {"x-message-id", "idempotency-key", "x-darcha-callback", "authorization", "accept", "content-type", "traceparent"}
)


class ContractBroken(AdapterError):
    """The document, or one operation of it, cannot be used."""

    def __init__(self, key: str, reason: str) -> None:
        super().__init__(f"{key}: {reason}")
        self.key = key
        self.reason = reason


@dataclass(frozen=True, slots=True)
class Parameter:
    """One parameter; ``where`` is path, query, header or cookie."""

    name: str
    where: str
    required: bool
    explode: bool
    schema: Checker | None


@dataclass(frozen=True, slots=True)
class Body:
    """A JSON body: its media type, its schema (``None``: any JSON) and the contract's examples of it."""

    media_type: str
    schema: Checker | None
    required: bool = False
    examples: tuple[Any, ...] = ()


@dataclass(frozen=True, slots=True)
class RestOperation:
    """One operation. ``responses`` are by status, ``2XX`` or ``default``; ``None`` means an answer without JSON body."""

    id: str
    method: str
    path: str
    parameters: tuple[Parameter, ...] = ()
    body: Body | None = None
    responses: Mapping[str, Body | None] = field(default_factory=dict)

    def describes(self, status: int) -> bool:
        """Whether the contract says anything about that status."""
        return self._key(status) is not None

    def response(self, status: int) -> Body | None:
        """Return the body described for that status, if any."""
        key = self._key(status)
        return None if key is None else self.responses[key]

    def _key(self, status: int) -> str | None:
        for key in (str(status), f"{status // 100}XX", f"{status // 100}xx", "default"):
            if key in self.responses:
                return key
        return None


class OpenApi:
    """A parsed document. ``problems`` are the operations that cannot be used, with the reason.

    Raises ``ContractBroken`` when the document as a whole is none.
    """

    def __init__(self, files: Mapping[str, bytes], main: str) -> None:
        self._main = main
        self._files = {main: self._document(files, main)}
        for name in files:
            if name != main and name.endswith((".yaml", ".yml", ".json")):
                try:
                    self._files[name] = load(files[name])
                except YamlInvalid:
                    continue  # an example or the simulator's; a reference into it is refused where it stands
        if str(self._files[main].get("openapi", "")).startswith("3.0"):
            self._files = {name: modern(content) for name, content in self._files.items()}
        try:
            self._known = registry({n: c for n, c in self._files.items() if isinstance(c, dict)})
        except SchemaBroken as error:
            raise ContractBroken(main, str(error)) from error
        self.problems: dict[str, str] = {}
        self.operations: dict[str, RestOperation] = {}
        self.callbacks: dict[str, RestOperation] = {}
        for where, path, method, raw in self._found():
            self._add(where, path, method, raw)

    def schema(self, reference: str) -> Checker:
        """Return the schema at ``#/components/schemas/X`` (or ``file.yaml#/X``). Raises ``ContractBroken``."""
        file, at, _ = self._follow(self._main, "", {"$ref": reference})
        return Checker(self._known, f"{file}#{at}")

    def at(self, method: str, path: str) -> RestOperation | None:
        """Return the operation at method and path template, or ``None``."""
        wanted = (method.upper(), path)
        return next((o for o in self.operations.values() if (o.method, o.path) == wanted), None)

    def node_at(self, location: str) -> tuple[str, Mapping[str, Any]]:
        """Return the node at ``file#pointer``, references followed, and where it then stands. Raises ``ContractBroken``."""
        file, _, at = location.partition("#")
        file, at, node = self._follow(file, at, self._node(file, at))
        return f"{file}#{at}", node

    # -- reading ---------------------------------------------------------------------------------------------------

    def _document(self, files: Mapping[str, bytes], main: str) -> dict[str, Any]:
        if main not in files:
            raise ContractBroken("contract", f"the folder has no file {main!r}; it has {', '.join(sorted(files)) or 'none'}")
        try:
            document = load(files[main])
        except YamlInvalid as error:
            raise ContractBroken(main, str(error)) from error
        if not isinstance(document, dict) or not str(document.get("openapi", "")).startswith(("3.0", "3.1")):
            raise ContractBroken(main, "not an OpenAPI 3.0 or 3.1 document (key 'openapi')")
        return document

    def _found(self) -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
        """Yield pointer, path template, method and node of each operation, callbacks included (path empty)."""
        paths = self._files[self._main].get("paths") or {}
        for path, item in paths.items() if isinstance(paths, dict) else ():
            where = f"/paths/{token(path)}"
            for method in _METHODS:
                node = item.get(method) if isinstance(item, dict) else None
                if not isinstance(node, dict):
                    continue
                yield f"{where}/{method}", str(path), method, node
                yield from self._callbacks(f"{where}/{method}", node)

    def _callbacks(self, where: str, node: Mapping[str, Any]) -> Iterator[tuple[str, str, str, Mapping[str, Any]]]:
        callbacks = node.get("callbacks")
        for name, urls in callbacks.items() if isinstance(callbacks, dict) else ():
            for url, item in urls.items() if isinstance(urls, dict) else ():
                post = item.get("post") if isinstance(item, dict) else None
                if isinstance(post, dict):
                    yield f"{where}/callbacks/{token(name)}/{token(url)}/post", "", "post", {"operationId": name, **post}

    def _add(self, where: str, path: str, method: str, node: Mapping[str, Any]) -> None:
        id_ = str(node.get("operationId") or f"{method.upper()} {path}")
        try:
            made = RestOperation(
                id_,
                method.upper(),
                path,
                tuple(self._parameters(where, path, node)),
                self._request_body(where, node),
                self._responses(where, node),
            )
        except ContractBroken as error:
            self.problems.setdefault(id_, f"{error.key}: {error.reason}")
            return
        where_to = self.operations if path else self.callbacks
        if id_ in where_to and path:
            self.problems[id_] = f"{where}: the operationId stands twice"
        where_to.setdefault(id_, made)

    def _parameters(self, where: str, path: str, node: Mapping[str, Any]) -> Iterator[Parameter]:
        above = where.rpartition("/")[0]
        listed: dict[tuple[str, str], Parameter] = {}
        item = self._node(self._main, above) if path else {}
        for base, holder in ((above, item), (where, node)):
            for index, raw in enumerate(holder.get("parameters") or ()):
                made = self._parameter(f"{base}/parameters/{index}", raw)
                listed[made.where, made.name] = made
        for (place, name), parameter in listed.items():
            if place == "path" and f"{{{name}}}" not in path:
                raise ContractBroken(where, f"the path has no place for the parameter {name!r}")
            if not (place == "header" and name.lower() in OWN_HEADERS):
                yield parameter

    def _parameter(self, where: str, raw: Any) -> Parameter:
        file, at, node = self._follow(self._main, where, raw)
        place, name = str(node.get("in", "")), str(node.get("name", ""))
        if place not in _STYLES or not name:
            raise ContractBroken(where, "a parameter has a name and stands in path, query, header or cookie")
        if node.get("style", _STYLES[place]) != _STYLES[place] or "schema" not in node:
            raise ContractBroken(where, f"only the style {_STYLES[place]!r} with a schema can be sent in {place}")
        explode = bool(node.get("explode", place in {"query", "cookie"}))
        schema = Checker(self._known, f"{file}#{at}/schema")
        return Parameter(name, place, place == "path" or node.get("required") is True, explode, schema)

    def _request_body(self, where: str, node: Mapping[str, Any]) -> Body | None:
        if "requestBody" not in node:
            return None
        file, at, body = self._follow(self._main, f"{where}/requestBody", node["requestBody"])
        found = self._json(file, at, body)
        if found is None:
            kinds = ", ".join(body.get("content") or {}) or "none"
            raise ContractBroken(where, f"the request has no JSON body (it has {kinds})")
        return Body(found.media_type, found.schema, body.get("required") is True, found.examples)

    def _responses(self, where: str, node: Mapping[str, Any]) -> dict[str, Body | None]:
        made: dict[str, Body | None] = {}
        for status, raw in (node.get("responses") or {}).items():
            file, at, response = self._follow(self._main, f"{where}/responses/{token(status)}", raw)
            made[str(status)] = self._json(file, at, response)
        return made

    def _json(self, file: str, at: str, holder: Mapping[str, Any]) -> Body | None:
        content = holder.get("content")
        for media_type, described in content.items() if isinstance(content, dict) else ():
            if is_json(media_type) or media_type in {"*/*", "application/*"}:
                where = f"{at}/content/{token(media_type)}"
                media = described if isinstance(described, dict) else {}
                schema = Checker(self._known, f"{file}#{where}/schema") if "schema" in media else None
                named = media.get("examples")
                examples = [media["example"]] if "example" in media else []
                for example in named.values() if isinstance(named, dict) else ():
                    shown = self._follow(file, where, example)[2]
                    examples += [shown["value"]] if "value" in shown else []
                return Body(media_type if is_json(media_type) else "application/json", schema, examples=tuple(examples))
        return None

    # -- references ------------------------------------------------------------------------------------------------

    def _follow(self, file: str, at: str, node: Any) -> tuple[str, str, Mapping[str, Any]]:
        """Return file, pointer and node after following ``$ref``. Raises ``ContractBroken``."""
        for _ in range(_MAX_REFERENCES):
            if not isinstance(node, Mapping):
                raise ContractBroken(f"{file}#{at}", f"expected an object, not {type(node).__name__}")
            reference = node.get("$ref")
            if not isinstance(reference, str):
                return file, at, node
            target, _, fragment = reference.partition("#")
            if "://" in target:
                raise ContractBroken(f"{file}#{at}", f"{reference} is not among the contract's files; nothing is fetched")
            if target:
                file = posixpath.normpath(posixpath.join(posixpath.dirname(file), unquote(target)))
            at = unquote(fragment)
            node = self._node(file, at)
        raise ContractBroken(f"{file}#{at}", "the reference leads in a circle")

    def _node(self, file: str, at: str) -> Any:
        if file not in self._files:
            raise ContractBroken(f"{file}#{at}", f"there is no such file among {', '.join(sorted(self._files))}")
        node: Any = self._files[file]
        for part in at.split("/")[1:]:
            key = part.replace("~1", "/").replace("~0", "~")
            if isinstance(node, Mapping) and key in node:
                node = node[key]
            elif isinstance(node, list) and key.isdecimal() and int(key) < len(node):
                node = node[int(key)]
            else:
                raise ContractBroken(f"{file}#{at}", f"the reference leads nowhere (no {key!r})")
        return node


def is_json(media_type: str) -> bool:
    """Whether a media type is JSON (``application/json``, ``application/problem+json; charset=utf-8``)."""
    essence = media_type.partition(";")[0].strip().lower()
    return essence in {"application/json", "text/json"} or essence.endswith("+json")
