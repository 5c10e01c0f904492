"""The rooms of the code: what may import what, and what must not be loaded at all. ``make lint`` holds the layers."""

from __future__ import annotations

import ast
import configparser
import json
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
GATEWAY = ROOT / "gateway"
SOURCES = sorted(p for folder in ("gateway", "adapters") for p in (ROOT / folder).rglob("*.py"))
TESTED = sorted(p for p in ROOT.rglob("*.py") if not {".venv", "var"} & set(p.relative_to(ROOT).parts))
DATABASES = ("sqlalchemy", "asyncpg", "aiosqlite", "alembic", "sqlite3")
HEAVY_IN_WORKERS = (*DATABASES, "fastapi", "uvicorn", "apprise", "holidays", "gateway.storage", "gateway.api", "gateway.notify")
#: A worker that idles stays small only while these stay out until they are needed (zeep reads WSDL, the SDK exports spans).
LATER_IN_WORKERS = ("opentelemetry.sdk", "aiohttp.web")


def imported(path: Path) -> Iterator[str]:
    """Yield the modules that a file imports anywhere in it."""
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and node.module is not None and not node.level:
            yield node.module


def loaded_by(module: str) -> set[str]:
    """Return the names of the modules that importing one loads, in a process of its own."""
    program = f"import json, sys; import {module}; print(json.dumps(sorted(sys.modules)))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True, cwd=ROOT)
    return set(json.loads(done.stdout))


def test_a_worker_loads_no_database_library_and_nothing_else_that_it_never_needs() -> None:
    loaded = loaded_by("gateway.bootstrap.worker_process")
    assert not loaded.intersection(HEAVY_IN_WORKERS)
    assert not loaded.intersection(LATER_IN_WORKERS)


def test_the_command_of_a_worker_loads_no_database_library_either() -> None:
    loaded = loaded_by("gateway.cli.run") | loaded_by("gateway.cli.main")
    assert not loaded.intersection(DATABASES)


@pytest.mark.parametrize("path", sorted((GATEWAY / "domain").glob("*.py")), ids=lambda p: p.stem)
def test_the_domain_is_the_standard_library_without_io(path: Path) -> None:
    ours = {m for m in imported(path) if m.split(".")[0] == "gateway"}
    assert all(m.startswith("gateway.domain") for m in ours)
    others = {m.split(".")[0] for m in imported(path)} - {"gateway"}
    assert others <= set(sys.stdlib_module_names)
    assert not others & {"asyncio", "socket", "subprocess", "threading", "random", "secrets", "logging", "os", "time"}


@pytest.mark.parametrize("path", sorted((GATEWAY / "domain").glob("*.py")), ids=lambda p: p.stem)
def test_the_domain_waits_for_nothing_and_asks_nobody_for_the_time(path: Path) -> None:
    for node in ast.walk(ast.parse(path.read_text("utf-8"))):
        assert not isinstance(node, ast.AsyncFunctionDef | ast.Await | ast.AsyncFor | ast.AsyncWith), node.lineno
        if isinstance(node, ast.Attribute):
            assert node.attr not in {"now", "utcnow", "today", "uuid4", "uuid7"} or _ours(node), node.lineno


def _ours(node: ast.Attribute) -> bool:
    """``file.now`` is the instant of the unit of work, which storage has set."""
    return (isinstance(node.value, ast.Name) and node.value.id in {"file", "self"}) or isinstance(node.value, ast.Attribute)


@pytest.mark.parametrize("path", sorted((GATEWAY / "sdk").rglob("*.py")), ids=lambda p: str(p.relative_to(GATEWAY)))
def test_the_sdk_sees_the_domain_alone(path: Path) -> None:
    ours = {m for m in imported(path) if m.split(".")[0] in ("gateway", "adapters")}
    assert all(m.startswith(("gateway.domain", "gateway.sdk")) for m in ours)


@pytest.mark.parametrize("path", sorted((ROOT / "adapters").rglob("*.py")), ids=lambda p: str(p.relative_to(ROOT)))
def test_an_adapter_sees_the_sdk_and_itself(path: Path) -> None:
    own = ".".join(path.relative_to(ROOT).parts[:2]).removesuffix(".py")
    for module in imported(path):
        if module.split(".")[0] in ("gateway", "adapters"):
            assert module.startswith(("gateway.sdk", own)), module


def test_the_contract_of_imports_names_every_room() -> None:
    read = configparser.ConfigParser()
    read.read(ROOT / ".importlinter")
    layers = read["importlinter:contract:rooms"]["layers"]
    named = {room.strip(" ()") for line in layers.split("\n") for room in line.split("|")} - {""}
    rooms = {p.parent.name for p in GATEWAY.glob("*/__init__.py")}
    assert rooms == named
    assert read["importlinter:contract:rooms"]["exhaustive"] == "True"
    forbidden = set(read["importlinter:contract:adapters"]["forbidden_modules"].split())
    assert {f"gateway.{room}" for room in rooms} - forbidden == {"gateway.sdk"}


#: Files that are one long list of declarations; the longest that each may grow to.
LISTS = {"gateway/storage/tables.py": 500, "gateway/storage/rows.py": 450}
#: A migration is a record of what was; nobody edits it.
RECORDS = GATEWAY / "storage" / "migrations" / "versions"


def test_one_concept_a_file() -> None:
    for path in SOURCES:
        name, lines = str(path.relative_to(ROOT)), len(path.read_text("utf-8").splitlines())
        assert lines <= LISTS.get(name, 400) or path.is_relative_to(RECORDS), f"{name} has {lines} lines: split it"


def test_every_file_says_what_it_is() -> None:
    silent = [p for p in SOURCES if not ast.get_docstring(ast.parse(p.read_text("utf-8")))]
    assert not silent


def test_nothing_is_left_for_later() -> None:
    marks = ("TO" + "DO", "FIX" + "ME", "X" + "XX:")
    found = [
        f"{path.relative_to(ROOT)}:{number}"
        for path in TESTED
        for number, line in enumerate(path.read_text("utf-8").splitlines(), start=1)
        if any(mark in line for mark in marks)
    ]
    assert not found
