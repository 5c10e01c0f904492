"""Mapping skeletons: every field of a contract named, typed and commented, in JSONata that compiles and yields the example.

What the example has is written as a value to be replaced; what it leaves out (it is optional, or another of a choice)
stands in a comment at its place.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any, Final

from gateway.catalogue.onboarding.words import literal, within_comment
from gateway.domain.service import Expression
from gateway.sdk.mapping import MappingError, compile_expression
from gateway.sdk.onboarding import DraftOperation, Field

#: A skeleton of more lines is read by nobody; what is beyond them stands in the contract.
_MOST_LINES: Final = 3_000
_MOST_CHOICES: Final = 16
_DEEPEST_ABSENT: Final = 8
_STEP: Final = "  "


def outcome_of(operation: DraftOperation) -> dict[str, Any]:
    """Return the outcome that the skeleton of the response leads to for the example."""
    if operation.one_way or operation.reply is None:
        return {"outcome": "completed"}
    data = operation.reply if isinstance(operation.reply, dict) else {"value": operation.reply}
    return {"outcome": "completed", "data": data}


def input_skeleton(operation: DraftOperation) -> str:
    """Return the skeleton for what the operation is sent."""
    about = f" {within_comment(operation.about)}" if operation.about else ""
    head = [
        f"/* What {within_comment(operation.found_as)} is sent.{about} */",
        "/* Replace the example values by paths of the application (applicant, subject, form, steps, request …). A field */",
        "/* that stands in a comment is left out; write it where it is known. What yields nothing is left out, too. */",
    ]
    product = operation.request
    page = _Page()
    page.write(product, operation.input, "", "", "")
    made = "\n".join([*head, *page.lines]) + "\n"
    if yields(made, {}, product):
        return made
    # Whatever is odd about the names: the example itself, and what is known of the fields above it.
    page = _Page()
    page.absent(operation.input, "", 0)
    return "\n".join([*head, *page.lines, literal(product)]) + "\n"


def response_skeleton(operation: DraftOperation) -> str:
    """Return the skeleton for what the answer means: completed, with the whole body as data."""
    name = within_comment(operation.found_as)
    if operation.one_way:
        return f'/* {name} is answered by nothing but a receipt. */\n{{"outcome": "completed"}}\n'
    page = _Page()
    page.absent(operation.output, "body.", 0)
    whole = "body" if isinstance(operation.reply, dict | None) else '{"value": body}'
    return "\n".join(
        [
            f"/* What the answer to {name} means. Keep in data what the service's decision and later steps read; an answer */",
            '/* may also be {"outcome": "refused", "code": …, "reason": …} or {"outcome": "accepted", "reference": …}. */',
            *(["/* The answer has: */"] if page.lines else []),
            *page.lines,
            f'{{"outcome": "completed", "data": {whole}}}',
            "",
        ]
    )


def yields(source: str, data: Any, wanted: Any) -> bool:
    """Return whether an expression makes exactly ``wanted`` of ``data``; a number beyond 53 bits is more than it can hold."""
    try:
        return bool(compile_expression(Expression(source, "skeleton")).evaluate(data) == wanted)
    except MappingError:
        return False


def describe(field: Field) -> str:
    """Return what is known of a field, in one line that fits into a comment."""
    said = [field.kind or "text", *(["a list"] if field.many else [])]
    said.append("required" if field.required else "optional")
    if field.choice:
        said[-1] = f"one of the choice {field.choice}" + ("" if field.required else ", optional")
    parts = [", ".join(said)]
    if field.enumeration:
        shown = ", ".join(field.enumeration[:_MOST_CHOICES])
        more = len(field.enumeration) - _MOST_CHOICES
        parts.append(f"one of {shown}" + (f" and {more} more" if more > 0 else ""))
    if field.rule:
        parts.append(field.rule)
    if field.repeats:
        parts.append("contains itself")
    told = "; ".join(parts) + (f". {field.about}" if field.about else "")
    return within_comment(told, 600)


class _Page:
    """Lines of a skeleton, within the bound."""

    def __init__(self) -> None:
        self.lines: list[str] = []
        self._cut = False

    def write(self, value: Any, fields: Sequence[Field], indent: str, before: str, after: str) -> None:
        """Write ``value``; ``before`` and ``after`` are what stands on its first and last line."""
        if isinstance(value, dict) and (value or fields):
            self._object(value, fields, indent, before, after)
        elif isinstance(value, list) and value and any(isinstance(item, dict | list) for item in value):
            self.lines.append(f"{indent}{before}[")
            for i, item in enumerate(value):
                self.write(item, fields if i == 0 else (), indent + _STEP, "", "" if i == len(value) - 1 else ",")
            self.lines.append(f"{indent}]{after}")
        else:
            self.absent(fields, "", 0, indent)
            self.lines.append(f"{indent}{before}{literal(value)}{after}")

    def _object(self, value: dict[str, Any], fields: Sequence[Field], indent: str, before: str, after: str) -> None:
        self.lines.append(f"{indent}{before}{{")
        known = {field.key: field for field in fields}
        order = [*dict.fromkeys(field.key for field in fields), *(key for key in value if key not in known)]
        last = next((key for key in reversed(order) if key in value), None)
        inner = indent + _STEP
        for key in order:
            field = known.get(key)
            if key not in value:
                self.absent([known[key]], "", 0, inner)
                continue
            if field is not None:
                self._comment(f"{inner}/* {describe(field)} */")
            below = field.fields if field is not None else ()
            self.write(value[key], below, inner, f"{literal(key)}: ", "" if key == last else ",")
        self.lines.append(f"{indent}}}{after}")

    def absent(self, fields: Sequence[Field], prefix: str, depth: int, indent: str = "") -> None:
        """Write the fields as comments, those beneath them further in."""
        for field in fields:
            name = within_comment(f"{prefix}{field.key}" if prefix else literal(field.key), 200)
            if not self._comment(f"{indent}{_STEP * depth}/* {name}: {describe(field)} */"):
                return
            if field.fields and not field.repeats and depth < _DEEPEST_ABSENT:
                self.absent(field.fields, f"{prefix}{field.key}." if prefix else "", depth + 1, indent)

    def _comment(self, line: str) -> bool:
        if len(self.lines) < _MOST_LINES:
            self.lines.append(line)
            return True
        if not self._cut:
            self.lines.append("/* … and further fields: see the contract */")
            self._cut = True
        return False
