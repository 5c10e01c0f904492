"""Bodies, read once and strictly: a limit while streaming, UTF-8, no key twice, no field too many, no type coerced."""

from __future__ import annotations

from collections.abc import Callable, Coroutine
from contextlib import aclosing
from datetime import UTC, datetime
from typing import Annotated, Any, Final

from fastapi.exceptions import RequestValidationError
from fastapi.routing import APIRoute
from pydantic import AfterValidator, BaseModel, BeforeValidator, ConfigDict, StringConstraints, field_validator
from pydantic_core import PydanticCustomError
from starlette.requests import Request
from starlette.responses import Response

from gateway.api.auth import Scope
from gateway.api.errors import TooLarge, UnsupportedMedia
from gateway.application import messages
from gateway.domain.errors import BadInput, Problem
from gateway.sdk.strict_json import NotJson, loads

JSON: Final = "application/json"


#: Beyond these a date is a slip of the pen, and arithmetic with it fails somewhere else.
_YEARS: Final = range(1900, 2200)


class StrictModel(BaseModel):
    """A body of ours: no unknown field, no coercion."""

    model_config = ConfigDict(extra="forbid", strict=True, frozen=True)


class QueryModel(BaseModel):
    """Parameters of a query: texts by nature, but none that we do not know."""

    model_config = ConfigDict(extra="forbid", frozen=True)

    @field_validator("*", mode="before")
    @classmethod
    def _storable(cls, value: Any) -> Any:
        """PostgreSQL can neither store the character NUL nor compare with it."""
        if isinstance(value, str) and "\x00" in value:
            raise PydanticCustomError("text", "the text has a character that cannot be stored")
        return value


def _instant(value: Any) -> Any:
    """RFC 3339 with an offset, as text; nothing else that pydantic would take for a time."""
    if not isinstance(value, str):
        raise PydanticCustomError("time", "a time is written as text, as in RFC 3339")
    try:
        when = datetime.fromisoformat(value)
    except ValueError:
        raise PydanticCustomError("time", "not a time as in RFC 3339") from None
    if when.tzinfo is None or "T" not in value.upper():
        raise PydanticCustomError("time", "a time needs its date and its offset")
    if when.year not in _YEARS:
        raise PydanticCustomError("time", "not a time of our days")
    return when.astimezone(UTC)


def _speakable(value: str) -> str:
    if not value.strip():
        raise PydanticCustomError("empty", "say why, so that whoever reads the case later knows")
    return value


Instant = Annotated[datetime, BeforeValidator(_instant)]
#: Why a person did something: kept in the case for good.
Reason = Annotated[str, StringConstraints(min_length=1, max_length=2000), AfterValidator(_speakable)]
Short = Annotated[str, StringConstraints(max_length=200)]


async def read_body(request: Request, limit: int) -> bytes:
    """Return the whole body. Raises ``TooLarge`` as soon as that is known, at the latest after ``limit`` bytes."""
    announced = request.headers.get("content-length", "")
    if announced.isdecimal() and int(announced) > limit:
        raise TooLarge(limit)
    chunks: list[bytes] = []
    size = 0
    async with aclosing(request.stream()) as stream:
        async for chunk in stream:
            size += len(chunk)
            if size > limit:
                raise TooLarge(limit)
            chunks.append(chunk)
    return chunks[0] if len(chunks) == 1 else b"".join(chunks)


def require_json(request: Request) -> None:
    """Raise ``UnsupportedMedia`` unless the content type is JSON in UTF-8."""
    given = request.headers.get("content-type", "")
    media, _, params = given.partition(";")
    media = media.strip().lower()
    charset = params.strip().lower().removeprefix("charset=").strip('"')
    if not (media == JSON or (media.startswith("application/") and media.endswith("+json"))) or charset not in ("", "utf-8"):
        raise UnsupportedMedia(given, JSON)


def parse_json(raw: bytes, limit: int) -> Any:
    """Return the value. Raises ``BadInput`` with the code of the rule that is broken."""
    try:
        return loads(raw, limit)
    except NotJson as error:
        wanted = str(limit) if error.code == "too_large" else str(error)
        raise BadInput([messages.problem("", error.code, wanted=wanted)]) from None


class StrictRequest(Request):
    """A request whose JSON was read by ``parse_json``."""

    def __init__(self, request: Request, raw: bytes, value: Any) -> None:
        super().__init__(request.scope, request.receive)
        self._body = raw
        self._value = value

    async def json(self) -> Any:
        """Return the value that was parsed before."""
        return self._value


class StrictRoute(APIRoute):
    """A route whose body goes through ``read_body``, ``require_json`` and ``parse_json`` before FastAPI sees it."""

    def get_route_handler(self) -> Callable[[Request], Coroutine[Any, Any, Response]]:
        """Return the handler with strict reading in front."""
        handle = super().get_route_handler()
        if self.body_field is None:
            return handle

        async def strict(request: Request) -> Response:
            door = request.app.state.door
            await door.authenticator.caller(request, *Scope)  # nothing is read from a stranger
            limit = door.parts.limits.body_bytes
            require_json(request)
            raw = await read_body(request, limit)
            return await handle(StrictRequest(request, raw, parse_json(raw, limit)))

        return strict


def pointers(error: RequestValidationError) -> list[Problem]:
    """Return what pydantic found as broken rules, each with the JSON Pointer (or the parameter's name) and our code."""
    return [_problem(found) for found in error.errors()]


#: pydantic's word → our code, and the key of what is wanted within the error's context.
_RULES: Final[dict[str, tuple[str, str]]] = {
    "enum": ("enum", "expected"),
    "literal_error": ("enum", "expected"),
    "string_too_short": ("too_short", "min_length"),
    "string_too_long": ("too_long", "max_length"),
    "too_short": ("too_few", "min_length"),
    "too_long": ("too_many", "max_length"),
    "string_pattern_mismatch": ("pattern", "pattern"),
    "greater_than_equal": ("minimum", "ge"),
    "less_than_equal": ("maximum", "le"),
    "finite_number": ("type", ""),
    "time": ("time", ""),
    "date": ("date", ""),
    "text": ("text", ""),
}
_TYPES: Final[dict[str, str]] = {
    "string_type": "string",
    "int_type": "integer",
    "int_parsing": "integer",
    "int_from_float": "integer",
    "int_parsing_size": "integer",
    "float_type": "number",
    "float_parsing": "number",
    "finite_number": "number",
    "bool_type": "boolean",
    "bool_parsing": "boolean",
    "dict_type": "object",
    "list_type": "array",
    "model_type": "object",
    "model_attributes_type": "object",
}


def _problem(found: Any) -> Problem:
    _place, *path = [str(part) for part in found["loc"]] or ["body"]
    pointer = "".join("/" + part.replace("~", "~0").replace("/", "~1") for part in path)
    kind, context = str(found["type"]), found.get("ctx") or {}
    if kind in _TYPES:
        return messages.problem(pointer, "type", wanted=_TYPES[kind])
    if kind in _RULES:
        code, wanted = _RULES[kind]
        return messages.problem(pointer, code, wanted=str(context.get(wanted, "")))
    if kind == "missing":
        return messages.problem(pointer, "required", name=path[-1]) if path else messages.problem("", "type", wanted="object")
    if kind == "extra_forbidden":
        return messages.problem(pointer, "unknown_field", name=path[-1])
    if kind.startswith("uuid"):
        return Problem(pointer, "uuid", "this is not an id (a UUID)")
    return Problem(pointer, "empty" if kind == "empty" else "invalid", str(found["msg"]))
