"""Mapping tests: those of the reference catalogue hold, and each way to fail is told with file, line and key."""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

import pytest

from gateway.catalogue.alone import check_agency
from gateway.catalogue.folder import Folder
from gateway.catalogue.loader import check_catalogue
from gateway.catalogue.mapping_tests import body_differs, check_mapping_tests, files_of_tests
from gateway.catalogue.mistakes import Mistakes
from gateway.catalogue.onboarding.composing import compose
from gateway.catalogue.onboarding.writing import write_folder
from gateway.catalogue.plugins import find_adapters
from gateway.domain.agency import Agency
from tests.unit.catalogue.onboarding import tiny
from tests.unit.catalogue.small import ADAPTERS, ENVIRON, A, S, files, write

ROOT = Path(__file__).parents[3]
REFERENCE = files_of_tests(Folder(ROOT, Mistakes()))


def test_the_reference_catalogue_has_some() -> None:
    assert {path.rpartition("/")[0] for path in REFERENCE} >= {
        "contracts/civil-registry",
        "contracts/tax",
        "schemas/services/preschool-enrolment",
    }


@pytest.fixture(scope="module")
def agencies() -> Mapping[str, Agency]:
    """The agencies of the reference catalogue."""
    return check_catalogue(ROOT, environ={}, adapters=find_adapters()).catalogue.agencies


@pytest.mark.parametrize("path", REFERENCE)
def test_a_mapping_of_the_reference_catalogue(path: str, agencies: Mapping[str, Agency]) -> None:
    mistakes = Mistakes()
    folder = Folder(ROOT, mistakes)
    folder.files = {name: raw for name, raw in folder.files.items() if name == path or not name.endswith(".test.yaml")}
    assert check_mapping_tests(folder, agencies, find_adapters()) >= 1
    assert not mistakes.found, "\n".join(map(str, mistakes.found))


def run(root: Path, text: str, where: str = S, mapping: str = '{"person": applicant.identifier}') -> list[tuple[str, int, str]]:
    """Check the small catalogue with one mapping and one test of it; return what is wrong with files of that name."""
    given = files() | {f"{where}/extra.jsonata": mapping, f"{where}/extra.test.yaml": text}
    checked = check_catalogue(write(root, given), environ=ENVIRON, adapters=ADAPTERS, tests=True)
    assert all(m.file.startswith(f"{where}/extra") for m in checked.mistakes), "\n".join(map(str, checked.mistakes))
    return [(m.key, m.line, f"{m.expected}; {m.fix}") for m in checked.mistakes]


INPUT = """\
mapping: extra.jsonata
cases:
  - name: one
    input: {applicant: {identifier: "99900000000001"}}
"""
ANSWER = """\
mapping: extra.jsonata
cases:
  - name: one
    body: {n: 1}
    status: 201
"""
COMPLETED = '{"outcome": "completed", "data": {"n": body.n, "s": status}}'


def test_a_test_that_holds(tmp_path: Path) -> None:
    assert run(tmp_path, INPUT + '    product: {person: "99900000000001"}\n') == []


def test_a_product_that_differs_says_where(tmp_path: Path) -> None:
    ((key, line, said),) = run(tmp_path, INPUT + '    product:\n      person: "1"\n')
    assert (key, line) == ("cases[0].product", 5)
    assert '/person: "99900000000001" where "1" is expected' in said


def test_the_product_is_compared_whole(tmp_path: Path) -> None:
    ((_, _, said),) = run(tmp_path, INPUT + "    product: {}\n")
    assert "where nothing is expected" in said


def test_an_answer_leads_to_an_outcome(tmp_path: Path) -> None:
    good = ANSWER + "    outcome: {outcome: completed, data: {n: 1, s: 201}}\n"
    assert run(tmp_path, good, A, COMPLETED) == []
    ((key, _, said),) = run(tmp_path, good.replace("n: 1, s", "n: 2, s"), A, COMPLETED)
    assert key == "cases[0].outcome" and "/data/n: 1 where 2 is expected" in said


def test_an_outcome_that_is_none_is_told(tmp_path: Path) -> None:
    ((_, _, said),) = run(tmp_path, ANSWER + "    outcome: {outcome: perhaps}\n", A, COMPLETED)
    assert "perhaps" in said
    ((_, _, said),) = run(tmp_path, ANSWER + "    outcome: {outcome: completed}\n", A, '{"outcome": "perhaps"}')
    assert "it fails" in said


def test_an_error_that_is_expected_has_to_come_and_say_so(tmp_path: Path) -> None:
    failing = '{"a": $number("x")}'
    assert run(tmp_path, INPUT + "    error: D3030\n", mapping=failing) == []
    ((key, _, said),) = run(tmp_path, INPUT + "    error: too short\n", mapping=failing)
    assert key == "cases[0].error" and "it says" in said
    ((_, _, said),) = run(tmp_path, INPUT + "    error: any\n")
    assert "and it works" in said


@pytest.mark.parametrize(
    ("text", "key"),
    [
        ("mapping: none.jsonata\ncases: []\n", "mapping"),
        ("mapping: extra.jsonata\ncases: []\n", "cases"),
        ("mapping: extra.jsonata\n", "cases"),
        ("mapping: extra.jsonata\noperation: findPerson\ncases: [{name: a, input: {}, product: {}}]\n", "agency"),
        ("mapping: extra.jsonata\nagency: water\ncases: [{name: a, input: {}, product: {}}]\n", "agency"),
        (
            "mapping: extra.jsonata\nagency: water-agency\noperation: find\ncases: [{name: a, input: {}, product: {}}]\n",
            "operation",
        ),
        ("mapping: extra.jsonata\ncases: [{name: a, input: {}}]\n", "cases[0]"),
        ("mapping: extra.jsonata\ncases: [{name: a, input: {}, outcome: {}}]\n", "cases[0]"),
        ("mapping: extra.jsonata\ncases: [{name: a, input: {}, product: {}, extra: 1}]\n", "cases[0].extra"),
        ("mapping: extra.jsonata\ncases: [{name: a, input: {}, message: {body: {}}}]\n", "cases[0].message"),
        ("mapping: [", ""),
    ],
)
def test_what_is_no_test_is_told(tmp_path: Path, text: str, key: str) -> None:
    assert key in [found for found, _, _ in run(tmp_path, text)]


def test_a_mapping_that_does_not_compile_is_told_once(tmp_path: Path) -> None:
    found = run(tmp_path, INPUT + "    product: {}\n", mapping="{")
    assert len(found) == 1 and "usable JSONata" in found[0][2]


MESSAGE = """\
mapping: givePermit.input.jsonata
operation: givePermit
cases:
  - name: what is sent
    input: {}
    message: MESSAGE
"""


@pytest.mark.parametrize(
    ("message", "key", "says"),
    [
        ('{path: /givePermit, body: {river: "Namuna \\"daryo\\"", rods: [{length: 3}]}}', "", ""),
        ("{method: PUT}", "cases[0].message.method", "'POST'"),
        ("{content_type: text/xml}", "cases[0].message.content_type", "application/json"),
        ("{headers: {X-A: b}}", "cases[0].message.headers.X-A", "None"),
        ("{body: {river: Daryo}}", "cases[0].message.body", "/river"),
        ("{body: plain}", "cases[0].message.body", "plain"),
        ("{bodi: {}}", "cases[0].message", "did you mean body?"),
        ("{}", "cases[0].message", "write body"),
    ],
)
def test_the_message_that_the_adapter_makes_is_compared_as_far_as_it_is_told(
    tmp_path: Path, message: str, key: str, says: str
) -> None:
    folder = write_folder(tmp_path, "rivers", compose("rivers", "tiny", tiny.DRAFT).files)
    (folder / "mappings/givePermit.input.test.yaml").write_text(MESSAGE.replace("MESSAGE", message))
    found = check_agency(tmp_path, "rivers", environ={}, adapters={"tiny": tiny.manifest()}).mistakes
    assert [m.key for m in found] == ([key] if key else [])
    assert all(says in f"{m.expected}; {m.fix}" and m.line == 6 for m in found)


@pytest.mark.parametrize("mapping", ['{"bad": 1}', '{"crash": 1}'])
def test_what_the_agencys_schema_refuses_is_told(tmp_path: Path, mapping: str) -> None:
    folder = write_folder(tmp_path, "rivers", compose("rivers", "tiny", tiny.DRAFT).files)
    (folder / "mappings/givePermit.input.jsonata").write_text(mapping)
    (folder / "mappings/givePermit.input.test.yaml").write_text(MESSAGE.replace("message: MESSAGE", f"product: {mapping}"))
    (found,) = check_agency(tmp_path, "rivers", environ={}, adapters={"tiny": tiny.manifest()}).mistakes
    assert found.key == "cases[0].product" and ("no such field" in found.expected or "a bug" in found.expected)


@pytest.mark.parametrize(
    ("wanted", "differs"),
    [("<a x='1' y='2'>\n  <b/>\n</a>", False), ("<a y='2' x='1'><b></b></a>", False), ("<a x='1' y='2'/>", True), ("<a", True)],
)
def test_xml_is_compared_in_its_canonical_form(wanted: str, differs: bool) -> None:
    assert (body_differs(wanted, b'<a y="2" x="1"><b/></a>') is not None) is differs
