"""The quality file of an adapter: for every rule, where it is shown that it is done, or why it does not apply.

``quality.yaml`` lies in the adapter's package::

    adapter: rest
    level: gold
    rules:
      render: {done: kit::render_is_deterministic}
      lookup: {done: [adapters/rest/replies.py, "tests/unit/rest/test_replies.py::test_a_lookup"]}
      callbacks: {exempt: this protocol has none}

What is ``done`` names a rule of the conformance kit (``kit::…``; one that the manifest waives does not count), a file of the
repository, or a test, function or class in one (``path::name``). ``level`` is the highest whose rules and those below it are
all there. ``python -m gateway.sdk.testing.quality [FOLDER …]``, called at the root of a repository, checks the packages of these
folders, or of every installed adapter that lies beneath it. It prints each mistake and ends with 1, or tells each adapter's level
and ends with 0.
"""

from __future__ import annotations

import ast
import sys
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from importlib.util import find_spec
from pathlib import Path
from typing import Any, Final

from gateway.sdk import yaml12
from gateway.sdk.testing.enrol import Enrolled, find_adapters
from gateway.sdk.testing.rules import RULES

FILE: Final = "quality.yaml"
KIT: Final = "kit"
#: A reason that is shorter says nothing ("n/a", "none").
_SHORTEST_REASON: Final = 12

#: level → rule → what has to be there. An adapter is of a level when it has all of it and of those before.
LEVELS: Final[Mapping[str, Mapping[str, str]]] = {
    "bronze": {
        "contract_check": "a wrong contract is told with file, key, what was expected, and how to mend it",
        "render": "render is pure and deterministic, and refuses what the agency's schema forbids",
        "outcomes": "every answer gives an outcome of the closed set, by a table that is written down",
        "conformance": "the adapter brings a contract and samples for the conformance kit",
        "simulator": "a simulated agency is made from the contract itself",
        "docs": "a page says what it takes from agency.yaml, and how answers are read",
        "type_checked": "mypy --strict finds nothing",
    },
    "silver": {
        "unknown_outcomes": "a lost answer leaves one effect, shown by the agency's own ledger",
        "lookup": "what became of a message can be asked",
        "duplicates": "an answer that says the message is known counts as sent",
        "callbacks": "later answers are read, validated and answered in the agency's own terms",
        "probe": "a probe resembles real use and changes nothing",
        "secrets": "no secret in a message, an outcome, an error or a log line",
        "hostile_replies": "nothing that comes over the wire raises or is believed; replies have a limit",
        "observability": "spans and counters see each exchange; the trace goes on to the agency",
        "examples": "a reference contract shows it at work",
    },
    "gold": {
        "onboarding": "darcha agency new makes the folder from the contract alone",
        "documents_out": "documents go to the agency, fetched by the worker",
        "documents_in": "documents of an answer come back",
        "foreign_peer": "it was tried against a program that this project did not write",
        "properties": "a property test: what is rendered is valid, and reads back",
        "benchmark": "what a message costs is measured",
    },
}
#: rule → level.
LEVEL_OF: Final = {rule: level for level, rules in LEVELS.items() for rule in rules}


@dataclass(frozen=True, slots=True)
class Mistake:
    """Something wrong in a quality file."""

    file: str
    key: str
    reason: str

    def __str__(self) -> str:
        return f"{self.file}: {self.key}: {self.reason}" if self.key else f"{self.file}: {self.reason}"


def check_file(path: Path, root: Path, waived: Sequence[str] = ()) -> list[Mistake]:
    """Return every mistake in the quality file ``path``. Evidence is looked for below ``root``; ``waived``: rules of the kit."""
    name = str(path.relative_to(root)) if path.is_relative_to(root) else str(path)
    if not path.is_file():
        return [Mistake(name, "", f"there is no such file; write it with the rules {', '.join(LEVEL_OF)}")]
    try:
        value = yaml12.load(path.read_bytes())
    except yaml12.YamlInvalid as error:
        return [Mistake(name, "", str(error))]
    return [Mistake(name, key, reason) for key, reason in _problems(value, root, waived)]


def _problems(value: Any, root: Path, waived: Sequence[str]) -> Iterator[tuple[str, str]]:
    if not isinstance(value, Mapping) or not isinstance(value.get("rules"), Mapping):
        yield "", "expected {adapter, level, rules: {rule: {done | exempt}}}"
        return
    for key in sorted(set(value) - {"adapter", "level", "rules"}):
        yield str(key), "unknown key; there are adapter, level, rules"
    rules = value["rules"]
    for rule in rules:
        if rule not in LEVEL_OF:
            yield f"rules.{rule}", f"there is no such rule; there are {', '.join(LEVEL_OF)}"
    claimed = value.get("level")
    if claimed not in LEVELS:
        yield "level", f"expected one of {', '.join(LEVELS)}"
    names = list(LEVELS)
    due = names[: names.index(str(claimed)) + 1] if claimed in LEVELS else names
    for rule, level in LEVEL_OF.items():
        if rule in rules:
            yield from ((f"rules.{rule}", reason) for reason in _statement(rules[rule], root, waived))
        elif level in due:
            yield f"rules.{rule}", f"is missing: {LEVELS[level][rule]}; say {{done: where}} or {{exempt: why}}"


def _statement(given: Any, root: Path, waived: Sequence[str]) -> Iterator[str]:
    if not isinstance(given, Mapping) or len(given) != 1 or not set(given) <= {"done", "exempt"}:
        yield "expected {done: where it is shown} or {exempt: why it does not apply}"
    elif "exempt" in given:
        if not isinstance(given["exempt"], str) or len(given["exempt"].strip()) < _SHORTEST_REASON:
            yield "an exemption needs a reason in words"
    else:
        shown = given["done"] if isinstance(given["done"], list) else [given["done"]]
        if not shown:
            yield "done names at least one place"
        for place in shown:
            if reason := _not_there(place, root, waived):
                yield reason


def _not_there(place: Any, root: Path, waived: Sequence[str]) -> str:
    """Return why ``place`` shows nothing; empty when it does."""
    if not isinstance(place, str) or not place.strip():
        return "expected a path, path::name, or kit::rule"
    path, _, name = place.partition("::")
    if path == KIT:
        if name in waived:
            return f"the manifest waives {name}: it is exempt, not done"
        return "" if name in RULES else f"the conformance kit has no rule {name!r}"
    target = root / path
    if not target.is_relative_to(root) or not target.exists():
        return f"there is no {path}"
    if name and name not in _defined(target):
        return f"{path} defines no {name}"
    return ""


def _defined(path: Path) -> set[str]:
    if path.suffix != ".py":
        return set()
    tree = ast.parse(path.read_text("utf-8"))
    return {node.name for node in ast.walk(tree) if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef | ast.ClassDef)}


def folder_of(adapter: Enrolled) -> Path:
    """Return the folder of an adapter's package, without importing it. Raises ``LookupError`` when it is no package."""
    found = find_spec(adapter.module)
    if found is None or not found.submodule_search_locations:
        raise LookupError(f"the adapter {adapter.name} is not a package: {adapter.module}")
    return Path(next(iter(found.submodule_search_locations))).resolve()


def check_adapters(root: Path, folders: Sequence[Path] = ()) -> tuple[dict[str, str], list[Mistake]]:
    """Return adapter → claimed level, and every mistake, of the packages in ``folders``, or of all adapters beneath ``root``."""
    installed = {adapter.name: adapter for adapter in find_adapters()}
    root = root.resolve()
    beneath = [folder for folder in map(folder_of, installed.values()) if folder.is_relative_to(root)]
    levels: dict[str, str] = {}
    mistakes: list[Mistake] = []
    if not folders and not beneath:
        mistakes.append(Mistake(str(root), "", "no installed adapter lies here; name the folder of its package"))
    for folder in folders or beneath:
        path = folder.resolve() / FILE
        name, level = _named(path)
        adapter = installed.get(name)
        found = check_file(path, root, () if adapter is None else tuple(adapter.manifest().waivers))
        if not found and adapter is None:
            found = [Mistake(str(path), "adapter", f"no adapter {name!r} is installed; there is {', '.join(installed)}")]
        mistakes += found
        if not found:
            levels[name] = level
    return levels, mistakes


def _named(path: Path) -> tuple[str, str]:
    """Return the adapter and the level that a quality file names; empty texts where it cannot be read (``check_file`` tells)."""
    try:
        value = yaml12.load(path.read_bytes())
    except (OSError, yaml12.YamlInvalid):
        return "", ""
    return (str(value.get("adapter", "")), str(value.get("level", ""))) if isinstance(value, Mapping) else ("", "")


def main(arguments: Sequence[str]) -> int:
    """Check and print; return the exit code."""
    levels, mistakes = check_adapters(Path.cwd(), [Path(argument) for argument in arguments])
    for mistake in mistakes:
        print(mistake, file=sys.stderr)  # noqa: T201  - a command prints
    if not mistakes:
        for name, level in levels.items():
            print(f"{name}: {level}")  # noqa: T201  - as above
    return 1 if mistakes else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
