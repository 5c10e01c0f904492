"""Reads a service's form: a JSON Schema 2020-12 that says of every object whether it may have other fields."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any, Final

from gateway.application.schema_problems import form_validator
from gateway.catalogue.folder import Folder
from gateway.catalogue.mistakes import nearest
from gateway.catalogue.schema_paths import closed_flaws, refers_outside
from gateway.catalogue.section import Section

_DIALECT: Final = "https://json-schema.org/draft/2020-12/schema"
#: Stands in for a form that cannot be read, so that reading goes on without further mistakes of the same cause.
UNKNOWN_FORM: Final[Mapping[str, Any]] = {"type": "object", "additionalProperties": True}


def read_form(folder: Folder, section: Section) -> Mapping[str, Any]:
    """Return the form schema that the key ``form`` names; ``UNKNOWN_FORM`` after noting why there is none."""
    path = folder.named_file(section, "form", section.text("form", like="form.schema.json"))
    if not path:
        return UNKNOWN_FORM
    before = len(folder.mistakes.found)
    schema = folder.json(path)
    if len(folder.mistakes.found) > before:
        return UNKNOWN_FORM

    def wrong(key: str, expected: str, fix: str) -> None:
        folder.mistakes.add(path, _line(folder.files[path], key), key, expected, fix)

    if not isinstance(schema, dict) or schema.get("type") != "object":
        wrong("/type", 'a schema of an object: "type": "object"', "describe the fields of the form as properties of one object")
        return UNKNOWN_FORM
    if schema.get("$schema", _DIALECT) != _DIALECT:
        wrong("/$schema", f"JSON Schema 2020-12, not {schema['$schema']!r}", f"write {_DIALECT}")
    outside = list(dict.fromkeys(refers_outside(schema)))
    for ref in outside:
        wrong(
            ref,
            f"a $ref to a place within this file, not {ref!r}",
            "put the definition under $defs and refer to it as #/$defs/Name",
        )
    if not outside:
        try:
            form_validator(schema)
        except ValueError as error:
            wrong("", f"a valid JSON Schema: {error}", "mend the schema; check-jsonschema --check-metaschema tells more")
            return UNKNOWN_FORM
    for pointer in closed_flaws(schema):
        expected = "additionalProperties, true or false, beside properties"
        wrong(pointer or "/", expected, 'write "additionalProperties": false, so that a misspelt field is refused')
    return UNKNOWN_FORM if outside else schema


def read_labels(folder: Folder, section: Section, form: Mapping[str, Any]) -> dict[str, Any]:
    """Return the labels by field pointer. Each pointer has to be a field of the form, each label in all languages."""
    if not section.has("labels"):
        return {}
    path = folder.named_file(section, "labels", section.text("labels", like="labels.yaml"))
    root = folder.yaml(path) if path else None
    if root is None:
        return {}
    known = None if form is UNKNOWN_FORM else set(_fields(form, form, ""))
    made: dict[str, Any] = {}
    for pointer in root.keys():  # noqa: SIM118 - a section is no dict
        if known is not None and pointer not in known:
            root.wrong(pointer, f"the pointer of a field of the form, not {pointer!r}", nearest(pointer, known))
        made[pointer] = root.title(pointer)
    return made


def _fields(schema: Any, root: Mapping[str, Any], at: str, depth: int = 0) -> list[str]:
    if not isinstance(schema, Mapping) or depth > 32:
        return []
    ref = schema.get("$ref")
    if isinstance(ref, str) and ref.startswith("#/$defs/"):
        schema = {**root.get("$defs", {}).get(ref.rpartition("/")[2], {}), **schema}
    found = _fields(schema["items"], root, at, depth + 1) if "items" in schema else []
    for name, inner in (schema.get("properties") or {}).items():
        found += [f"{at}/{name}", *_fields(inner, root, f"{at}/{name}", depth + 1)]
    return found


def _line(raw: bytes, key: str) -> int:
    """Return the line in which the last part of a pointer is first written as a key; 1 when it is not found."""
    name = key.rpartition("/")[2]
    at = raw.find(f'"{name}"'.encode()) if name else -1
    return raw.count(b"\n", 0, at) + 1 if at >= 0 else 1
