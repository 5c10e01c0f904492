"""One operation as OpenAPI 3 writes it: parameters with a schema or a content, request bodies, responses by media type."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any, Final

from adapters.rest.model import KINDS, Body, Encoding, Parameter, is_json
from adapters.rest.references import ContractBroken, Place
from adapters.rest.schemas import Pool

_STYLES: Final[Mapping[str, tuple[str, ...]]] = {
    "path": ("simple", "label", "matrix"),
    "query": ("form", "spaceDelimited", "pipeDelimited", "deepObject"),
    "header": ("simple",),
    "cookie": ("form", "cookie"),
}
#: The schema may stand in the parameter itself, as people who knew Swagger 2.0 wrote it.
_AS_SCHEMA: Final = frozenset({"type", "enum", "items", "format", "$ref"})


@dataclass(frozen=True, slots=True)
class Found:
    """What the dialects have in common."""

    parameters: list[Parameter]
    bodies: tuple[Body, ...]
    responses: Mapping[str, tuple[Body, ...]]


class Reader:
    """Reads operations of one document."""

    def __init__(self, pool: Pool) -> None:
        self._pool = pool
        self._files = pool.files

    def operation(self, place: Place, node: Mapping[str, Any], parameters: list[tuple[Place, Any]], notes: list[str]) -> Found:
        """Return what the operation at ``place`` says. Raises ``ContractBroken``."""
        listed: dict[tuple[str, str], Parameter] = {}
        for where, raw in parameters:
            made = self._parameter(where, raw, notes)
            if made is not None:
                listed[made.where, made.name] = made
        return Found(list(listed.values()), self._request(place, node), self._responses(place, node, notes))

    def _parameter(self, place: Place, raw: Any, notes: list[str]) -> Parameter | None:
        place, node = self._files.follow(place, raw)
        where, name = str(node.get("in", "")).strip().lower(), str(node.get("name", "")).strip()
        if where == "querystring":
            notes.append("a parameter that is the whole query (in: querystring) is not sent")
            return None
        if where not in _STYLES or not name:
            raise ContractBroken(str(place), "a parameter has a name and stands in path, query, header or cookie")
        style = str(node.get("style") or _STYLES[where][0])
        if style not in _STYLES[where]:
            notes.append(f"{name}: there is no style {style!r} in {where}; {_STYLES[where][0]} is taken")
            style = _STYLES[where][0]
        at, json = self._schema_of(place, node)
        return Parameter(
            name,
            where,
            where == "path" or node.get("required") is True,
            style,
            node["explode"] if isinstance(node.get("explode"), bool) else style in {"form", "deepObject", "cookie"},
            None if at is None else self._pool.checker(at, sent=True),
            allow_reserved=node.get("allowReserved") is True,
            json=json,
            examples=tuple(examples(self._pool, place, node)),
        )

    def _schema_of(self, place: Place, node: Mapping[str, Any]) -> tuple[Place | None, bool]:
        content = node.get("content")
        if isinstance(content, Mapping) and content:
            media_type, media = next(iter(content.items()))
            has = isinstance(media, Mapping) and "schema" in media
            return place.below("content", media_type, "schema") if has else None, is_json(str(media_type))
        if "schema" in node:
            return place.below("schema"), False
        return (place if _AS_SCHEMA & node.keys() else None), False

    def _request(self, place: Place, node: Mapping[str, Any]) -> tuple[Body, ...]:
        raw = node.get("requestBody")
        if raw is None:
            return ()
        at, holder = self._files.follow(place.below("requestBody"), raw)
        bodies = self._bodies(at, holder, sent=True, required=holder.get("required") is True)
        return tuple(sorted(bodies, key=lambda body: ("*" in body.media_type, KINDS.index(body.kind))))

    def _responses(self, place: Place, node: Mapping[str, Any], notes: list[str]) -> dict[str, tuple[Body, ...]]:
        made: dict[str, tuple[Body, ...]] = {}
        given = node.get("responses")
        for status, raw in given.items() if isinstance(given, Mapping) else ():
            if str(status).startswith("x-"):
                continue
            key = str(status).strip().upper() if str(status).strip().lower() != "default" else "default"
            try:
                at, response = self._files.follow(place.below("responses", status), {} if raw is None else raw)
                bodies = list(self._bodies(at, response, sent=False))
            except ContractBroken as error:
                notes.append(f"the answer {status}: {error.reason}; anything is taken")
                bodies = [Body("*/*", None)]
            made[key] = tuple(sorted(bodies, key=lambda body: KINDS.index(body.kind)))
        return made

    def _bodies(self, place: Place, holder: Mapping[str, Any], *, sent: bool, required: bool = False) -> Iterator[Body]:
        content = holder.get("content")
        for media_type, raw in content.items() if isinstance(content, Mapping) else ():
            at = place.below("content", media_type)
            at, media = self._files.follow(at, raw) if isinstance(raw, Mapping) else (at, {})
            schema = self._pool.checker(at.below("schema"), sent=sent) if media.get("schema") is not None else None
            yield Body(
                str(media_type).strip(),
                schema,
                required,
                tuple(examples(self._pool, at, media)),
                dict(_encodings(media.get("encoding"))),
                binary=str(media_type).strip() in {"*/*", "application/*"} and is_binary(self._pool, at.below("schema"), media),
            )


def is_binary(pool: Pool, place: Place, media: Mapping[str, Any]) -> bool:
    """Whether the schema of a body is of bytes."""
    try:
        node = pool.files.follow(place, media.get("schema"))[1]
    except ContractBroken:
        return False
    return node.get("type") == "file" or (node.get("type") == "string" and node.get("format") == "binary")


def examples(pool: Pool, place: Place, node: Mapping[str, Any]) -> Iterator[Any]:
    """The examples beside a schema, in every spelling: one, a list, or by name with a value each."""
    if "example" in node:
        yield node["example"]
    named = node.get("examples")
    if isinstance(named, list):
        yield from named
    for name, raw in named.items() if isinstance(named, Mapping) else ():
        try:
            shown = pool.files.follow(place.below("examples", name), raw)[1]
        except ContractBroken:
            yield raw
            continue
        if "value" in shown or "dataValue" in shown:
            yield shown.get("value", shown.get("dataValue"))
        elif "externalValue" not in shown and not {"summary", "description"} & shown.keys():
            yield dict(shown)  # the value itself, where {value: …} was meant


def _encodings(raw: Any) -> Iterator[tuple[str, Encoding]]:
    for name, given in raw.items() if isinstance(raw, Mapping) else ():
        if isinstance(given, Mapping):
            explode = given.get("explode")
            yield (
                str(name),
                Encoding(
                    str(given.get("contentType") or ""),
                    str(given.get("style") or ""),
                    explode if isinstance(explode, bool) else None,
                    given.get("allowReserved") is True,
                ),
            )
