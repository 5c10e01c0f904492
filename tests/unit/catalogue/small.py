"""A small invented catalogue in a folder of the test, to be broken in one place or another."""

from __future__ import annotations

import json
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from gateway.catalogue.loader import Checked, check_catalogue
from gateway.catalogue.mistakes import Mistake
from gateway.domain.agency import Agency
from gateway.sdk.adapter import Flaw, Manifest

WORDS = "{uz: Soʻz, ru: Слово, ky: Сөз, en: Word}"
OFFICES = f"""\
offices:
  - id: river-center
    title: {WORDS}
    territory: "1700001"
    time_zone: Asia/Tashkent
    calendar: UZ-6
"""
SERVICE = f"""\
id: fishing-licence
version: "1"
title: {WORDS}
standard:
  authority: water-agency
  legal_basis: Law on rivers (invented)
  fee: {{amount: 100, currency: UZS}}
form: form.schema.json
labels: labels.yaml
roles: [applicant, representative]
unique: {{by: ["applicant.identifier"], then: refuse}}
term: {{length: 5, unit: working_days, ends_with: step licence}}
steps:
  - id: check
    agency: water-agency
    operation: findPerson
    branch: {{territory: applicant.address.territory}}
    input: check.jsonata
  - id: licence
    agency: water-agency
    operation: giveLicence
    branch: {{territory: application.territory}}
    needs: [check]
    facts: [payment]
    when: steps.check.data.found
    input: licence.jsonata
    term: {{length: 2, unit: calendar_days}}
  - id: hand-over
    agency: counter
    operation: handOver
    after: decision
    input: hand-over.jsonata
decision: decision.jsonata
"""
FORM = {
    "type": "object",
    "additionalProperties": False,
    "required": ["river", "rods"],
    "properties": {
        "river": {"type": "string"},
        "rods": {"type": "array", "items": {"$ref": "#/$defs/rod"}},
    },
    "$defs": {
        "rod": {
            "type": "object",
            "additionalProperties": False,
            "properties": {"length": {"type": "integer", "minimum": 1}, "note": {"type": "string"}},
        }
    },
}
AGENCY = f"""\
id: water-agency
title: {WORDS}
adapter: fake
contract: contract.txt
endpoint: ${{WATER_URL}}/v1
auth: {{kind: api_key, header: X-Key, secret: secret://water-agency/key}}
callbacks:
  auth: {{kind: bearer, secret: secret://water-agency/callback}}
  operations:
    Given: {{schema: "#/Given"}}
branches:
  - {{code: north, title: {WORDS}, territories: ["1700001"], valid_to: 2026-12-31}}
  - {{code: north-2, title: {WORDS}, territories: ["1700001"], valid_from: 2027-01-01, lane: {{concurrency: 1}}}}
  - {{code: south, title: {WORDS}, territories: ["1700002"]}}
operations:
  findPerson: {{idempotent: true, timeout_secs: 5}}
  giveLicence:
    idempotent: false
    response: give.response.jsonata
    lookup:
      operation: findLicence
      input: find.input.jsonata
      response: find.response.jsonata
      absence_conclusive: true
    answers:
      - {{status: 503, outcome: {{outcome: retry_later, reason: busy}}}}
    callback: {{Given: given.jsonata}}
    reply_within_secs: 3600
    options: {{path: /licences}}
  findLicence: {{idempotent: true}}
lane: {{concurrency: 3, rate_per_sec: 1.5, hours: "08:00-20:00", retry: {{attempts: 4}}}}
"""
COUNTER = f"""\
id: counter
title: {WORDS}
adapter: people
branches: offices
operations:
  handOver: {{idempotent: true}}
"""
EXAMPLE: dict[str, Any] = {
    "title": "Given",
    "application": {
        "service": "fishing-licence",
        "office": "river-center",
        "channel": "counter",
        "territory": "1700001",
        "language": "en",
        "parties": [
            {
                "role": "applicant",
                "kind": "person",
                "identifier": "99900000000001",
                "name": {"family": "Baliqchiyev", "given": "Namuna"},
                "address": {"territory": "1700001"},
            }
        ],
        "form": {"river": "Namuna-daryo", "rods": [{"length": 3}]},
    },
    "acts": [{"on": {"case": "received"}, "call": "facts", "body": {"kind": "payment"}}],
    "expected": {"status": "closed", "outcome": "granted", "steps": {"check": "completed"}},
}
S = "schemas/services/fishing-licence"
A = "contracts/water-agency"


def files() -> dict[str, str]:
    """Return a valid catalogue as text by path."""
    return {
        "schemas/offices.yaml": OFFICES,
        f"{S}/service.yaml": SERVICE,
        f"{S}/form.schema.json": json.dumps(FORM, indent=1),
        f"{S}/labels.yaml": f"/river: {WORDS}\n/rods/length: {WORDS}\n",
        f"{S}/check.jsonata": '{"id": applicant.identifier}',
        f"{S}/licence.jsonata": '{"id": request.message_id,\n "rods": form.rods.length[],\n "found": steps.check.data.found}',
        f"{S}/hand-over.jsonata": '{"to": applicant.name.family, "what": steps.licence.data.number}',
        f"{S}/decision.jsonata": 'steps.licence.status = "completed" ? {"outcome": "granted", "authority": "water-agency"}',
        f"{S}/examples/given.json": json.dumps(EXAMPLE, indent=1),
        f"{A}/agency.yaml": AGENCY,
        f"{A}/contract.txt": "an invented contract",
        f"{A}/give.response.jsonata": '{"outcome": "accepted", "reference": body.id}',
        f"{A}/find.input.jsonata": '{"id": request.message_id, "river": form.river}',
        f"{A}/find.response.jsonata": '{"outcome": "not_there"}',
        f"{A}/given.jsonata": '{"outcome": "completed", "match": {"reference": body.id}}',
        "contracts/counter/agency.yaml": COUNTER,
    }


class FakeAdapter:
    """Finds fault with a contract that says so."""

    def __init__(self, agency: Agency) -> None:
        self._agency = agency
        if agency.files.get(agency.contract) == b"explode":
            raise ValueError("boom")

    def check(self) -> list[Flaw]:
        text = self._agency.files.get(self._agency.contract, b"").decode()
        if text.startswith("flaw"):
            return [
                Flaw("agency.yaml", "operations.giveLicence.answers[0]", "another answer", "mend it"),
                Flaw("contract.txt", "", "no flaw", "x"),
            ]
        return []


ADAPTERS = {
    "fake": Manifest("fake", "Fake", FakeAdapter),  # type: ignore[arg-type]
    "people": Manifest("people", "People", FakeAdapter, people=True),  # type: ignore[arg-type]
}
ENVIRON = {"WATER_URL": "https://water.example"}


def write(root: Path, given: Mapping[str, str | bytes]) -> Path:
    """Write the files beneath ``root`` and return it."""
    for path, content in given.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_bytes(content if isinstance(content, bytes) else content.encode())
    return root


def check(root: Path, given: Mapping[str, str | bytes] | None = None, environ: Mapping[str, str] = ENVIRON) -> Checked:
    """Write and check."""
    return check_catalogue(write(root, files() if given is None else given), environ=environ, adapters=ADAPTERS)


def edited(path: str, old: str, new: str) -> dict[str, str]:
    """Return the valid catalogue with one edit in one file."""
    made = files()
    assert old in made[path], f"{old!r} is not in {path}"
    return made | {path: made[path].replace(old, new, 1)}


def only(checked: Checked) -> Mistake:
    """Return the one mistake."""
    assert len(checked.mistakes) == 1, "\n".join(map(str, checked.mistakes)) or "there is no mistake"
    return checked.mistakes[0]


OTHER_FAKE = Manifest("fake", "Another", FakeAdapter)  # type: ignore[arg-type]
