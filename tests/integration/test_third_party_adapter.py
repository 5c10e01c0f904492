"""An adapter in a repository of its own: the one of ``docs/adapters/first-adapter.md``, as it stands there, built and tried.

The page's files are written into an empty folder, its package is installed by the page's own command, and the conformance kit is
run by the page's own command, in processes that know nothing of this repository's tests. Then one thing at a time is broken, and
the rule that is there for it has to say so.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
PAGE = ROOT / "docs" / "adapters" / "first-adapter.md"
_FILE = re.compile(r"^`([\w./-]+)`:\n\n```\w+\n(.*?)^```$", re.MULTILINE | re.DOTALL)
_COMMANDS = re.compile(r"^```bash\n(.*?)^```$", re.MULTILINE | re.DOTALL)


@dataclass(frozen=True)
class Repository:
    """The third party's. ``site`` is where its package is installed."""

    folder: Path
    site: Path

    def run(self, command: str, *more: str) -> subprocess.CompletedProcess[str]:
        environ = {
            **os.environ,
            "PATH": f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}",
            "PYTHONPATH": f"{self.site}{os.pathsep}{ROOT}",
            "PYTEST_DISABLE_PLUGIN_AUTOLOAD": "1",
            "PYTEST_ADDOPTS": "",
            "PIP_NO_INDEX": "1",
            "PIP_NO_DEPS": "1",
            "PIP_NO_BUILD_ISOLATION": "0",  # pip reads it the other way round: no isolation, so that hatchling is found
            "PIP_TARGET": str(self.site),
            "PIP_DISABLE_PIP_VERSION_CHECK": "1",
        }
        return subprocess.run(
            [*command.split(), *more], cwd=self.folder, env=environ, capture_output=True, text=True, check=False, timeout=120
        )

    def copy(self, folder: Path) -> Repository:
        """Return a repository like this one, installed too."""
        shutil.copytree(self.folder, folder / "repository")
        shutil.copytree(self.site, folder / "site")
        return Repository(folder / "repository", folder / "site")

    def change(self, name: str, old: str, new: str) -> None:
        """Change one place of the adapter, where it is installed."""
        path = self.site / "darcha_lines" / name
        text = path.read_text("utf-8")
        assert text.count(old) == 1, f"{PAGE.name} has {old!r} {text.count(old)} times"
        path.write_text(text.replace(old, new), "utf-8")


def commands() -> tuple[str, str, str]:
    """Return the page's commands: install, test, check the quality file."""
    (block,) = _COMMANDS.findall(PAGE.read_text("utf-8"))
    install, test, quality = block.splitlines()
    return install, test, quality


@pytest.fixture(scope="module")
def repository(tmp_path_factory: pytest.TempPathFactory) -> Repository:
    """The page's files, and the package that they make, installed by the page's command."""
    folder = tmp_path_factory.mktemp("third-party")
    made = Repository(folder / "repository", folder / "site")
    files = _FILE.findall(PAGE.read_text("utf-8"))
    assert len(files) > 5
    for name, content in files:
        target = made.folder / name
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, "utf-8")
    done = made.run(commands()[0])
    assert done.returncode == 0, done.stdout + done.stderr
    return made


def test_the_adapter_of_the_page_keeps_every_rule(repository: Repository) -> None:
    done = repository.run(commands()[1], "-v", "-rs")
    assert done.returncode == 0, done.stdout + done.stderr
    assert "[lines]" in done.stdout
    assert "[rest]" not in done.stdout, "it tries its own adapter, and no other"
    skipped = re.findall(r"SKIPPED \[\d+\] \S+: (.*)", done.stdout)
    assert sorted(skipped) == [
        "no sample request carries a document",
        "the adapter has no contract file",
        "the adapter onboards no contract",
    ]


BODY = '        body = "".join(f"{line}\\n" for line in lines).encode()\n'
EXCHANGE = 'got = await exchange(link, "POST", link.endpoint, headers=headers, body=message.body)'
OWN = (
    "answer = await link.session.post(link.endpoint, headers=headers, data=message.body)\n"
    "            got = Reply(message.operation, answer.status, {}, await answer.read())"
)
LOST = "        except SentButLost as error:\n            return Parsed(Unknown(str(error)))\n        return"


def test_its_quality_file_holds(repository: Repository) -> None:
    done = repository.run(commands()[2])
    assert (done.returncode, done.stdout) == (0, "lines: bronze\n"), done.stderr
    path = repository.folder / "darcha_lines" / "quality.yaml"
    text = path.read_text("utf-8")
    try:
        path.write_text(text.replace("adapter.py::parse", "adapter.py::guess"), "utf-8")
        done = repository.run(commands()[2])
    finally:
        path.write_text(text, "utf-8")
    assert done.returncode == 1
    assert "darcha_lines/quality.yaml: rules.outcomes: darcha_lines/adapter.py defines no guess" in done.stderr


#: what is broken → (the rules that find it, what stands in the page, what stands there instead)
MUTANTS: dict[str, tuple[set[str], str, str]] = {
    "a clock in render": (
        {"render_is_deterministic"},
        BODY,
        "        import time\n        lines.append(str(time.time_ns()))\n" + BODY,
    ),
    "a resend": ({"send_never_resends_by_itself"}, LOST, f"        except SentButLost:\n            {EXCHANGE}\n        return"),
    "a key in the log": (
        {"secrets_stay_secret"},
        EXCHANGE,
        f'__import__("logging").getLogger(__name__).debug("sending with %s", headers)\n            {EXCHANGE}',
    ),
    "a transport of its own": ({"replies_have_a_limit", "trace_reaches_the_agency", "exchanges_are_told"}, EXCHANGE, OWN),
    "a send that goes on by itself": (
        {"send_can_be_cancelled"},
        EXCHANGE,
        f"import asyncio\n            {EXCHANGE.replace('await exchange(', 'await asyncio.shield(exchange(')})",
    ),
    "hope": ({"every_fault_is_told_truly"}, 'return Parsed(Unknown(f"status', 'return Parsed(RetryLater(f"status'),
    "a word that it does not know": ({"duplicates_count_as_sent"}, "(?:OK|KNOWN)", "(?:OK)"),
    "trust": ({"hostile_replies_never_raise"}, 'decode("utf-8", "replace")', "decode()"),
    "values that are taken as they come": ({"render_refuses_what_breaks_the_schema"}, " or not isinstance(value, str)", ""),
    "a database": ({"no_database_is_imported"}, "import re\n", "import re\nimport sqlalchemy\n"),
}


@pytest.mark.parametrize("what", MUTANTS)
def test_what_is_broken_is_found_by_its_rule(repository: Repository, tmp_path: Path, what: str) -> None:
    rules, old, new = MUTANTS[what]
    mutant = repository.copy(tmp_path)
    mutant.change("adapter.py", old, new)
    done = mutant.run(commands()[1], "-q", "-k", " or ".join(rules))
    assert done.returncode == 1, done.stdout + done.stderr
    failed = set(re.findall(r"^(?:FAILED|ERROR) \S+::test_(\w+)", done.stdout, re.MULTILINE))
    assert failed == rules, done.stdout


def test_an_adapter_that_is_not_installed_is_no_success(repository: Repository) -> None:
    done = repository.run(commands()[1], "--adapter", "nobody")
    assert done.returncode not in (0, 5), done.stdout
    assert "no adapter 'nobody' is installed" in done.stdout + done.stderr


def test_a_waiver_without_a_reason_is_none(repository: Repository, tmp_path: Path) -> None:
    for reason, code in (("", 1), ("this office gives no traces on", 0)):
        folder = tmp_path / str(code)
        folder.mkdir()
        waiving = repository.copy(folder)
        waiving.change(
            "__init__.py",
            "simulator=LinesSimulator",
            f'simulator=LinesSimulator, waivers={{"trace_reaches_the_agency": "{reason}"}}',
        )
        done = waiving.run(commands()[1], "-q", "-rs", "-k", "trace_reaches or waivers")
        assert done.returncode == code, done.stdout + done.stderr
        assert ("waived: " in done.stdout) == bool(reason)
