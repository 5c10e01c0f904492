"""Makes the files of a new agency's folder from a draft, proven by the catalogue's own reader before they are written."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import PurePosixPath
from typing import Any, Final

from gateway.catalogue.agencies import AgencyReader
from gateway.catalogue.folder import Folder
from gateway.catalogue.mistakes import Mistake, Mistakes
from gateway.catalogue.onboarding.agency_file import agency_yaml, own_secrets
from gateway.catalogue.onboarding.errors import ContractRefused
from gateway.catalogue.onboarding.names import stems
from gateway.catalogue.onboarding.readme import readme
from gateway.catalogue.onboarding.skeletons import input_skeleton, outcome_of, response_skeleton, yields
from gateway.catalogue.onboarding.words import literal, one_line, yaml_document, yaml_text
from gateway.catalogue.section import ID
from gateway.sdk.onboarding import Draft, DraftOperation

_OURS: Final = frozenset({"agency.yaml", "simulator.yaml", "readme.md", "mappings", "examples"})
#: Where the contract's files go when one of them has the name of one of ours.
_APART: Final = "contract"
#: Larger examples stand under examples/ alone and are no mapping test.
_LONGEST: Final = 60_000
_DEEPEST: Final = 40
_SIMULATOR: Final = """\
# How the simulated agency answers. Without a rule an operation is answered by examples/<operation>.reply.json; the first rule
# that fits wins. A text that begins with = is JSONata over what was sent; _ has message_id, attempt, reference, earlier, now.
#
# operations:
#   {operation}:
#     - when: $substring(PersonId, 10) = "4041" # by invented identifiers
#       times: 2                                # only twice for each message
#       fault: error                            # out of order; or an object: the protocol's own fault
#     - reply: {{reference: =_.reference}}
operations: {{}}
"""


@dataclass(frozen=True, slots=True)
class Composed:
    """``files`` of the folder by path within it. ``draft`` is the one given, with a ``problem`` wherever one came to light.

    ``operations`` are those that can be used, each with the name of its files. ``dropped_auth``: the catalogue does not know
    the credentials that the contract asks for.
    """

    files: Mapping[str, bytes]
    draft: Draft
    operations: tuple[tuple[DraftOperation, str], ...]
    dropped_auth: bool = False


def compose(name: str, adapter: str, draft: Draft, *, title: str = "", left_out: Sequence[str] = ()) -> Composed:
    """Return the folder's files. An operation whose files would not be read is left out, with its reason.

    Raises ``ContractRefused`` when nothing of the contract can be used.
    """
    draft = _sound(draft)
    auth: Mapping[str, Any] | None = own_secrets(draft.auth, name)
    while True:
        composed = _composed(name, adapter, draft, auth, title=title, left_out=left_out)
        mistakes = _mistakes(name, composed.files)
        if not mistakes:
            return composed
        blamed = {
            operation.name: m for m in mistakes for operation, stem in composed.operations if _blames(m, name, operation, stem)
        }
        if blamed:
            draft = _with_problems(draft, {key: f"its files would not be read: {m}" for key, m in blamed.items()})
        elif auth is not None and any(m.key.startswith("auth") for m in mistakes):
            auth = None
        else:
            raise ContractRefused(draft.contract, f"its folder could not be used: {mistakes[0]}", "tell the adapter's author")


def _sound(draft: Draft) -> Draft:
    """Give a problem to operations whose name is none, or is there twice."""
    seen: set[str] = set()
    made = []
    for operation in draft.operations:
        problem = operation.problem
        if not problem and ID.fullmatch(operation.name) is None:
            problem = f"{operation.name!r} cannot be a key of agency.yaml"
        elif not problem and operation.name in seen:
            problem = "the contract has another one of this name"
        elif not problem and (problem := _unwritable(operation)) == "":
            seen.add(operation.name)
        made.append(replace(operation, problem=problem))
    return replace(draft, operations=tuple(made))


def _unwritable(operation: DraftOperation) -> str:
    try:
        literal([operation.request, operation.reply, dict(operation.options)])
    except (TypeError, ValueError, RecursionError) as error:
        return f"its examples are no JSON: {error}"
    return ""


def _with_problems(draft: Draft, problems: Mapping[str, str]) -> Draft:
    made = tuple(replace(o, problem=problems[o.name]) if not o.problem and o.name in problems else o for o in draft.operations)
    return replace(draft, operations=made)


def _blames(mistake: Mistake, name: str, operation: DraftOperation, stem: str) -> bool:
    return (
        mistake.key == f"operations.{operation.name}"
        or mistake.key.startswith(f"operations.{operation.name}.")
        or mistake.file.startswith(f"contracts/{name}/mappings/{stem}.")
    )


def _mistakes(name: str, files: Mapping[str, bytes]) -> list[Mistake]:
    mistakes = Mistakes()
    folder = Folder.of({f"contracts/{name}/{path}": raw for path, raw in files.items()}, mistakes)
    AgencyReader(folder, name, {}, {}).read()
    return mistakes.found


def _composed(
    name: str, adapter: str, draft: Draft, auth: Mapping[str, Any] | None, *, title: str, left_out: Sequence[str]
) -> Composed:
    usable = [operation for operation in draft.operations if not operation.problem]
    if not usable:
        reasons = "; ".join(f"{o.found_as}: {o.problem}" for o in draft.operations[:5]) or "it describes no operation"
        raise ContractRefused(draft.contract, f"no operation of it can be used: {one_line(reasons, 1_000)}", "ask the agency")
    place = f"{_APART}/" if any(PurePosixPath(path).parts[0].lower() in _OURS for path in draft.files) else ""
    files = {f"{place}{_safe(path)}": raw for path, raw in draft.files.items()}
    names = stems(operation.name for operation in usable)
    operations = tuple((operation, names[operation.name]) for operation in usable)
    title = title or draft.title or name
    contract = f"{place}{draft.contract}"
    moved = replace(draft, options=_moved(draft.options, draft.files, place))
    ours = {
        "agency.yaml": agency_yaml(name, adapter, moved, operations, contract=contract, title=title, auth=auth),
        "README.md": readme(name, title, draft, operations, left_out),
        "simulator.yaml": _SIMULATOR.format(operation=usable[0].name),
    }
    for operation, stem in operations:
        ours |= _of_operation(operation, stem)
    return Composed(files | {path: text.encode() for path, text in ours.items()}, draft, operations, auth is None)


def _moved(value: Any, files: Mapping[str, bytes], place: str) -> Any:
    """Return options of a draft with the names of its files as they are in the folder."""
    if isinstance(value, Mapping):
        return {key: _moved(item, files, place) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [_moved(item, files, place) for item in value]
    return f"{place}{value}" if isinstance(value, str) and value in files else value


def _safe(path: str) -> str:
    """Return the path of a contract's file. Raises ``ContractRefused`` for one that leads out, or would not be read back."""
    parts = PurePosixPath(path).parts
    if not parts or path.startswith("/") or "\\" in path or any(part.startswith(".") or ":" in part for part in parts):
        raise ContractRefused(
            path, "a contract's file has to lie within its folder, and not be hidden", "rename it, or pack it anew"
        )
    return PurePosixPath(path).as_posix()


def _of_operation(operation: DraftOperation, stem: str) -> dict[str, str]:
    product, outcome = operation.request, outcome_of(operation)
    body = None if operation.one_way else operation.reply
    given = {"body": body, "status": 200, "operation": operation.name}
    made = {
        f"mappings/{stem}.input.jsonata": (into := input_skeleton(operation)),
        f"mappings/{stem}.response.jsonata": (back := response_skeleton(operation)),
        f"examples/{stem}.request.json": _json(product),
    }
    if body is not None:
        made[f"examples/{stem}.reply.json"] = _json(body)
    if _modest(product) and yields(into, {}, product):
        case = {"name": "the example", "input": {}, "product": product}
        made[f"mappings/{stem}.input.test.yaml"] = _test(f"{stem}.input.jsonata", operation.name, case)
    if _modest(body) and (body is None or yields(back, given, outcome)):
        case = {"name": "the example", "status": 200, "body": body, "outcome": outcome}
        made[f"mappings/{stem}.response.test.yaml"] = _test(f"{stem}.response.jsonata", "", case)
    return made


def _modest(value: Any) -> bool:
    """Whether a person would read it as a test: it is neither long nor deep."""
    return len(literal(value)) <= _LONGEST and _depth(value) <= _DEEPEST


def _depth(value: Any) -> int:
    inner = value.values() if isinstance(value, dict) else value if isinstance(value, list) else ()
    return 1 + max(map(_depth, inner), default=0)


def _json(value: Any) -> str:
    return json.dumps(value, ensure_ascii=False, indent=2, allow_nan=False) + "\n"


def _test(mapping: str, operation: str, case: Mapping[str, Any]) -> str:
    head = [
        "# Run by darcha agency check and by pytest: what the mapping makes of the input, whole.",
        f"mapping: {yaml_text(mapping)}",
        *([f"operation: {yaml_text(operation)} # the product has to be valid to the agency's own schema"] if operation else []),
        "cases:",
    ]
    return "\n".join([*head, *yaml_document([case], "  "), ""])
