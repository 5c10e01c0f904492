"""One operation as Swagger 2.0 writes it: body and form parameters, ``collectionFormat``, ``consumes`` and ``produces``."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, Final
from urllib.parse import quote

from adapters.rest.model import KINDS, Body, Encoding, Parameter, kind_of
from adapters.rest.openapi3 import Found, is_binary
from adapters.rest.references import ContractBroken, Place
from adapters.rest.schemas import Pool

_PLACES: Final = frozenset({"path", "query", "header", "cookie"})
#: collectionFormat → style and explode
_FORMATS: Final[Mapping[str, tuple[str, bool]]] = {
    "csv": ("form", False),
    "multi": ("form", True),
    "ssv": ("spaceDelimited", False),
    "pipes": ("pipeDelimited", False),
    "tsv": ("tabDelimited", False),
}
_FORMS: Final = ("application/x-www-form-urlencoded", "multipart/form-data")


class Reader:
    """Reads operations of one document."""

    def __init__(self, pool: Pool, document: Mapping[str, Any]) -> None:
        self._pool = pool
        self._files = pool.files
        self._document = document

    def operation(self, place: Place, node: Mapping[str, Any], parameters: list[tuple[Place, Any]], notes: list[str]) -> Found:
        """Return what the operation at ``place`` says. Raises ``ContractBroken``."""
        listed: dict[tuple[str, str], Parameter] = {}
        fields: dict[str, tuple[Place, Mapping[str, Any]]] = {}
        body: tuple[Place, Mapping[str, Any]] | None = None
        for where, raw in parameters:
            at, given = self._files.follow(where, raw)
            kind = str(given.get("in", "")).strip()
            if kind == "body":
                body = at, given
            elif kind == "formData":
                fields[str(given.get("name", ""))] = at, given
            else:
                made = _parameter(self._pool, at, given)
                listed[made.where, made.name] = made
        consumes = _media_types(node, self._document, "consumes")
        if body is not None:
            bodies = tuple(self._body(*body, consumes))
        else:
            bodies = tuple(self._form(place, fields, consumes)) if fields else ()
        ordered = tuple(sorted(bodies, key=lambda made: KINDS.index(made.kind)))
        return Found(list(listed.values()), ordered, self._responses(place, node, notes))

    def _body(self, place: Place, node: Mapping[str, Any], consumes: list[str]) -> Iterator[Body]:
        schema = self._pool.checker(place.below("schema"), sent=True) if "schema" in node else None
        shown = node.get("x-example", node.get("example"))
        for media_type in consumes or ["application/json"]:
            # A form cannot be a body parameter; who says so sends JSON all the same.
            kept = "application/json" if kind_of(media_type) in {"form", "multipart"} else media_type
            examples = () if shown is None else (shown,)
            yield Body(kept, schema, node.get("required") is True, examples)

    def _form(self, place: Place, fields: Mapping[str, tuple[Place, Mapping[str, Any]]], consumes: list[str]) -> Iterator[Body]:
        has_file = any(node.get("type") == "file" for _, node in fields.values())
        made = {
            "type": "object",
            "properties": {name: {"$ref": f"{quote(at.file)}#{quote(at.at, safe='/~')}"} for name, (at, _) in fields.items()},
            "required": [name for name, (_, node) in fields.items() if node.get("required") is True],
        }
        schema = self._pool.checker(self._files.make(f"{place.at}/formData", made), sent=True)
        encodings = {}
        for name, (_, node) in fields.items():
            style, explode = _FORMATS.get(str(node.get("collectionFormat", "csv")), ("form", False))
            if node.get("type") == "array":
                encodings[name] = Encoding(style=style, explode=explode)
        wanted = [m for m in consumes if kind_of(m) in {"form", "multipart"}] or [_FORMS[has_file]]
        for media_type in wanted:
            if not (has_file and kind_of(media_type) == "form" and len(wanted) > 1):
                yield Body("multipart/form-data" if has_file else media_type, schema, bool(made["required"]), (), encodings)

    def _responses(self, place: Place, node: Mapping[str, Any], notes: list[str]) -> dict[str, tuple[Body, ...]]:
        produces = _media_types(node, self._document, "produces")
        made: dict[str, tuple[Body, ...]] = {}
        given = node.get("responses")
        for status, raw in given.items() if isinstance(given, Mapping) else ():
            if str(status).startswith("x-"):
                continue
            try:
                at, response = self._files.follow(place.below("responses", status), {} if raw is None else raw)
            except ContractBroken as error:
                notes.append(f"the answer {status}: {error.reason}; anything is taken")
                made[str(status)] = (Body("*/*", None),)
                continue
            made[str(status)] = tuple(self._answers(at, response, produces))
        return made

    def _answers(self, place: Place, response: Mapping[str, Any], produces: list[str]) -> Iterator[Body]:
        if response.get("schema") is None:
            return
        at = place.below("schema")
        schema = self._pool.checker(at, sent=False)
        binary = is_binary(self._pool, at, response)
        shown = response.get("examples")
        for media_type in sorted(produces or ["application/json"], key=lambda m: KINDS.index(kind_of(m))):
            example = shown.get(media_type) if isinstance(shown, Mapping) else None
            yield Body(media_type, schema, False, () if example is None else (example,), binary=binary)


def _parameter(pool: Pool, place: Place, node: Mapping[str, Any]) -> Parameter:
    where, name = str(node.get("in", "")).strip(), str(node.get("name", "")).strip()
    if where not in _PLACES or not name:
        raise ContractBroken(str(place), "a parameter has a name and stands in path, query, header, formData or body")
    style, explode = _FORMATS.get(str(node.get("collectionFormat", "csv")), ("form", False))
    if where in {"path", "header"}:
        style, explode = "simple", False
    at = place.below("schema") if "schema" in node and "type" not in node else place
    shown = node.get("x-example", node.get("example"))
    return Parameter(
        name,
        where,
        where == "path" or node.get("required") is True,
        style,
        explode,
        pool.checker(at, sent=True),
        examples=() if shown is None else (shown,),
    )


def _media_types(node: Mapping[str, Any], document: Mapping[str, Any], key: str) -> list[str]:
    given = node.get(key, document.get(key))
    if isinstance(given, str):
        given = [given]
    return [str(media_type).strip() for media_type in given if media_type] if isinstance(given, list) else []
