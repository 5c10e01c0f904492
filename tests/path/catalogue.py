"""A small catalogue for what the reference catalogue has no operation for, with times that a test can wait for.

Agencies: ``registry`` and ``slowpoke`` (REST, one contract), ``narrow`` (the same, one call at a time, two attempts),
``codes`` (SOAP, the reference catalogue's statistics committee with quick times), ``counter`` (the desk).

Operations of the REST contract:

    enter   not idempotent; its lookup is conclusive          note   idempotent
    post    not idempotent; there is no lookup                order  answered later; its lookup is not conclusive

``scenario`` in a form says what the simulated agency does: the name of a transport fault (the first time only),
``refused``, ``busy`` (twice), ``missing``, ``paper`` (300 bytes of the file come back); for orders ``silent``,
``progress``, ``offer``. A text of more than 100 characters is not of the agencies' contract.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

ROOT = Path(__file__).parents[2]
FAULTS = ("reset-before", "reset-after", "error", "error-after", "malformed")
WORDS = "{uz: Namuna, ru: Образец, ky: Үлгү, en: Sample}"

OFFICES = f"""\
offices:
  - {{id: north-center, title: {WORDS}, territory: "1714401", time_zone: Asia/Tashkent, calendar: UZ-5, hours: "09:00-18:00"}}
  - {{id: south-center, title: {WORDS}, territory: "1714212", time_zone: Asia/Tashkent, calendar: UZ-5, hours: "09:00-18:00"}}
"""

BODY = {
    "type": "object",
    "additionalProperties": False,
    "required": ["messageId", "text"],
    "properties": {
        name: {"type": "string"} for name in ("messageId", "scenario", "until", "answer", "reference", "certificate", "file")
    }
    | {"text": {"type": "string", "maxLength": 100}},
}
WORD = {
    "type": "object",
    "additionalProperties": False,
    "required": ["callbackId"],
    "properties": {name: {"type": "string"} for name in ("callbackId", "messageId", "reference", "text", "until")},
}
ENTRY = {
    "type": "object",
    "additionalProperties": False,
    "required": ["entry"],
    "properties": {"entry": {"type": "string"}, "paper": {"type": "string"}},
}
FOUND = {"type": "object", "properties": {"found": {"type": "boolean"}, "entry": {"type": "string"}}, "required": ["found"]}
PROBLEM = {"type": "object", "properties": {"code": {"type": "string"}, "until": {"type": "string"}}, "required": ["code"]}
#: operation → (path, status of the usual answer, schema of it)
OPERATIONS = {
    "enter": ("/entries", "201", "Entry"),
    "findEntry": ("/entries/search", "200", "Found"),
    "note": ("/notes", "200", "Entry"),
    "post": ("/posts", "201", "Entry"),
    "order": ("/orders", "202", "Entry"),
    "findOrder": ("/orders/search", "200", "Found"),
}


def _content(schema: str, description: str) -> dict[str, Any]:
    ref = {"$ref": f"#/components/schemas/{schema}"}
    return {"description": description, "content": {"application/json": {"schema": ref}}}


OPENAPI = {
    "openapi": "3.1.0",
    "info": {"title": "An invented register", "version": "1"},
    "paths": {
        path: {
            "post": {
                "operationId": operation,
                "requestBody": {"required": True, **_content("Body", "what is asked")},
                "responses": {status: _content(answer, "done"), "default": _content("Problem", "not done")},
            }
        }
        for operation, (path, status, answer) in OPERATIONS.items()
    },
    "components": {"schemas": {"Body": BODY, "Word": WORD, "Entry": ENTRY, "Found": FOUND, "Problem": PROBLEM}},
}

AGENCY = """\
id: {id}
title: {words}
adapter: rest
contract: openapi.json
endpoint: ${{{variable}_URL}}
auth: {{kind: bearer, secret: secret://{id}/token}}
callbacks:
  auth: {{kind: bearer, secret: secret://{id}/callback}}
  operations:
    Done: {{schema: "#/components/schemas/Word"}}
    Declined: {{schema: "#/components/schemas/Word"}}
    Progress: {{schema: "#/components/schemas/Word"}}
    Offer: {{schema: "#/components/schemas/Word"}}
operations:
  enter:
    idempotent: false
    timeout_secs: {timeout}
    response: entry.jsonata
    answers: {answers}
    lookup:
      operation: findEntry
      input: by-message.jsonata
      response: found-entry.jsonata
      absence_conclusive: true
      settled_after_secs: {settled}
  findEntry: {{idempotent: true, timeout_secs: 10, response: found-entry.jsonata}}
  note: {{idempotent: true, timeout_secs: {timeout}, response: entry.jsonata, answers: {answers}}}
  post:
    idempotent: false
    timeout_secs: {timeout}
    response: entry.jsonata
    answers: {answers}
    callback: {{Done: done.jsonata, Declined: declined.jsonata}}
  order:
    idempotent: false
    timeout_secs: {timeout}
    response: order.jsonata
    reply_within_secs: {reply_within}
    answers: {answers}
    lookup:
      operation: findOrder
      input: by-message.jsonata
      response: found-order.jsonata
      settled_after_secs: {settled}
    callback: {{Done: done.jsonata, Declined: declined.jsonata, Progress: progress.jsonata, Offer: offer.jsonata}}
  findOrder: {{idempotent: true, timeout_secs: 10, response: found-order.jsonata}}
lane:
  concurrency: {concurrency}
  breaker: {{failures: 3, pause_secs: 0.4}}
  retry: {{base_secs: 0.05, cap_secs: 0.2, attempts: {attempts}}}
"""
ANSWERS = [
    {"status": 401, "outcome": {"outcome": "misconfigured", "reason": "the token is not accepted"}},
    {"status": 422, "outcome": {"outcome": "refused", "code": "=body.code", "reason": "not eligible", "legal_basis": "item 1"}},
    {"status": 428, "outcome": {"outcome": "needs_applicant", "what": "certificate", "until": "=body.until"}},
    {"status": 503, "outcome": {"outcome": "retry_later", "reason": "closed for maintenance"}},
]
MATCH = (
    '"match": $exists(body.messageId) ? {"message_id": body.messageId} : {"reference": body.reference}, "key": body.callbackId'
)
EXPRESSIONS = {
    "entry.jsonata": """{
      "outcome": "completed",
      "data": {"entry": body.entry},
      "documents": $exists(body.paper)
        ? [{"name": "extract.bin", "media_type": "application/octet-stream", "kind": "extract", "content": body.paper}]
    }""",
    "order.jsonata": '{"outcome": "accepted", "reference": body.entry}',
    "by-message.jsonata": '{"messageId": request.message_id, "text": "what became of it"}',
    "found-entry.jsonata": 'body.found ? {"outcome": "completed", "data": {"entry": body.entry}} : {"outcome": "not_there"}',
    "found-order.jsonata": 'body.found ? {"outcome": "accepted", "reference": body.entry} : {"outcome": "not_there"}',
    "done.jsonata": f'{{"outcome": "completed", "data": {{"text": body.text}}, {MATCH}}}',
    "declined.jsonata": f'{{"outcome": "refused", "code": "Declined", "reason": body.text, {MATCH}}}',
    "progress.jsonata": f'{{"outcome": "progress", "code": "working", "text": body.text, {MATCH}}}',
    "offer.jsonata": f'{{"outcome": "needs_applicant", "what": body.text, "until": body.until, {MATCH}}}',
}


def _usual(operation: str) -> dict[str, Any]:
    return {"status": int(OPERATIONS[operation][1]), "reply": {"entry": '="E-" & $substring(messageId, 24)'}}


def _callback(name: str, after_secs: float, **more: str) -> dict[str, Any]:
    body = {"callbackId": f'=messageId & "-{name}"', "reference": "=_.reply.entry", "text": f"{name} said", **more}
    return {"name": name, "after_secs": after_secs, "body": body}


def _rules() -> dict[str, Any]:
    found: dict[str, list[dict[str, Any]]] = {}
    for operation in ("enter", "note", "post", "order"):
        usual = _usual(operation)
        rules = [{"when": f'scenario = "{fault}"', "times": 1, "fault": fault, **usual} for fault in FAULTS]
        rules.append({"when": 'scenario = "refused"', "status": 422, "reply": {"code": "NotEligible"}})
        rules.append({"when": 'scenario = "busy"', "times": 2, "status": 503, "reply": {"code": "Maintenance"}})
        missing = 'scenario = "missing" and $not($exists(certificate))'
        rules.append({"when": missing, "status": 428, "reply": {"code": "Missing", "until": "=until"}})
        paper = {"status": usual["status"], "reply": {**usual["reply"], "paper": "=$substring(file, 0, 400)"}}
        rules.append({"when": 'scenario = "paper"', **paper})
        if operation == "order":
            done = _callback("Done", 0.05)
            rules.append({"when": 'scenario = "silent"', **usual})
            progress = {
                "when": 'scenario = "progress"',
                **usual,
                "callbacks": [_callback("Progress", 0.05), _callback("Done", 0.3)],
            }
            offered = 'scenario = "offer" and $not($exists(answer))'
            offer = {"when": offered, **usual, "callbacks": [_callback("Offer", 0.05, until="=until")]}
            rules += [progress, offer]
            usual = usual | {"callbacks": [done]}
        found[operation] = [*rules, usual]
    for lookup, operation in (("findEntry", "enter"), ("findOrder", "order")):
        there = {"found": True, "entry": "=_.earlier.reply.entry"}
        found[lookup] = [{"when": f'_.earlier.operation = "{operation}"', "reply": there}, {"reply": {"found": False}}]
    return {"operations": found}


def _agency(id_: str, **given: Any) -> dict[str, str]:
    policy = {"timeout": 10, "settled": 0.2, "reply_within": 600, "concurrency": 4, "attempts": 50, **given}
    text = AGENCY.format(id=id_, words=WORDS, variable=id_.upper(), answers=json.dumps(ANSWERS), **policy)
    made = {"agency.yaml": text, "openapi.json": json.dumps(OPENAPI), "simulator.yaml": json.dumps(_rules()), **EXPRESSIONS}
    return {f"contracts/{id_}/{name}": content for name, content in made.items()}


def _codes() -> dict[str, str]:
    folder = ROOT / "contracts" / "statistics"
    made = {f"contracts/codes/{p.name}": p.read_text("utf-8") for p in folder.iterdir()}
    quick = {
        "id: statistics": "id: codes",
        "STATISTICS_URL": "CODES_URL",
        "settled_after_secs: 5": "settled_after_secs: 0.2",
        "base_secs: 0.5": "base_secs: 0.05",
    }
    text = made["contracts/codes/agency.yaml"]
    for old, new in quick.items():
        assert old in text, f"the contract of statistics has no {old!r} any more"
        text = text.replace(old, new)
    rules = [
        {"when": f'Name = "{fault}"', "times": 1, "fault": fault, "reply": {"Code": "27140118", "AssignedOn": "2026-01-12"}}
        for fault in FAULTS
    ]
    usual = {"reply": {"Code": "27140118", "AssignedOn": "2026-01-12"}}
    found = [{"when": '_.earlier.operation = "assignCode"', "reply": "=_.earlier.reply"}, {"reply": {}}]
    simulator = {"operations": {"assignCode": [*rules, usual], "findCode": found}}
    return made | {"contracts/codes/agency.yaml": text, "contracts/codes/simulator.yaml": json.dumps(simulator)}


COUNTER = f"""\
id: counter
title: {WORDS}
adapter: desk
branches: offices
operations:
  handOver: {{idempotent: true, reply_within_secs: 600}}
"""

#: What the input mapping of every REST step reads, as disclosures have it.
READ = ("form.certificate", "form.scenario", "form.text", "form.until", "request.message_id", "request.reference")
READ_OF_SUPPLEMENT = ("supplement.data.answer", "supplement.data.certificate")
MAPPING = """{
  "messageId": request.message_id,
  "text": form.text,
  "scenario": form.scenario,
  "until": form.until,
  "certificate": $exists(supplement.data.certificate) ? supplement.data.certificate : form.certificate,
  "answer": supplement.data.answer,
  "reference": $exists(supplement.data.answer) ? request.reference
}"""
CODES_MAPPING = """{
  "MessageId": request.message_id, "Name": form.text, "LegalForm": "152",
  "Activity": [{"@main": true, "#text": "47110"}], "District": "1714401", "Founders": 1
}"""
FILED_MAPPING = """{
  "messageId": request.message_id, "text": form.text, "scenario": form.scenario,
  "file": "darcha-document:" & application.documents[0].digest
}"""
HAND_OVER = '{"what": form.text}'
DECISION = """steps.LAST.status = "completed" ? {"outcome": "granted", "authority": "AUTHORITY"}
  : steps.FIRST.status = "refused" ? {"outcome": "refused", "authority": "AUTHORITY", "ground": steps.FIRST.refusal.reason}
  : steps.LAST.status = "refused" ? {"outcome": "refused", "authority": "AUTHORITY", "ground": steps.LAST.refusal.reason}
  : steps.FIRST.status = "cancelled" ? {"outcome": "partly_granted", "authority": "AUTHORITY", "ground": "without it"}
"""
FORM = {
    "type": "object",
    "additionalProperties": False,
    "required": ["text"],
    "properties": {name: {"type": "string"} for name in ("text", "scenario", "until", "certificate")},
}
#: Its applications are of 2025; the rule before and the one after are not theirs.
COLLECTED_TERMS = """
  - {length: 9, unit: working_days}
  - from: 2025-09-15
    length: 5
    unit: working_days
    start: registration
    ends_with: hand_over
    last_instant: closing
    legal_basis: an invented law, article 4
  - {from: 2025-09-16, length: 7, unit: working_days}"""
OTHER_CLOCKS = "{acknowledgement: {length: 1, unit: working_days}, completeness: {length: 2, unit: working_days}}"
#: A long term that operators can suspend.
HELD_TERM = (
    "{length: 15, unit: working_days, calendar: UZ-5, start: payment, ends_with: decision, warn_before: 1, "
    "suspension: {grounds: {court: {}, expertise: {max: {length: 30, unit: working_days}}}}}"
)
PAYMENT_TERM = "{length: 5, unit: working_days, calendar: UZ-5, start: payment, ends_with: decision, warn_before: 1}"


def _step(id_: str, agency: str, operation: str, more: str = "", mapping: str = "input.jsonata") -> str:
    return f"  - {{id: {id_}, agency: {agency}, operation: {operation}, input: {mapping}{more}}}\n"


def _service(id_: str, *steps: str, more: str = "", first: str = "entry", last: str = "entry") -> dict[str, str]:
    text = f"""\
id: {id_}
version: "1"
title: {WORDS}
standard: {{authority: registry, legal_basis: an invented law, fee: {{amount: 0, currency: UZS}}}}
form: form.schema.json
{more}steps:
{"".join(steps)}decision: decision.jsonata
"""
    decision = DECISION.replace("FIRST", first).replace("LAST", last).replace("AUTHORITY", "registry")
    files = {"service.yaml": text, "form.schema.json": json.dumps(FORM), "decision.jsonata": decision}
    if "input.jsonata" in text:
        files["input.jsonata"] = MAPPING
    if "codes.jsonata" in text:
        files["codes.jsonata"] = CODES_MAPPING
    if "filed.jsonata" in text:
        files["filed.jsonata"] = FILED_MAPPING
    if "hand-over.jsonata" in text:
        files["hand-over.jsonata"] = HAND_OVER
    return {f"schemas/services/{id_}/{name}": content for name, content in files.items()}


def _services() -> Iterator[Mapping[str, str]]:
    for operation in ("enter", "note", "post", "order"):
        yield _service(operation, _step("entry", "registry", operation))
    yield _service("enter-slowly", _step("entry", "slowpoke", "enter"))
    yield _service("note-slowly", _step("entry", "slowpoke", "note"))
    yield _service("enter-narrow", _step("entry", "narrow", "enter"), more=f"term: {PAYMENT_TERM}\n")
    yield _service("note-narrow", _step("entry", "narrow", "note"))
    yield _service("order-narrow", _step("entry", "narrow", "order"))
    yield _service("paid", _step("entry", "narrow", "enter", ", facts: [payment]"), more=f"term: {PAYMENT_TERM}\n")
    yield _service("late", _step("entry", "registry", "order"), more=f"term: {PAYMENT_TERM}\n")
    yield _service("held", _step("entry", "registry", "order"), more=f"term: {HELD_TERM}\n")
    tacit = PAYMENT_TERM.replace("warn_before: 1", "warn_before: 1, silence: granted")
    yield _service("tacit", _step("entry", "registry", "order"), more=f"term: {tacit}\n")
    first = _step("entry", "registry", "enter", ", facts: [registration]")
    yield _service("collected", first, more=f"term: {COLLECTED_TERMS}\nclocks: {OTHER_CLOCKS}\n")
    hours = "term: {length: 3, unit: hours, start: receipt, ends_with: decision, silence: granted}\n"
    yield _service("order-hours", _step("entry", "registry", "order"), more=hours)
    yield _service("enter-hours", _step("entry", "registry", "enter"), more=hours)
    yield _service("one", _step("entry", "registry", "order"), more='unique: {by: ["applicant.identifier"], then: refuse}\n')
    for rule in ("refuse", "return", "go_on", "incident"):
        yield _service(f"after-{rule}".replace("_", "-"), _step("entry", "registry", "enter"), more=f"after_deadline: {rule}\n")
    second = _step("second", "slowpoke", "note", ", needs: [entry]")
    yield _service("chain", _step("entry", "registry", "enter"), second, last="second")
    hand_over = _step("hand-over", "counter", "handOver", ", after: decision", "hand-over.jsonata")
    yield _service("handed", _step("entry", "registry", "enter"), hand_over)
    for agency in ("registry", "narrow"):
        yield _service(f"filed-{agency}", _step("entry", agency, "enter", mapping="filed.jsonata"))
    yield _service("coded", _step("entry", "codes", "assignCode", mapping="codes.jsonata"))


def write_catalogue(root: Path) -> Path:
    """Write the catalogue beneath ``root`` and return it."""
    made = {"schemas/offices.yaml": OFFICES, "contracts/counter/agency.yaml": COUNTER, **_codes()}
    made |= _agency("registry")
    made |= _agency("slowpoke", timeout=0.5, settled=1.2)
    made |= _agency("narrow", concurrency=1, attempts=2, reply_within=0.3)
    for service in _services():
        made |= service
    for path, content in made.items():
        target = root / path
        target.parent.mkdir(parents=True, exist_ok=True)
        target.write_text(content, "utf-8")
    return root


def application(service: str, text: str = "an entry", *, identifier: str = "41203857100011", **more: Any) -> dict[str, Any]:
    """Return an application. ``office``, ``reference`` and ``documents`` go to the envelope, all else to the form."""
    envelope: dict[str, Any] = {k: more.pop(k) for k in ("office", "reference", "documents") if k in more}
    return {
        "service": service,
        "office": "north-center",
        "channel": "counter",
        "taken_at": "2025-09-15T10:20:00+05:00",
        "territory": "1714401",
        "language": "uz",
        "parties": [
            {
                "role": "applicant",
                "kind": "person",
                "identifier": identifier,
                "name": {"family": "Namunayeva", "given": "Zulfiya"},
                "address": {"territory": "1714401", "line": "Chinor koʻchasi, 12"},
            }
        ],
        "form": {"text": text, **more},
        **envelope,
    }
