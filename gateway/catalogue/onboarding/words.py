"""Text of others made fit to stand in our files: comments that cannot end early, YAML and JSONata values that mean one thing."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any, Final

_PLAIN_KEY: Final = re.compile(r"[A-Za-z][A-Za-z0-9_-]*")
#: Plain words that some YAML reader takes for something else than text.
_TAKEN: Final = frozenset({"null", "true", "false", "yes", "no", "on", "off", "y", "n"})


def one_line(text: object, most: int = 400) -> str:
    """Return a text in one printable line of at most ``most`` characters."""
    plain = "".join(c if c.isprintable() else " " for c in str(text))
    words = " ".join(plain.split())
    return words if len(words) <= most else f"{words[: most - 1].rstrip()}…"


def within_comment(text: object, most: int = 400) -> str:
    """Return a text as it may stand within ``/* … */``: it neither ends the comment nor begins another."""
    return one_line(text, most).replace("*/", "* /").replace("/*", "/ *")


def literal(value: Any) -> str:
    """Return a plain JSON value in one line, as JSON and JSONata both read it. Raises ``ValueError`` for NaN and the like."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False)
    try:
        text.encode("utf-8")
    except UnicodeEncodeError:  # half of a surrogate pair
        return json.dumps(value, ensure_ascii=True, allow_nan=False)
    return text


def yaml_text(text: str) -> str:
    """Return a text in double quotes, as YAML 1.2 reads it whatever is in it."""
    made = []
    for c in text:
        if c in '"\\':
            made.append(f"\\{c}")
        elif c.isprintable():
            made.append(c)
        else:
            made.append(f"\\u{ord(c):04x}" if ord(c) <= 0xFFFF else f"\\U{ord(c):08x}")
    return f'"{"".join(made)}"'


def yaml_key(text: str) -> str:
    """Return a key, in quotes where it needs them."""
    return text if _PLAIN_KEY.fullmatch(text) and text.lower() not in _TAKEN else yaml_text(text)


def yaml_flow(value: Any) -> str:
    """Return a plain JSON value as YAML in one line."""
    if isinstance(value, Mapping):
        return "{" + ", ".join(f"{yaml_key(str(key))}: {yaml_flow(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list | tuple):
        return "[" + ", ".join(map(yaml_flow, value)) + "]"
    return yaml_text(value) if isinstance(value, str) else literal(value)


def yaml_block(value: Mapping[str, Any], indent: str) -> list[str]:
    """Return an object as YAML, a line a key, each value in one line."""
    return [f"{indent}{yaml_key(str(key))}: {yaml_flow(item)}" for key, item in value.items()]


def yaml_document(value: Any, indent: str = "") -> list[str]:
    """Return a plain JSON value as lines of YAML, objects and lists with a line for each part."""
    if isinstance(value, Mapping) and value:
        lines = []
        for key, item in value.items():
            if isinstance(item, Mapping | list | tuple) and item:
                lines += [f"{indent}{yaml_key(str(key))}:", *yaml_document(item, f"{indent}  ")]
            else:
                lines.append(f"{indent}{yaml_key(str(key))}: {yaml_flow(item)}")
        return lines
    if isinstance(value, list | tuple) and value:
        lines = []
        for item in value:
            first, *rest = yaml_document(item, f"{indent}  ")
            lines += [f"{indent}- {first.removeprefix(f'{indent}  ')}", *rest]
        return lines
    return [f"{indent}{yaml_flow(value)}"]
