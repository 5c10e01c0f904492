"""What a clerk can answer: the fields of each outcome, and the outcome that a filled form says.

The data of a completed task are asked for by the contract's schema of the answer (``options.answer`` of the operation), a
field a property, where these are plain; any other schema is answered as JSON.
"""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from typing import Any, Final

from gateway.application.deployment import Deployment
from gateway.console.act_fields import BRANCH, REASON, SINCE, About, Field, part_of, read_all
from gateway.console.words import in_language, word
from gateway.domain.agency import Operation
from gateway.domain.errors import BadInput, Problem
from gateway.domain.outcomes import Invalid, LookupOutcome, outcome_from_json
from gateway.domain.request import Request
from gateway.sdk.adapter import Reply

_AREA: Final = replace(REASON, hint="")
_LINE: Final = replace(REASON, hint="", kind="text")
_MOMENT: Final = replace(SINCE, required=False)

#: Outcome → its fields, in the order of the form. The data of ``completed`` come from the contract.
FIELDS: Final[Mapping[str, tuple[Field, ...]]] = {
    "completed": (part_of("completed", "decided_at"),),
    "progress": (replace(_AREA, name="progress_text", label="desk.progress_text"),),
    "needs_applicant": (part_of("needs_applicant", "what"), part_of("needs_applicant", "until")),
    "refused": tuple(part_of("refused", name) for name in ("code", "refusal", "legal_basis", "decided_at")),
    "accepted": (part_of("accepted", "reference"),),
    "redirected": (
        replace(BRANCH, name="redirected_branch"),
        replace(_AREA, name="redirected_reason", required=False),
    ),
}
#: Outcomes that can bring documents.
DOCUMENTED: Final = ("completed", "progress")
#: Where a field of the form is called otherwise in the outcome.
_NAMES: Final = {"refusal": "reason"}


@dataclass(frozen=True, slots=True)
class DataField:
    """A property of the answer as the form asks for it. ``kind``: text, number, date, choice."""

    name: str
    label: str
    kind: str
    required: bool
    choices: Sequence[tuple[str, str]] = ()
    whole: bool = False


def data_fields(operation: Operation, language: str) -> list[DataField] | None:
    """Return the fields of the answer's data; ``None`` when the schema is no plain object and is answered as JSON.

    A property is called by ``x-title`` of its schema, a text a language, else by its name.
    """
    schema = operation.options.get("answer")
    if not isinstance(schema, Mapping):
        return []
    properties, needed = schema.get("properties") or {}, schema.get("required") or ()
    found = [_data_field(name, of, name in needed, language) for name, of in properties.items()]
    if not properties or any(field is None for field in found):
        return None
    return [field for field in found if field is not None]


def _data_field(name: str, schema: Any, needed: bool, language: str) -> DataField | None:
    if not isinstance(schema, Mapping):
        return None
    title = schema.get("x-title")
    label = in_language(title, language, name) if isinstance(title, Mapping) else name.replace("_", " ")
    values, kind = schema.get("enum"), schema.get("type")
    if values is not None:
        plain = all(isinstance(value, str) for value in values)
        return DataField(name, label, "choice", needed, [(v, v.replace("_", " ")) for v in values]) if plain else None
    match kind:
        case "string":
            return DataField(name, label, "date" if schema.get("format") == "date" else "text", needed)
        case "integer" | "number":
            return DataField(name, label, "number", needed, whole=kind == "integer")
        case "boolean":
            choices = [(value, word("common", value, language)) for value in ("yes", "no")]
            return DataField(name, label, "choice", needed, choices)
        case _:
            return None


def outcome_of(form: Mapping[str, str], about: About, operation: Operation, deployment: Deployment) -> LookupOutcome:
    """Return what the form says, without documents. Raises ``BadInput`` with every problem, each at its field."""
    chosen = form.get("outcome", "")
    if chosen not in FIELDS:
        raise BadInput([Problem("/outcome", "not_a_choice", "say what came of it")])
    problems: list[Problem] = []
    made: dict[str, Any] = {"outcome": chosen}
    if chosen == "completed":
        try:
            made["data"] = _data(form, operation, about.visit.language)
        except BadInput as error:
            problems += error.problems
    try:
        values = read_all(FIELDS[chosen], form, about)
    except BadInput as error:
        raise BadInput([*problems, *error.problems]) from None
    if problems:
        raise BadInput(problems)
    for name, value in values.items():
        if value not in ("", None):
            plain = name.removeprefix(f"{chosen}_")
            made[_NAMES.get(plain, plain)] = value
    if chosen == "progress":
        made["code"] = "note"
    if chosen == "accepted":
        made.setdefault("reference", "")
    try:
        outcome = outcome_from_json(made)
    except ValueError as error:
        raise BadInput([Problem("/outcome", "invalid_outcome", str(error))]) from None
    _require_fit(made, about.request, deployment)
    return outcome


def _data(form: Mapping[str, str], operation: Operation, language: str) -> dict[str, Any]:
    fields = data_fields(operation, language)
    if fields is None:
        return _json(form.get("completed_data", "").strip())
    data: dict[str, Any] = {}
    problems = []
    for field in fields:
        text = form.get(f"data_{field.name}", "").strip()
        try:
            if text:
                data[field.name] = _value(field, text)
            elif field.required:
                raise ValueError("required_field")
        except ValueError as error:
            problems.append(Problem(f"/data_{field.name}", str(error), f"{field.name}: {error}"))
    if problems:
        raise BadInput(problems)
    return data


def _value(field: DataField, text: str) -> Any:
    """Raises ``ValueError`` with the rule's code."""
    if len(text) > 2000:
        raise ValueError("too_long_text")
    if field.kind == "choice":
        if text not in {value for value, _ in field.choices}:
            raise ValueError("not_a_choice")
        return {"yes": True, "no": False}.get(text, text) if field.choices[0][0] == "yes" else text
    if field.kind == "number":
        try:
            return int(text) if field.whole else float(text.replace(",", "."))
        except ValueError:
            raise ValueError("bad_figure") from None
    return text


def _json(text: str) -> dict[str, Any]:
    try:
        found = json.loads(text) if text else {}
    except (ValueError, RecursionError):
        found = None
    if not isinstance(found, dict):
        raise BadInput([Problem("/completed_data", "bad_object", "this is not a JSON object")])
    return found


def _require_fit(made: Mapping[str, Any], request: Request | None, deployment: Deployment) -> None:
    """Raise ``BadInput`` when the answer breaks the contract's schema, as the desk's adapter reads it."""
    if request is None or made["outcome"] != "completed":
        return
    said = {"outcome": "completed", "data": made.get("data", {})}
    contract = deployment.catalogue.agencies[request.agency].digest  # that from which the form was made
    parsed = deployment.adapter(contract).parse(Reply(request.operation, 200, {}, json.dumps(said).encode()))
    if isinstance(parsed.outcome, Invalid):
        name = parsed.outcome.path.removeprefix("/data").strip("/").split("/")[0]
        raise BadInput([Problem(f"/data_{name}" if name else "/outcome", "answer_unfit", parsed.outcome.reason)])
