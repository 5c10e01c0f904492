"""A small contract and samples, by which the conformance kit tries this adapter. All persons in it are invented."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from hashlib import sha256
from typing import Any

import orjson

from gateway.sdk import (
    Accepted,
    Agency,
    Completed,
    DocumentRef,
    Expression,
    Invalid,
    Lookup,
    Misconfigured,
    NeedsApplicant,
    NotThere,
    Operation,
    OutgoingRequest,
    Redirected,
    Refused,
    Reply,
    RetryLater,
    Unknown,
)
from gateway.sdk.testing import CallbackSample, Conformance, LookupSample, ReplySample

OPENAPI = b"""
openapi: 3.1.0
info: {title: Housing fund, version: "1"}
paths:
  /tenancies:
    post:
      operationId: registerTenancy
      requestBody:
        required: true
        content:
          application/json:
            schema: {$ref: "#/components/schemas/Tenancy"}
      responses:
        "201":
          description: Registered
          content: {application/json: {schema: {$ref: "#/components/schemas/Registered"}}}
        default: {$ref: "#/components/responses/Problem"}
    get:
      operationId: findTenancy
      parameters:
        - {name: messageId, in: query, required: true, schema: {type: string, minLength: 1}}
      responses:
        "200":
          description: What is known
          content: {application/json: {schema: {$ref: "#/components/schemas/Found"}}}
        default: {$ref: "#/components/responses/Problem"}
  /permits/{number}:
    parameters:
      - {name: number, in: path, required: true, schema: {type: string, pattern: "^[A-Z/ 0-9-]+$"}}
    get:
      operationId: getPermit
      parameters:
        - {name: lang, in: query, schema: {type: array, items: {enum: [uz, ru, ky]}}}
        - {name: X-Purpose, in: header, schema: {type: string}}
      responses:
        "200":
          description: The permit
          content:
            application/json:
              schema:
                type: object
                required: [number]
                properties:
                  number: {type: string}
                  scan: {type: string, contentEncoding: base64}
        default: {$ref: "#/components/responses/Problem"}
  /inspections:
    post:
      operationId: orderInspection
      requestBody:
        required: true
        content:
          application/json:
            schema:
              type: object
              additionalProperties: false
              required: [address]
              properties:
                address: {type: string, minLength: 1}
                plan: {type: string, contentEncoding: base64}
      responses:
        "202":
          description: Ordered
          content: {application/json: {schema: {type: object, required: [reference], properties: {reference: {type: string}}}}}
        default: {$ref: "#/components/responses/Problem"}
      callbacks:
        done:
          "{$request.header.x-darcha-callback}/Inspected":
            post:
              operationId: Inspected
              requestBody:
                required: true
                content: {application/json: {schema: {$ref: "#/components/schemas/Inspected"}}}
              responses:
                "200": {description: Received}
components:
  responses:
    Problem:
      description: Not done
      content: {application/problem+json: {schema: {$ref: "#/components/schemas/Problem"}}}
  schemas:
    PersonId: {type: string, pattern: "^[0-9]{14}$"}
    Tenancy:
      type: object
      additionalProperties: false
      required: [tenant, from]
      properties:
        tenant: {$ref: "#/components/schemas/PersonId"}
        from: {type: string, format: date}
        rooms: {type: integer, minimum: 1}
    Registered:
      type: object
      required: [number]
      properties: {number: {type: string, minLength: 1}}
    Found:
      type: object
      required: [found]
      properties: {found: {type: boolean}, number: {type: string}}
    Inspected:
      type: object
      additionalProperties: false
      required: [id, reference, fit]
      properties: {id: {type: string}, reference: {type: string, minLength: 1}, fit: {type: boolean}, report: {type: string}}
    Problem:
      type: object
      required: [title, code]
      properties:
        title: {type: string}
        code: {enum: [Busy, NotEntitled, OtherDistrict, Missing, Schema, Known]}
        district: {type: string}
        number: {type: string}
"""

SIMULATOR = b"""
operations:
  registerTenancy:
    - when: tenant = "00000000000001"
      status: 409
      reply: {title: Known, code: Known, number: "=_.reference"}
    - status: 201
      reply: {number: "=_.reference"}
  findTenancy:
    - when: _.earlier.operation = "registerTenancy"
      reply: {found: true, number: "=_.earlier.reply.number"}
    - reply: {found: false}
  orderInspection:
    - status: 202
      reply: {reference: "=_.reference"}
      callbacks:
        - name: Inspected
          after_secs: 0.05
          body: {id: "=_.message_id", reference: "=_.reply.reference", fit: true}
"""

PLAN = b"%PDF-1.4 an invented plan"
PLAN_REF = DocumentRef(sha256(PLAN).hexdigest(), "plan.pdf", "application/pdf", "plan", len(PLAN))
KEY = "secret://housing-fund/key"
MESSAGE_ID = "01890000-0000-7000-8000-000000000001"
_AT = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
_ANSWERS: tuple[dict[str, Any], ...] = (
    {"status": 503, "outcome": {"outcome": "retry_later", "reason": "busy, not acted on"}},
    {"status": 422, "code": "NotEntitled", "outcome": {"outcome": "refused", "code": "=body.code", "reason": "=body.title"}},
    {"status": 422, "code": "Missing", "outcome": {"outcome": "needs_applicant", "what": "=body.title"}},
    {"status": 421, "outcome": {"outcome": "redirected", "branch": "=body.district"}},
    {"status": 409, "outcome": "duplicate"},
)


def agency() -> Agency:
    """Return the contract."""
    number = Expression('{"outcome": "completed", "data": {"number": body.number}}', "number.jsonata")
    found = Expression(
        'body.found ? {"outcome": "completed", "data": {"number": body.number}} : {"outcome": "not_there"}', "found.jsonata"
    )
    permit = Expression(
        '{"outcome": "completed", "data": {"number": body.number}, "documents": body.scan ? '
        '[{"name": "permit.pdf", "media_type": "application/pdf", "content": body.scan}]}',
        "permit.jsonata",
    )
    inspected = Expression(
        '{"outcome": "completed", "data": {"fit": body.fit}, "match": {"reference": body.reference}, "key": body.id, '
        '"documents": body.report ? [{"name": "report.pdf", "media_type": "application/pdf", "content": body.report}]}',
        "inspected.jsonata",
    )
    lookup = Lookup("findTenancy", Expression('{"params": {"messageId": request.message_id}}', "find.jsonata"), found, True)
    operations = (
        Operation("registerTenancy", idempotent=False, response=number, lookup=lookup, answers=_ANSWERS),
        Operation("findTenancy", idempotent=True, response=found),
        Operation("getPermit", idempotent=True, response=permit, answers=_ANSWERS[:1]),
        Operation("orderInspection", idempotent=False, callback={"Inspected": inspected}),
    )
    return Agency(
        id="housing-fund",
        title={"en": "Housing fund"},
        adapter="rest",
        operations={operation.id: operation for operation in operations},
        contract="openapi.yaml",
        auth={"kind": "api_key", "header": "X-Api-Key", "secret": KEY},
        callbacks={"operations": {"Inspected": {"schema": "#/components/schemas/Inspected"}}},
        files={"openapi.yaml": OPENAPI, "simulator.yaml": SIMULATOR},
        digest=sha256(OPENAPI + SIMULATOR).hexdigest(),
    )


def request(operation: str, product: Any, documents: tuple[DocumentRef, ...] = ()) -> OutgoingRequest:
    """Return a request of the contract."""
    return OutgoingRequest(
        MESSAGE_ID, "NAM-1", operation, product, _AT, callback_url="http://127.0.0.1:9/agencies/housing-fund", documents=documents
    )


def reply(operation: str, status: int, body: Any, **headers: str) -> Reply:
    """Return an answer of the agency."""
    kind = "application/json" if status < 400 else "application/problem+json"
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Reply(operation, status, {"content-type": kind, **named}, orjson.dumps(body))


def conformance() -> Conformance:
    """Return the contract and the samples."""
    tenancy = {"tenant": "31506201234567", "from": "2026-04-01", "rooms": 2}
    plan = {"address": "Namunaobod 5", "plan": f"darcha-document:{PLAN_REF.digest}"}
    inspected = {"id": "i-1", "reference": "H-1", "fit": True, "report": base64.b64encode(b"a report").decode()}
    return Conformance(
        agency=agency(),
        requests=(
            request("registerTenancy", tenancy),
            request("findTenancy", {"params": {"messageId": MESSAGE_ID}}),
            request("getPermit", {"params": {"number": "A/1 2", "lang": ["uz", "ru"], "X-Purpose": "check"}}),
            request("orderInspection", plan, (PLAN_REF,)),
        ),
        sent=Completed,
        invalid=(
            request("registerTenancy", {**tenancy, "tenant": "12"}),
            request("registerTenancy", {**tenancy, "from": "1 April"}),
            request("registerTenancy", {**tenancy, "unknown": 1}),
            request("registerTenancy", {"tenant": "31506201234567"}),
            request("findTenancy", {"params": {}}),
            request("findTenancy", {"messageId": MESSAGE_ID}),
            request("findTenancy", {"params": {"messageId": "x", "other": "y"}}),
            request("getPermit", {"params": {"number": "A", "lang": ["de"]}}),
            request("getPermit", {"params": {"number": "A", "X-Purpose": "a\r\nX-Admin: 1"}}),
            request("orderInspection", plan),
        ),
        replies=(
            ReplySample(reply("registerTenancy", 201, {"number": "T-1"}), Completed),
            ReplySample(reply("registerTenancy", 422, {"title": "Not entitled", "code": "NotEntitled"}), Refused),
            ReplySample(reply("registerTenancy", 422, {"title": "Certificate", "code": "Missing"}), NeedsApplicant),
            ReplySample(reply("registerTenancy", 422, {"title": "What?", "code": "Schema"}), Invalid),
            ReplySample(reply("registerTenancy", 421, {"title": "No", "code": "OtherDistrict", "district": "17"}), Redirected),
            ReplySample(reply("registerTenancy", 503, {"title": "Busy", "code": "Busy"}, retry_after="7"), RetryLater),
            ReplySample(reply("registerTenancy", 503, {"title": "a proxy"}), Unknown),
            ReplySample(reply("registerTenancy", 401, {"title": "Key", "code": "Schema"}), Misconfigured),
            ReplySample(reply("getPermit", 200, {"number": "A", "scan": base64.b64encode(PLAN).decode()}), Completed),
            ReplySample(reply("orderInspection", 202, {"reference": "H-1"}), Accepted),
            ReplySample(reply("registerTenancy", 201, {"number": 7}), Unknown),  # not idempotent: it may have acted
            ReplySample(reply("getPermit", 200, {"number": 7}), Invalid),
        ),
        duplicates=(ReplySample(reply("registerTenancy", 409, {"title": "Known", "code": "Known", "number": "T-1"}), Completed),),
        lookups=(
            LookupSample("registerTenancy", reply("findTenancy", 200, {"found": True, "number": "T-1"}), Completed),
            LookupSample("registerTenancy", reply("findTenancy", 200, {"found": False}), NotThere),
            LookupSample("registerTenancy", reply("findTenancy", 503, {"title": "Busy", "code": "Busy"}), Unknown),
            LookupSample("registerTenancy", reply("findTenancy", 200, {"number": "T-1"}), Unknown),
        ),
        callbacks=(
            CallbackSample(
                "Inspected", {"Content-Type": "application/json"}, orjson.dumps(inspected), Completed, reference="H-1"
            ),
        ),
        secrets={KEY: "invented-key-that-nobody-may-see"},
        documents={PLAN_REF.digest: PLAN},
    )
