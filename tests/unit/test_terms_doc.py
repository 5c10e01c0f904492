"""``docs/terms.md`` tells what the readers read: its examples are rules, and its tables have every key, start and end."""

from __future__ import annotations

import re
from datetime import date
from pathlib import Path

from gateway.catalogue.loader import load_catalogue
from gateway.domain.case import FactKind
from gateway.domain.service import Service
from gateway.domain.term_rule import ENDS, STARTS, STEP_STARTS, Term, Unit
from tests.unit.catalogue.small import ADAPTERS, ENVIRON, S, files, write

PAGE = (Path(__file__).parents[2] / "docs/terms.md").read_text("utf-8")
EXAMPLES = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
PLAIN = "term: {length: 5, unit: working_days, ends_with: step licence}\n"
#: Names of fields that have another name in YAML.
KEYS = {"since": "from"}


def service_with(root: Path, text: str) -> Service:
    """Return the small service with an example of the page in the place of its term. Raises for a mistake in it."""
    service = files()[f"{S}/service.yaml"]
    kept = PLAIN if text.startswith("clocks:") else ""
    given = files() | {f"{S}/service.yaml": service.replace(PLAIN, kept + text)}
    return load_catalogue(write(root, given), environ=ENVIRON, adapters=ADAPTERS).services["fishing-licence"]


def test_the_examples_are_read_as_the_page_says(tmp_path: Path) -> None:
    whole, clocks, listed = (service_with(tmp_path / str(i), text) for i, text in enumerate(EXAMPLES))
    assert whole.term is not None and whole.term.suspension is not None and whole.term.ends_with == "hand_over"
    assert [g.name for g in whole.term.suspension.grounds] == ["needs_applicant", "expertise"]
    assert clocks.clocks.keys() == {"acknowledgement", "completeness"}
    days = [date(2026, 12, 31), date(2027, 1, 1)]
    assert [rule.length for day in days if (rule := listed.term_on(day)) is not None] == [15, 10]


def test_every_key_start_and_end_is_told() -> None:
    table = PAGE[PAGE.index("| key |") : PAGE.index("### What starts it")]
    named = {name for row in re.findall(r"^\| (`[^|]*) \|", table, re.MULTILINE) for name in re.findall(r"`(\w+)`", row)}
    assert named == {KEYS.get(name, name) for name in Term.__dataclass_fields__}
    starts = PAGE[PAGE.index("### What starts it") : PAGE.index("### What ends it")]
    ends = PAGE[PAGE.index("### What ends it") : PAGE.index("## The term of a step")]
    assert all(f"`{start}`" in starts for start in STARTS) and all(f"`{end}`" in ends for end in ENDS)
    assert all(f"`start: {start}`" in PAGE for start in STEP_STARTS) and all(f"`{unit}`" in table for unit in Unit)
    told = {FactKind.REGISTRATION, FactKind.COMPLETENESS, FactKind.RESULT_READY, FactKind.RESULT_COLLECTED}
    assert all(f"`{kind}`" in PAGE for kind in told)
