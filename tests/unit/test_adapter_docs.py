"""``docs/adapters`` says what the code does: tables, examples of agency.yaml, links."""

from __future__ import annotations

import ast
import re
from pathlib import Path
from typing import Any

import pytest

from adapters.rest import replies as rest_replies
from adapters.soap import replies as soap_replies
from gateway.domain.agency import Lookup, Operation
from gateway.domain.outcomes import OUTCOMES
from gateway.sdk import yaml12
from gateway.sdk.reading import Table

ROOT = Path(__file__).parents[2]
DOCS = ROOT / "docs" / "adapters"
_YAML = re.compile(r"^```yaml\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_LINK = re.compile(r"\]\(([^)#:]+)\)")


def rows(text: str) -> list[str]:
    return [line.replace("``", "`") for line in text.splitlines() if line.startswith("|")]


@pytest.mark.parametrize("name", ["soap", "rest"])
def test_the_table_of_answers_is_the_one_of_the_code(name: str) -> None:
    source = ROOT / "adapters" / name / "replies.py"
    meant = rows(ast.get_docstring(ast.parse(source.read_text("utf-8"))) or "")
    _, found, after = (DOCS / "outcomes.md").read_text("utf-8").partition(f"<!-- the table of adapters/{name}/replies.py -->\n")
    assert found
    assert len(meant) > 5
    shown = rows(after.partition("\n\n")[0])
    assert shown == meant, f"copy the table of {source.relative_to(ROOT)} into docs/adapters/outcomes.md"


def test_every_outcome_is_explained() -> None:
    text = (DOCS / "outcomes.md").read_text("utf-8")
    explained = re.findall(r"^\| `(\w+)\(([^)]*)\)`", text, re.MULTILINE)
    known = {kind.__name__: set(kind.__dataclass_fields__) for kind in OUTCOMES.values()}
    assert {name for name, _ in explained} == set(known)
    for name, fields in explained:
        assert {field.strip() for field in fields.split(",")} <= known[name], name


def test_the_examples_of_agency_yaml_are_read() -> None:
    (block,) = _YAML.findall((DOCS / "lookup.md").read_text("utf-8"))
    operation: dict[str, Any] = yaml12.load(block.encode())["operations"]["RegisterBirth"]
    assert set(operation) <= set(Operation.__dataclass_fields__)
    assert set(operation["lookup"]) <= set(Lookup.__dataclass_fields__)
    assert Table.of(Operation("RegisterBirth", False, answers=tuple(operation["answers"])), soap_replies.ROW_KEYS).rows
    (block,) = _YAML.findall((DOCS / "outcomes.md").read_text("utf-8"))
    answers = yaml12.load(block.encode())["answers"]
    assert len(Table.of(Operation("x", False, answers=tuple(answers)), rest_replies.ROW_KEYS).rows) == 3


def test_links_and_paths_lead_somewhere() -> None:
    for page in DOCS.glob("*.md"):
        text = page.read_text("utf-8")
        for link in _LINK.findall(text):
            assert (page.parent / link).exists(), f"{page.name}: {link}"
        if page.name == "first-adapter.md":
            continue  # its paths are those of the repository that it makes
        for path in re.findall(r"`((?:tests|contracts|adapters|docs)/[\w/.-]+)`", text):
            assert (ROOT / path).exists(), f"{page.name}: {path}"
