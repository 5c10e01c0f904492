"""What is published of the interfaces as files: made of the code, kept in the repository, compared by a test.

``make schemas`` (``python -m gateway.api.published``) writes them anew:

    schemas/openapi.json            the REST API
    schemas/asyncapi.yaml           the exchange of events
    schemas/events/*.schema.json    what each type of event carries, and the envelope around it
    docs/events.md                  the same for people
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from io import StringIO
from pathlib import Path
from typing import Any, Final

from ruamel.yaml import YAML

from gateway.api.asyncapi import EXCHANGE, asyncapi
from gateway.api.openapi import described
from gateway.application.event_schemas import envelope_schema, payload_schema
from gateway.domain.event_types import EVENT_TYPES, EventField, EventType

ROOT: Final = Path(__file__).resolve().parents[2]
HOW: Final = "make schemas"
_EVENTS: Final = "schemas/events"
_SCHEMA: Final = ".schema.json"
_NOTE: Final = f"Made of `gateway/domain/event_types.py` by `{HOW}`; a test compares the two."
_KINDS: Final = {
    "text": "text",
    "id": "UUID",
    "instant": "RFC 3339",
    "digest": "SHA-256, hex",
    "count": "whole number",
    "flag": "true or false",
    "object": "object",
    "texts": "list of texts",
    "objects": "list of objects",
}
_GROUPS: Final = {
    "case": "The case",
    "request": "Requests to agencies",
    "reply": "Replies that change nothing",
    "clock": "Clocks",
}


def files() -> dict[str, str]:
    """Return each file's text by its path in the repository."""
    made = {
        "schemas/openapi.json": _json(described()),
        "schemas/asyncapi.yaml": _yaml(asyncapi()),
        f"{_EVENTS}/envelope{_SCHEMA}": _json(envelope_schema()),
        "docs/events.md": "\n".join(_page()) + "\n",
    }
    return made | {f"{_EVENTS}/{kind.name}{_SCHEMA}": _json(payload_schema(kind)) for kind in EVENT_TYPES.values()}


def stale(root: Path = ROOT) -> list[str]:
    """Return the files under ``root`` that are missing, are not as ``files`` makes them, or are left over."""
    made = files()
    there = {path.relative_to(root).as_posix() for path in (root / _EVENTS).glob(f"*{_SCHEMA}")}
    differ = [name for name, text in made.items() if not (root / name).is_file() or (root / name).read_text("utf-8") != text]
    return sorted({*differ, *(there - made.keys())})


def write(root: Path = ROOT) -> list[str]:
    """Write what is stale, delete what is left over; return the names of both."""
    made, changed = files(), stale(root)
    for name in changed:
        path = root / name
        if name in made:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(made[name], encoding="utf-8")
        else:
            path.unlink()
    return changed


def _json(value: Any) -> str:
    return json.dumps(value, indent=2, ensure_ascii=False, sort_keys=True) + "\n"


def _yaml(value: Mapping[str, Any]) -> str:
    yaml = YAML(typ="safe", pure=True)
    yaml.default_flow_style, yaml.width = False, 120
    yaml.sort_base_mapping_type_on_output = False  # type: ignore[assignment]  # it is typed by its default alone
    yaml.representer.ignore_aliases = lambda _data: True
    yaml.representer.add_representer(str, _text)
    out = StringIO()
    yaml.dump(value, out)
    return f"# {_NOTE.replace('`', '')}\n{out.getvalue()}"


def _text(representer: Any, text: str) -> Any:
    return representer.represent_scalar("tag:yaml.org,2002:str", text, style="|" if "\n" in text else None)


def _page() -> Iterator[str]:
    yield from ("# Events", "", f"<!-- {_NOTE.replace('`', '')} -->", "")
    yield (
        "Every change of state of a case is an event, written in the transaction of the change and chained by hash. "
        "Each is a CloudEvent 1.0; below is what its `data` carries. JSON Schemas of it stand in `schemas/events/`, "
        "the description of the exchange in `schemas/asyncapi.yaml`, the REST API in `schemas/openapi.json`."
    )
    yield from (
        "",
        "| way | what comes | when something was missed |",
        "|---|---|---|",
        f"| topic exchange `{EXCHANGE}` | all events; the routing key is the short type (`case.decided`), the header `ce-type` "
        "the full one | the exchange keeps nothing: go on with `GET /v1/events?after=` |",
        "| `GET /v1/events?after=` | a front office: the events of its own cases; operators: all; in the order of their commit | "
        "ask again with the `after` of the last page |",
        "| `GET /v1/cases/{case}/events` | the events of one case, with `previous` and `salt` to verify the chain | "
        "ask again with the last `sequence` |",
        "",
        "All ways deliver at least once: know a repeat by its `id`, and order the events of one case by `sequence`. Members and "
        "types may be added, so let pass what you do not know; a member that changes or goes makes a type `.v2`. "
        "A payload that was erased under a retention rule is an empty object.",
    )
    left = dict(EVENT_TYPES)
    for group, title in (*_GROUPS.items(), ("", "Other")):
        types = sorted((t for t in left.values() if t.name.startswith(group)), key=lambda t: t.name)
        if types:
            yield from ("", f"## {title}")
        for made in types:
            del left[made.name]
            yield from _section(made)


def _section(made: EventType) -> Iterator[str]:
    yield from ("", f"### {made.name}", "", f"`{made.wire_name}`: {made.summary}")
    if made.fields:
        yield from ("", "| member | is | |", "|---|---|---|")
    for field in made.fields:
        yield f"| `{field.name}` | {_is(field)} | {field.meaning}{_values(field)} |"


def _is(field: EventField) -> str:
    more = [word for word, so in (("may be null", field.nullable), ("may be missing", field.optional)) if so]
    return "; ".join([_KINDS[field.kind], *more])


def _values(field: EventField) -> str:
    return f" One of {', '.join(f'`{value}`' for value in field.values)}." if field.values else ""


if __name__ == "__main__":
    for name in write():
        print(name)  # noqa: T201 - a command prints
