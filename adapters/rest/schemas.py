"""JSON Schemas of an OpenAPI document, compiled when first used. References resolve within the contract's files only."""

from __future__ import annotations

from collections.abc import Mapping
from functools import cached_property
from typing import Any, Final
from urllib.parse import quote

import jsonschema_rs

from gateway.sdk import AdapterError

#: The base of the contract's files; nothing is ever fetched from it.
BASE: Final = "http://contract.invalid/"


class SchemaBroken(AdapterError):
    """A schema of the contract cannot be used (a reference that leads nowhere, a wrong keyword)."""


def registry(files: Mapping[str, Any]) -> jsonschema_rs.Registry:
    """Return the registry of parsed files by their names. Raises ``SchemaBroken``."""
    try:
        return jsonschema_rs.Registry(
            [(BASE + name, content) for name, content in files.items()],
            draft=jsonschema_rs.Draft202012,
            retriever=_never,
        )
    except (jsonschema_rs.ReferencingError, ValueError, TypeError) as error:
        raise SchemaBroken(f"the contract's schemas cannot be read: {error}") from error


def _never(uri: str, /) -> Any:
    raise ValueError(f"{uri} is not among the contract's files")


class Checker:
    """One schema, named by where it stands (``openapi.yaml#/components/schemas/Entry``)."""

    def __init__(self, known: jsonschema_rs.Registry, location: str) -> None:
        self.location = location
        self._known = known

    @cached_property
    def _validator(self) -> jsonschema_rs.Draft202012Validator:
        try:
            # Instance values are masked: what is wrong goes into incidents, whom it is about does not.
            return jsonschema_rs.Draft202012Validator(
                {"$ref": BASE + quote(self.location, safe="/~#")},
                registry=self._known,
                validate_formats=True,
                offline=True,
                mask="the value",
            )
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError, ValueError) as error:
            first = str(error).splitlines()[0] if str(error) else type(error).__name__
            raise SchemaBroken(f"{self.location}: {first}") from error

    def compile(self) -> None:
        """Compile now. Raises ``SchemaBroken``."""
        _ = self._validator

    def problem(self, value: Any) -> tuple[str, str] | None:
        """Return the first broken rule of ``value`` as JSON Pointer and reason, or ``None``. Raises ``SchemaBroken``."""
        validator = self._validator
        try:
            if validator.is_valid(value):
                return None
            error = next(iter(validator.iter_errors(value)))
        except (ValueError, TypeError) as refused:  # half a surrogate pair, a type that JSON has not
            return "", f"not JSON: {refused}"
        return pointer(error.instance_path), f"{error.message} (rule: {error.kind.name})"


def pointer(path: Any) -> str:
    """Return the JSON Pointer of a path."""
    return "".join(f"/{token(part)}" for part in path)


def token(part: Any) -> str:
    """Return one reference token of a JSON Pointer."""
    return str(part).replace("~", "~0").replace("/", "~1")


def modern(node: Any) -> Any:
    """Return a schema (or a whole document) of OpenAPI 3.0 as JSON Schema 2020-12: ``nullable``, exclusive bounds."""
    if isinstance(node, list):
        return [modern(item) for item in node]
    if not isinstance(node, Mapping):
        return node
    made = {key: modern(item) for key, item in node.items()}
    if isinstance(made.get("$ref"), str):
        return {"$ref": made["$ref"]}  # in 3.0 what stands beside a reference is ignored
    if made.get("nullable") is True and isinstance(made.get("type"), str):
        del made["nullable"]
        made["type"] = [made["type"], "null"]
        if isinstance(made.get("enum"), list) and None not in made["enum"]:
            made["enum"] = [*made["enum"], None]
    for exclusive, bound in (("exclusiveMinimum", "minimum"), ("exclusiveMaximum", "maximum")):
        if isinstance(made.get(exclusive), bool) and made.pop(exclusive) and bound in made:
            made[exclusive] = made.pop(bound)
    return made
