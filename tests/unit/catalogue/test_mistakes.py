"""Every kind of mistake: file, line, key, what was expected, how to mend it."""

from __future__ import annotations

from pathlib import Path

import pytest

from gateway.catalogue.report import as_json, as_text
from tests.unit.catalogue.small import WORDS, A, S, check, edited, files, only

SERVICE, AGENCY, OFFICES = f"{S}/service.yaml", f"{A}/agency.yaml", "schemas/offices.yaml"
EXAMPLE, FORM = f"{S}/examples/given.json", f"{S}/form.schema.json"


@pytest.mark.parametrize(
    ("file", "old", "new", "key", "expected", "fix"),
    [
        # Keys and types
        (SERVICE, "roles:", "rolls:", "rolls", "a key that is known here", "did you mean roles?"),
        (SERVICE, 'version: "1"', "version: 1", "version", "text, not a number", "quotes"),
        (SERVICE, 'version: "1"\n', "", "version", "which is required", 'write version: "1"'),
        (SERVICE, "length: 5", "length: five", "term.length", "a number, not text", "without quotes"),
        (SERVICE, "length: 5", "length: 1.5", "term.length", "a whole number", "round"),
        (SERVICE, "length: 5", "length: 0", "term.length", "at least 1", "within"),
        (SERVICE, "needs: [check]", "needs: check", "steps[1].needs", "a list of texts, not text", "[check]"),
        (
            SERVICE,
            "unit: working_days",
            "unit: workdays",
            "term.unit",
            "calendar_days, working_days, hours",
            "did you mean working_days?",
        ),
        (SERVICE, "term: {length: 2, unit: calendar_days}", "term: 2", "steps[1].term", "an object, not a number", "keys"),
        (
            SERVICE,
            "term: {length: 2,",
            "term: {silence: nothing, length: 2,",
            "steps[1].term.silence",
            "a key that is known",
            "remove",
        ),
        (SERVICE, WORDS, "{uz: Soʻz, ru: Слово, en: Word}", "title.ky", "which is required", "write ky"),
        (SERVICE, WORDS, "{uz: Soʻz, ru: Слово, ky: '', en: Word}", "title.ky", "not empty", "ky"),
        (SERVICE, "id: fishing-licence", "id: fishing", "id", "the name of its folder, fishing-licence", "rename"),
        (SERVICE, "id: check", "id: check\n    id: chuck", "steps[0].id", "each key once; id stands in line 14 too", "keep one"),
        (SERVICE, "id: check", "id: &a check\n    <<: {}", "steps[0]", "a key has to be plain text", "merge keys"),
        (SERVICE, "length: 5", "length: !!python/name:os.system 5", "term.length", "a value that JSON knows", "quotes"),
        # References
        (SERVICE, "agency: counter", "agency: countr", "steps[2].agency", "an agency under contracts/", "did you mean counter?"),
        (
            SERVICE,
            "operation: findPerson",
            "operation: findPersons",
            "steps[0].operation",
            "an operation of water-agency",
            "findPerson?",
        ),
        (
            SERVICE,
            "authority: water-agency",
            "authority: air",
            "standard.authority",
            "the id of an agency",
            "counter or water-agency",
        ),
        (SERVICE, "needs: [check]", "needs: [chek, check]", "steps[1].needs", "no step of the service", "did you mean check?"),
        (SERVICE, "needs: [check]", "needs: [check, hand-over]", "steps[1].needs", "comes after it", "take hand-over out"),
        (
            SERVICE,
            "operation: findPerson\n",
            "operation: findPerson\n    needs: [licence]\n",
            "steps[0].needs",
            "check needs licence needs check",
            "take one",
        ),
        (SERVICE, "id: hand-over", "id: check", "steps[2].id", "stands there twice", "another id"),
        (
            SERVICE,
            "ends_with: step licence",
            "ends_with: step licenze",
            "term.ends_with",
            "the id of a step",
            "did you mean step licence?",
        ),
        (SERVICE, "ends_with: step licence", "start: ready", "term.start", "receipt, completeness, payment", "there is"),
        (
            SERVICE,
            "term: {length: 2,",
            "term: {start: receipt, length: 2,",
            "steps[1].term.start",
            "ready or dispatch",
            "there is",
        ),
        (SERVICE, "step licence", "step licence, silence: granted", "term.silence", "only be read as", "ends_with: decision"),
        (SERVICE, "step licence", "hand_over, silence: refused", "term.silence", "ends with hand_over", "ends_with: decision"),
        (SERVICE, "ends_with: step licence", "calendar: XX-5", "term.calendar", "UZ-5", "UZ-6"),
        (SERVICE, "facts: [payment]", "facts: [paiment]", "steps[1].facts", "only payment", "did you mean payment?"),
        (SERVICE, "facts: [payment]", "facts: [supplement]", "steps[1].facts", "only payment", "there is"),
        (
            SERVICE,
            "    branch: {territory: application.territory}\n",
            "",
            "steps[1].branch",
            "whose territory decides",
            "branch:",
        ),
        (
            SERVICE,
            "    after: decision\n",
            "    after: decision\n    branch: {territory: application.territory}\n",
            "steps[2].branch",
            "the one that took the application",
            "remove",
        ),
        (
            SERVICE,
            "input: check.jsonata",
            "input: chek.jsonata",
            "steps[0].input",
            f"a file {S}/chek.jsonata",
            "did you mean check.jsonata?",
        ),
        (SERVICE, "input: check.jsonata", "input: ../fishing-licence/check.jsonata", "steps[0].input", "a file", "name another"),
        (SERVICE, "roles: [applicant, representative]", "roles: [applicant, child]", "roles", "only applicant", "there is"),
        (
            SERVICE,
            "roles: [applicant, representative]",
            "roles: [representative]",
            "roles",
            "the role applicant",
            "add applicant",
        ),
        # Expressions
        (SERVICE, "when: steps.check.data.found", "when: steps.check.data.found and", "steps[1].when", "usable JSONata", "mend"),
        (SERVICE, "when: steps.check.data.found", "when: $random() > 0.5", "steps[1].when", "$random is refused", "take it out"),
        (
            SERVICE,
            "when: steps.check.data.found",
            "when: steps.chek.data.found",
            "steps[1].when",
            "a step of this service",
            "mean check?",
        ),
        (
            SERVICE,
            "when: steps.check.data.found",
            "when: steps.licence.data.x",
            "steps[1].when",
            "settled before",
            "add licence to needs",
        ),
        (
            SERVICE,
            "when: steps.check.data.found",
            "when: steps.check.dat.found",
            "steps[1].when",
            "what a step has",
            "did you mean data?",
        ),
        (SERVICE, "when: steps.check.data.found", "when: forms.river", "steps[1].when", "one of the roots", "did you mean form?"),
        (
            SERVICE,
            "territory: application.territory",
            "territory: application.teritory",
            "steps[1].branch.territory",
            "a field that the gateway knows",
            "did you mean territory?",
        ),
        (SERVICE, '["applicant.identifier"]', '["request.step"]', "unique.by[0]", "something that is there", "take it out"),
        (
            SERVICE,
            '["applicant.identifier"]',
            '["applicant.identifer"]',
            "unique.by[0]",
            "a field that the gateway knows",
            "identifier?",
        ),
        (SERVICE, '["applicant.identifier"]', '["applicant.("]', "unique.by[0]", "usable JSONata", "mend"),
        (
            f"{S}/licence.jsonata",
            "form.rods.length",
            "form.rods.lenght",
            "form.rods.lenght",
            "a field of the form",
            "did you mean length?",
        ),
        (
            f"{S}/licence.jsonata",
            "form.rods",
            "form.river.rods",
            "form.river.rods.length",
            "has nothing within it",
            "the field itself",
        ),
        (f"{S}/licence.jsonata", "request.message_id", "$", "", "named fields", "name the fields"),
        (
            f"{S}/check.jsonata",
            "applicant.identifier",
            "subject.identifier",
            "subject.identifier",
            "a party of this service",
            "roles",
        ),
        (f"{S}/decision.jsonata", "steps.licence", "steps.license", "steps.license.status", "a step of this service", "licence?"),
        (f"{A}/find.input.jsonata", "form.river", "form.rivers", "form.rivers", "a field of the form", "did you mean river?"),
        # Offices
        (OFFICES, "Asia/Tashkent", "Asia/Nowhere", "offices[0].time_zone", "an IANA time zone", "Asia/Tashkent"),
        (OFFICES, "UZ-6", "UZ-7", "offices[0].calendar", "UZ-5, UZ-6", "did you mean"),
        (OFFICES, '"1700001"', "1700001", "offices[0].territory", "text, not a number", "quotes"),
        (OFFICES, '"1700001"', '"17"', "offices[0].territory", "not '17'", "write"),
        (
            OFFICES,
            "    calendar",
            "    parent: rivr-center\n    calendar",
            "offices[0].parent",
            "the id of an office",
            "river-center?",
        ),
        (
            OFFICES,
            "    calendar",
            "    parent: river-center\n    calendar",
            "offices[0].parent",
            "leads to the top",
            "leave one out",
        ),
        (OFFICES, "    calendar", "    hours: 18:00-09:00\n    calendar", "offices[0].hours", "end after they begin", "write"),
        # Agencies
        (AGENCY, "adapter: fake", "adapter: fakir", "adapter", "an installed adapter", "did you mean fake?"),
        (AGENCY, "contract: contract.txt", "contract: contact.txt", "contract", "a file", "did you mean contract.txt?"),
        (AGENCY, "${WATER_URL}/v1", "water.example", "endpoint", "http://", "in full"),
        (
            AGENCY,
            "secret: secret://water-agency/key",
            "secret: hunter2",
            "auth.secret",
            "never the secret itself",
            "secret://agency/name",
        ),
        (AGENCY, "kind: api_key", "kind: apikey", "auth.kind", "api_key", "did you mean api_key?"),
        (
            AGENCY,
            "auth: {kind: api_key, header: X-Key,",
            "auth: {kind: ws-signature, certificate: hunter2,",
            "auth.certificate",
            "never the secret itself",
            "secret://agency/name",
        ),
        (
            AGENCY,
            "  auth: {kind: bearer, secret: secret://water-agency/callback}\n",
            "",
            "callbacks.auth",
            "which is required",
            "object",
        ),
        (AGENCY, '{schema: "#/Given"}', "{}", "callbacks.operations.Given", "one of element", "write"),
        (
            AGENCY,
            "operation: findLicence",
            "operation: findLicenze",
            "operations.giveLicence.lookup",
            "an operation of",
            "findLicence?",
        ),
        (
            AGENCY,
            "callback: {Given:",
            "callback: {Gven:",
            "operations.giveLicence.callback.Gven",
            "callbacks.operations",
            "Given?",
        ),
        (AGENCY, "{status: 503, ", "{", "", "", ""),
        (AGENCY, "timeout_secs: 5", "timeout_secs: 0", "operations.findPerson.timeout_secs", "more than 0", "bounds"),
        (
            AGENCY,
            "idempotent: true, timeout_secs",
            "idempotent: yes, timeout_secs",
            "operations.findPerson.idempotent",
            "true or false, not text",
            "without quotes",
        ),
        (
            AGENCY,
            "valid_from: 2027-01-01",
            "valid_from: 2026-06-01",
            "branches[1].territories",
            "north (line 12) and north-2",
            "valid_to",
        ),
        (AGENCY, "valid_to: 2026-12-31", "valid_to: soon", "branches[0].valid_to", "a day like", "year"),
        (AGENCY, "code: south", "code: north-2", "branches[2].code", "stands there twice", "another code"),
        (
            AGENCY,
            "lane: {concurrency: 3,",
            "succeeded_by: {agency: water-agenci, from: 2027-01-01}\nlane: {concurrency: 3,",
            "succeeded_by",
            "the id of an agency",
            "counter",
        ),
        (
            AGENCY,
            "lane: {concurrency: 3,",
            "succeeded_by: {agency: water-agency, from: 2027-01-01}\nlane: {concurrency: 3,",
            "succeeded_by",
            "lead back",
            "end the chain",
        ),
        (AGENCY, 'hours: "08:00-20:00"', 'hours: "8-20"', "lane.hours", "a text like", "form"),
        # Form, labels, examples
        (FORM, '"type": "object"', '"type": "objekt"', "/type", "a schema of an object", "properties"),
        (FORM, '"type": "array"', '"type": "aray"', "", "a valid JSON Schema", "mend"),
        (FORM, "#/$defs/rod", "#/$defs/rods", "#/$defs/rods", "within this file", "$defs"),
        (
            FORM,
            "#/$defs/rod",
            "https://schemas.example/rod.json",
            "https://schemas.example/rod.json",
            "within this file",
            "$defs",
        ),
        (FORM, '   "additionalProperties": false,\n', "", "/$defs/rod", "additionalProperties", "false"),
        (FORM, '"required": [\n', '"required": [,\n', "", "valid JSON", "mend"),
        (
            f"{S}/labels.yaml",
            "/rods/length",
            "/rods/lenght",
            "/rods/lenght",
            "the pointer of a field",
            "did you mean /rods/length?",
        ),
        (EXAMPLE, '"length": 3', '"length": 0', "/application/form/rods/0/length", "at least 1", "correct"),
        (EXAMPLE, '"office": "river-center"', '"office": "sea"', "/application/office", "there is no such office", "correct"),
        (
            EXAMPLE,
            '"service": "fishing-licence"',
            '"service": "fish"',
            "/application/service",
            "the service of this folder",
            "move",
        ),
        (EXAMPLE, '"check": "completed"', '"chek": "completed"', "/expected/steps/chek", "a step of the service", "check?"),
        (EXAMPLE, '"outcome": "granted"', '"outcome": "given"', "/expected/outcome", "granted, partly_granted", "there is"),
        (
            EXAMPLE,
            '"acts": [',
            '"vary": ["/parties/0/name/given", "/parties/1/x"],\n"acts": [',
            "/vary/1",
            "the pointer of a text",
            "correct",
        ),
        (EXAMPLE, '"call": "facts"', '"call": "fact"', "/acts/0/call", "facts, supplement", "did you mean facts?"),
        (EXAMPLE, '"title": "Given",', '"title": "Given", "titel": 1,', "/titel", "a key that is known", "did you mean title?"),
    ],
)
def test_a_mistake_is_told(tmp_path: Path, file: str, old: str, new: str, key: str, expected: str, fix: str) -> None:
    checked = check(tmp_path, edited(file, old, new))
    if not expected:
        assert checked.mistakes == ()  # what a row of answers is matched by, is the adapter's own
        return
    told = [m for m in checked.mistakes if (m.file, m.key) == (file, key) and expected in m.expected and fix in m.fix]
    assert told, "\n".join(map(str, checked.mistakes))
    assert len(checked.mistakes) <= 3, "one mistake drags others along"


def test_lines_are_those_of_the_keys(tmp_path: Path) -> None:
    assert only(check(tmp_path / "a", edited(SERVICE, "length: 2", "length: x"))).line == 27
    assert only(check(tmp_path / "b", edited(f"{S}/licence.jsonata", "rods.length", "rods.lngth"))).line == 2
    assert only(check(tmp_path / "c", edited(f"{S}/licence.jsonata", "[],", "[,"))).line == 2
    assert only(check(tmp_path / "d", edited(EXAMPLE, '"river-center"', '"sea"'))).line == 5


def test_a_secret_written_into_a_contract_is_not_repeated(tmp_path: Path) -> None:
    mistake = only(check(tmp_path, edited(AGENCY, "secret://water-agency/key", "hunter2")))
    assert "hunter2" not in str(mistake)


def test_every_mistake_is_told_at_once(tmp_path: Path) -> None:
    given = files()
    given[SERVICE] = (
        given[SERVICE].replace("roles:", "rolls:").replace("length: 5", "length: five").replace("agency: counter", "agency: c")
    )
    given[AGENCY] = given[AGENCY].replace("timeout_secs: 5", "timeout: 5").replace("kind: bearer", "kind: bear")
    given[OFFICES] = given[OFFICES].replace("UZ-6", "UZ")
    found = {(m.file, m.key) for m in check(tmp_path, given).mistakes}
    assert found == {
        (SERVICE, "rolls"),
        (SERVICE, "term.length"),
        (SERVICE, "steps[2].agency"),
        (AGENCY, "operations.findPerson.timeout"),
        (AGENCY, "callbacks.auth.kind"),
        (OFFICES, "offices[0].calendar"),
    }


@pytest.mark.parametrize(
    ("file", "content", "expected"),
    [
        (SERVICE, b"\xff\xfe", "UTF-8"),
        (SERVICE, b"", "not empty"),
        (SERVICE, b"a: [1\nb: 2", "YAML 1.2"),
        (SERVICE, b"- 1", "an object, not a list"),
        (SERVICE, b"a: 1\n---\nb: 2", "YAML 1.2"),
        (AGENCY, b"a: *x", "YAML 1.2"),
        (OFFICES, b"offices: &a [*a]", "less"),
        (f"{S}/check.jsonata", b"\xff", "UTF-8"),
        (FORM, b'{"a": 1, "a": 2}', "valid JSON"),
        (EXAMPLE, b'{"a": NaN}', "valid JSON"),
        (EXAMPLE, b"[]", "an object"),
    ],
)
def test_files_that_cannot_be_read(tmp_path: Path, file: str, content: bytes, expected: str) -> None:
    mistakes = check(tmp_path, files() | {file: content}).mistakes
    assert any(m.file == file and expected in m.expected for m in mistakes), mistakes


def test_a_file_that_is_missing(tmp_path: Path) -> None:
    given = files()
    del given[OFFICES]
    assert "missing" in next(m for m in check(tmp_path, given).mistakes if m.file == OFFICES).expected


def test_a_link_that_leads_outside_is_refused(tmp_path: Path) -> None:
    (tmp_path / "outside.jsonata").write_text("1")
    link = tmp_path / "root" / S / "check.jsonata"
    given = files()
    del given[f"{S}/check.jsonata"]
    link.parent.mkdir(parents=True)
    link.symlink_to(tmp_path / "outside.jsonata")
    assert any(m.file == f"{S}/check.jsonata" and "within" in m.expected for m in check(tmp_path / "root", given).mistakes)


def test_what_the_adapter_finds_is_told_with_its_line(tmp_path: Path) -> None:
    first, second = check(tmp_path, files() | {f"{A}/contract.txt": "flaw"}).mistakes
    assert (first.file, first.line, first.expected) == (AGENCY, 26, "another answer")
    assert (second.file, second.expected) == (f"{A}/contract.txt", "no flaw")


def test_an_adapter_that_breaks_is_a_mistake_of_its_agency(tmp_path: Path) -> None:
    mistake = only(check(tmp_path, files() | {f"{A}/contract.txt": "explode"}))
    assert (mistake.file, mistake.key) == (AGENCY, "adapter")
    assert "ValueError: boom" in mistake.expected


def test_the_report_is_for_people_and_for_programs(tmp_path: Path) -> None:
    checked = check(tmp_path, edited(SERVICE, "length: 5", "length: five"), environ={})
    text = as_text(checked.mistakes, checked.warnings)
    assert f"{SERVICE}\n  line 12: term.length: expected a number, not text\n    to mend: write it without quotes\n" in text
    assert "warning: endpoint: expected a value for WATER_URL" in text
    assert text.endswith("1 mistake, 1 warning")
    assert as_text(()) == "no mistakes"
    plain = as_json(checked.mistakes, checked.warnings)
    assert plain["ok"] is False
    assert plain["mistakes"][0] == {
        "file": SERVICE,
        "line": 12,
        "key": "term.length",
        "expected": "a number, not text",
        "fix": "write it without quotes",
    }
    assert as_json(())["ok"] is True
