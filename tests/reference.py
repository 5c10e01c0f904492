"""Walks an example of the reference catalogue without a gateway: every message is checked by its agency's contract.

Mapping → contract → the simulated agency's rules → contract → outcome, step by step. XML is checked by zeep and lxml
rather than by our own adapter, so that the two are independent.
"""

from __future__ import annotations

import base64
import json
from collections.abc import Callable, Iterator, Mapping
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema_rs
import zeep
from lxml import etree
from ruamel.yaml import YAML

from gateway.domain.agency import Operation
from gateway.domain.outcomes import NAMES, Accepted, Completed, NeedsApplicant, NotThere, Redirected, Refused
from gateway.domain.service import Expression
from gateway.sdk.mapping import compile_expression
from gateway.sdk.reading import Table, read_response
from gateway.sdk.simulation.rules import Rule, Rules
from gateway.sdk.template import fill

ROOT = Path(__file__).parents[1]
MESSAGE_ID = "0190f3a1-7c2e-7b11-9d42-5f0c8e6a1b23"
RECEIVED = "2026-11-20T05:15:00+00:00"


@cache
def yaml(path: str) -> Any:
    return YAML(typ="safe", pure=True).load((ROOT / path).read_text("utf-8"))


def service(id_: str) -> Any:
    return yaml(f"schemas/services/{id_}/service.yaml")


def agency(id_: str) -> Any:
    return yaml(f"contracts/{id_}/agency.yaml")


def example(path: Path) -> Any:
    return json.loads((ROOT / "schemas" / "services" / path).read_text("utf-8"))


def file_expression(path: str) -> Expression:
    return Expression((ROOT / path).read_text("utf-8"), path)


class NoNetwork(zeep.transports.Transport):
    """Contracts are read from disk alone."""

    def load(self, url: str) -> bytes:
        assert "://" not in url, f"the contract would be fetched from {url}"
        return bytes(super().load(url))


@cache
def wsdl(id_: str) -> zeep.Client:
    return zeep.Client(str(ROOT / "contracts" / id_ / agency(id_)["contract"]), transport=NoNetwork())


@cache
def xsd(id_: str) -> etree.XMLSchema:
    imports = "".join(
        f'<xs:import namespace="{etree.parse(p).getroot().get("targetNamespace")}" schemaLocation="{p.as_uri()}"/>'
        for p in sorted((ROOT / "contracts" / id_).glob("*.xsd"))
    )
    return etree.XMLSchema(etree.fromstring(f'<xs:schema xmlns:xs="http://www.w3.org/2001/XMLSchema">{imports}</xs:schema>'))


def zeep_shape(value: Any) -> Any:
    """Bring our JSON shape of XML (``@name``, ``#text``) into zeep's."""
    if isinstance(value, Mapping):
        return {"_value_1" if k == "#text" else k.removeprefix("@"): zeep_shape(v) for k, v in value.items()}
    return [zeep_shape(v) for v in value] if isinstance(value, list) else value


def soap_element(id_: str, local: str, content: Any) -> etree._Element:
    """Return the element of the contract with that content. Raises where zeep or the XSD objects."""
    for namespace in wsdl(id_).namespaces.values():
        try:
            element = wsdl(id_).get_element(f"{{{namespace}}}{local}")
        except zeep.exceptions.LookupError:
            continue
        parent = etree.Element("parent")
        element.render(parent, element(**zeep_shape(decoded(content))))
        made = etree.fromstring(etree.tostring(parent[0]))
        xsd(id_).assertValid(made)
        return made
    raise AssertionError(f"{id_} has no element {local}")


def decoded(value: Any) -> Any:
    """zeep encodes base64Binary itself: give it the bytes."""
    if isinstance(value, Mapping):
        documents = {k for k, v in value.items() if k in {"Content", "Certificate"} and isinstance(v, str)}
        return {k: base64.b64decode(v) if k in documents else decoded(v) for k, v in value.items()}
    return [decoded(v) for v in value] if isinstance(value, list) else value


@cache
def openapi(id_: str) -> Any:
    return yaml(f"contracts/{id_}/{agency(id_)['contract']}")


def rest_operation(id_: str, name: str) -> Mapping[str, Any]:
    return next(o for p in openapi(id_)["paths"].values() for o in p.values() if o["operationId"] == name)


def rest_validate(id_: str, schema: Mapping[str, Any], value: Any) -> None:
    jsonschema_rs.validate({**schema, "components": openapi(id_)["components"]}, value, validate_formats=True)


def content_schema(id_: str, holder: Mapping[str, Any]) -> Mapping[str, Any]:
    if "$ref" in holder:
        holder = openapi(id_)["components"]["responses"][holder["$ref"].rpartition("/")[2]]
    found: Mapping[str, Any] = holder["content"]["application/json"]["schema"]
    return found


class Play:
    """One example walked step by step: the mapping's product, the simulated agency's answer, the outcome."""

    def __init__(self, given: Mapping[str, Any]) -> None:
        self.application = given["application"]
        self.acts = list(given["acts"])
        self.service = service(self.application["service"])
        self.steps: dict[str, dict[str, Any]] = {}
        self.branches: dict[str, str] = {}
        self.attempts: dict[str, int] = {}
        self.supplement: Any = None
        self.facts: dict[str, Any] = {}
        self._sent = 0
        for act in self._acts(lambda on: "case" in on):
            assert act["call"] == "facts"
            self.facts[act["body"]["kind"]] = {"at": RECEIVED, "data": act["body"]["data"]}

    def _acts(self, wanted: Callable[[Mapping[str, Any]], bool]) -> list[Any]:
        found = [a for a in self.acts if wanted(a["on"])]
        self.acts = [a for a in self.acts if a not in found]
        return found

    def context(self, step: str = "", reference: str = "", branch: str = "") -> dict[str, Any]:
        parties = self.application["parties"]
        first = {
            role: next((p for p in parties if p["role"] == role), None) for role in ("applicant", "subject", "representative")
        }
        return {
            "application": {k: v for k, v in self.application.items() if k not in {"parties", "form"}},
            "applicants": [p for p in parties if p["role"] == "applicant"],
            **first,
            "form": self.application["form"],
            "case": {"number": "NAM-7Q2F-K4", "received_at": RECEIVED},
            "steps": self.steps,
            "facts": self.facts,
            "supplement": self.supplement,
            "request": {"message_id": self._message_id(), "reference": reference, "step": step, "branch": branch},
        }

    def _message_id(self) -> str:
        return f"{MESSAGE_ID[:-4]}{self._sent:04d}"

    def run(self) -> None:
        for step in self.service["steps"]:
            self._step(step)

    def decision(self) -> Any:
        path = f"schemas/services/{self.service['id']}/{self.service['decision']}"
        return compile_expression(file_expression(path)).evaluate(self.context())

    def _step(self, step: Mapping[str, Any]) -> None:
        id_ = step["id"]
        needs = [self.steps[n] for n in step.get("needs", ())]
        if any(n["status"] != "completed" and not n.get("by_condition") for n in needs):
            self.steps[id_] = {"status": "skipped"}
            return
        if "when" in step and compile_expression(Expression(step["when"])).evaluate(self.context(id_)) is not True:
            self.steps[id_] = {"status": "skipped", "by_condition": True}
            return
        self.steps[id_] = {"status": "planned"}
        branch = self._branch(step)
        if agency(step["agency"])["adapter"] == "desk":
            self._desk(step)
            return
        reference = ""
        while True:
            outcomes = Agency(step["agency"]).ask(self, step, reference, branch)
            last = outcomes[-1]
            if isinstance(last, Redirected):
                branch = last.branch
                continue
            if not isinstance(last, NeedsApplicant):
                break
            (act,) = self._acts(lambda on: on.get("step") == id_ and on["status"] == "awaiting_applicant")
            reference = next((o.reference for o in outcomes if isinstance(o, Accepted)), "")
            self.supplement = {"what": last.what, **act["body"]}
        self.branches[id_] = branch
        self.steps[id_] = settled(last)

    def _branch(self, step: Mapping[str, Any]) -> str:
        if "branch" not in step:
            return ""
        territory = compile_expression(Expression(step["branch"]["territory"])).evaluate(self.context(step["id"]))
        (found,) = [b["code"] for b in agency(step["agency"])["branches"] if territory in b["territories"]]
        return str(found)

    def _desk(self, step: Mapping[str, Any]) -> None:
        path = f"schemas/services/{self.service['id']}/{step['input']}"
        assert compile_expression(file_expression(path)).evaluate(self.context(step["id"]))
        (act,) = self._acts(lambda on: on.get("step") == step["id"])
        self.branches[step["id"]] = self.application["office"]
        self.steps[step["id"]] = settled(read_response(None, {"body": act["body"]["outcome"]["data"]}).parsed.outcome)


def settled(outcome: Any) -> dict[str, Any]:
    assert isinstance(outcome, Completed | Refused), outcome
    state: dict[str, Any] = {"status": NAMES[type(outcome)]}
    if outcome.decided_at:
        state["decided_at"] = outcome.decided_at.isoformat()
    if isinstance(outcome, Completed):
        return {**state, "data": dict(outcome.data)}
    return {**state, "refusal": {"code": outcome.code, "reason": outcome.reason, "legal_basis": outcome.legal_basis}}


class Agency:
    """One agency by its contract and its simulator's rules."""

    def __init__(self, id_: str) -> None:
        self.id = id_
        self.declared = agency(id_)
        self.rules = rules(id_)

    def ask(self, play: Play, step: Mapping[str, Any], reference: str, branch: str) -> list[Any]:
        """Send until the agency answers to the matter; return all outcomes that follow."""
        play._sent += 1
        context = play.context(step["id"], reference, branch)
        path = f"schemas/services/{play.service['id']}/{step['input']}"
        product = compile_expression(file_expression(path)).evaluate(context)
        self.check_request(step["operation"], product)
        attempts = 0
        while True:
            attempts += 1
            rule, seen = self.answer(step["operation"], product)
            outcome = self.read(step["operation"], rule, seen)
            if NAMES[type(outcome)] != "retry_later":
                break
            assert attempts < 5
        play.attempts[step["id"]] = attempts
        if rule.fault is None and (rule.status or 200) < 400:
            self.look_up(step["operation"], outcome, context, seen)
        return [outcome, *self.later(step["operation"], rule, seen, outcome)]

    def answer(self, operation: str, product: Any) -> tuple[Rule, dict[str, Any]]:
        message_id = product.get("messageId") or product["MessageId"]
        seen = {**product, "_": {"message_id": message_id, "operation": operation, "now": RECEIVED, "earlier": None}}
        rule, _ = self.rules.match(operation, seen)
        assert rule is not None
        seen["_"]["reply"] = None if rule.reply is None else fill(rule.reply, seen)
        return rule, seen

    def read(self, operation: str, rule: Rule, seen: Mapping[str, Any]) -> Any:
        body = seen["_"]["reply"]
        declared = self.declared["operations"][operation]
        rows = Operation(
            operation,
            declared["idempotent"],
            response=self.expression(declared["response"]),
            answers=tuple(declared.get("answers", ())),
        )
        if rule.fault is not None:
            assert isinstance(rule.fault, Mapping)
            for local, content in (rule.fault.get("detail") or {}).items():
                soap_element(self.id, local, content)
            names = {*rule.fault.get("detail", {}), rule.fault["code"], rule.fault["code"].rpartition(".")[2]}
            data = {"body": rule.fault, "status": 500, "operation": operation}
            found = Table.of(rows, frozenset({"fault"})).read(data, lambda row: row["fault"] in names)
            assert found is not None, f"{self.id} has no row for {rule.fault}"
            return found.outcome
        self.check_reply(operation, body, rule.status or 200)
        status = rule.status or 200
        data = {"body": body, "status": status, "operation": operation}
        if self.declared["adapter"] == "rest":
            found = Table.of(rows, frozenset({"status"})).read(data, lambda row: row["status"] == status)
            if found is not None:
                return found.outcome
            assert status < 400
        return read_response(rows.response, data).parsed.outcome

    def look_up(self, operation: str, outcome: Any, context: Mapping[str, Any], seen: Mapping[str, Any]) -> None:
        """What the lookup would say of the message: the same outcome, and NotThere of another message."""
        lookup = self.declared["operations"][operation].get("lookup")
        if lookup is None:
            return
        asked = compile_expression(self.expression(lookup["input"])).evaluate(context)
        self.check_request(lookup["operation"], asked)
        for earlier in ({"operation": operation, "reply": seen["_"]["reply"]}, None):
            looked = {**asked, "_": {"message_id": "x", "operation": lookup["operation"], "now": RECEIVED, "earlier": earlier}}
            rule, _ = self.rules.match(lookup["operation"], looked)
            assert rule is not None and rule.reply is not None
            body = fill(rule.reply, looked)
            self.check_reply(lookup["operation"], body, 200)
            found = read_response(self.expression(lookup["response"]), {"body": body, "status": 200}).parsed.outcome
            assert isinstance(found, NotThere) if earlier is None else found == outcome

    def later(self, operation: str, rule: Rule, seen: Mapping[str, Any], first: Any) -> Iterator[Any]:
        for callback in sorted(rule.callbacks, key=lambda c: c.after_secs):
            assert 0 < callback.after_secs <= 1, "the demo takes seconds"
            body = fill(callback.body, seen)
            declared = self.declared["callbacks"]["operations"][callback.name]
            if "schema" in declared:
                rest_validate(self.id, {"$ref": declared["schema"]}, body)
            else:
                soap_element(self.id, declared["element"].rpartition("}")[2], body)
            response = self.declared["operations"][operation]["callback"][callback.name]
            product = read_response(self.expression(response), {"body": body, "status": 200, "operation": callback.name})
            assert product.reference == first.reference
            assert product.key
            yield product.parsed.outcome

    def expression(self, file: str) -> Expression:
        return file_expression(f"contracts/{self.id}/{file}")

    def check_request(self, operation: str, product: Any) -> None:
        if self.declared["adapter"] == "soap":
            soap_element(self.id, operation, product)
        else:
            rest_validate(self.id, content_schema(self.id, rest_operation(self.id, operation)["requestBody"]), product)

    def check_reply(self, operation: str, body: Any, status: int) -> None:
        if self.declared["adapter"] == "soap":
            soap_element(self.id, f"{operation}Response", body)
            return
        responses = rest_operation(self.id, operation)["responses"]
        rest_validate(self.id, content_schema(self.id, responses.get(str(status)) or responses["default"]), body)


@cache
def rules(id_: str) -> Rules:
    return Rules.read(yaml(f"contracts/{id_}/simulator.yaml"), agency(id_)["operations"])
