"""YAML 1.2 as contracts need it: plain JSON values, no duplicate keys, no dates that were meant as text.

YamlInvalid   the text cannot be read (``line`` counts from 1, 0 where it is not known)
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any, Final

from ruamel.yaml import YAML
from ruamel.yaml.constructor import SafeConstructor
from ruamel.yaml.error import MarkedYAMLError, YAMLError

from gateway.sdk import strict_json
from gateway.sdk.errors import AdapterError

MAX_DEPTH: Final = 200


class YamlInvalid(AdapterError):
    """The text is not YAML, or not of the kind that stands for JSON."""

    def __init__(self, line: int, reason: str) -> None:
        super().__init__(f"line {line}: {reason}" if line else reason)
        self.line = line
        self.reason = reason


class _Constructor(SafeConstructor):
    """``2027-09-01`` stays the text it is: JSON has no dates."""


_Constructor.add_constructor("tag:yaml.org,2002:timestamp", SafeConstructor.construct_yaml_str)


@lru_cache(maxsize=64)
def load(raw: bytes) -> Any:
    """Return the value of a YAML 1.2 or JSON text; all keys are text. Do not change it: it is shared.

    Raises ``YamlInvalid``.
    """
    if raw.lstrip()[:1] in {b"{", b"["}:  # JSON is YAML, and far faster read as what it is
        try:
            return strict_json.loads(raw)
        except strict_json.NotJson:
            pass  # flow-style YAML; or what is wrong with it is told by the YAML reader, with its line
    yaml = YAML(typ="safe", pure=True)
    yaml.Constructor = _Constructor
    try:
        value = yaml.load(raw)
    except MarkedYAMLError as error:
        line = error.problem_mark.line + 1 if error.problem_mark is not None else 0
        raise YamlInvalid(line, str(error.problem or error.context or "not YAML")) from error
    except (YAMLError, UnicodeDecodeError, ValueError) as error:
        raise YamlInvalid(0, f"not YAML: {error}") from error
    except RecursionError as error:
        raise YamlInvalid(0, "nested too deeply") from error
    return _plain(value, 0)


def _plain(value: Any, depth: int) -> Any:
    if depth > MAX_DEPTH:
        raise YamlInvalid(0, f"nested deeper than {MAX_DEPTH} levels, or an alias of itself")
    if isinstance(value, dict):
        return {_key(key): _plain(item, depth + 1) for key, item in value.items()}
    if isinstance(value, list):
        return [_plain(item, depth + 1) for item in value]
    if value is None or isinstance(value, str | int | float | bool):
        return value
    raise YamlInvalid(0, f"a {type(value).__name__} is no JSON value")


def _key(key: Any) -> str:
    # Status codes and years are written without quotes; "true" and "null" as a key are what was written, too.
    if key is None:
        return "null"
    return str(key).lower() if isinstance(key, bool) else str(key)
