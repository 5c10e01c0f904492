"""Writes README.md of a new agency: what is left to decide, and what the contract leaves open."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Final

from gateway.catalogue.onboarding.agency_file import secret_folder
from gateway.catalogue.onboarding.names import agency_variable
from gateway.catalogue.onboarding.words import one_line, yaml_flow
from gateway.sdk.onboarding import Draft, DraftOperation

#: Of a large contract the open questions are listed by name, so far.
_MOST: Final = 200


def readme(name: str, title: str, draft: Draft, operations: Sequence[tuple[DraftOperation, str]], left_out: Sequence[str]) -> str:
    """Return the text. ``operations`` are those that can be used, each with the name of its files."""
    open_ = [operation.name for operation, _ in operations if not operation.idempotent]
    broken = [operation for operation in draft.operations if operation.problem]
    lines = [
        f"# {one_line(title, 200)}",
        "",
        f"Made from the agency's contract. `darcha agency try {name}` plays every operation with a simulated agency,",
        f"`darcha agency check {name}` says what is wrong, `darcha agency simulate {name}` stands in for the agency,",
        f"`darcha agency probe {name}` asks whether the real one is there.",
        "",
        "## To decide",
        "",
        f"- [ ] **Address**: set `{agency_variable(name)}`"
        + (f"; the contract names `{one_line(draft.endpoint, 300)}`." if draft.endpoint else "; the contract names none."),
        f"- [ ] **Credentials**: {_credentials(name, draft)}",
        "- [ ] **Titles** in uz, ru, ky and en in agency.yaml.",
        "- [ ] **Mappings**: in `mappings/<operation>.input.jsonata` replace the example values by paths of the application, and",
        "  keep `mappings/<operation>.input.test.yaml` true. A service names its own mapping; these are where to start.",
        "- [ ] **What an answer means**: `mappings/<operation>.response.jsonata` says completed for every good answer. Which",
        "  data are needed later? Is there an answer that means no (`refused`), or that the decision comes later (`accepted`)?",
        "  Faults and status codes that mean something are rows of `answers` in agency.yaml; a person looks into all others.",
        *_idempotency(open_),
        "- [ ] **Later answers**: does the agency call back? Then `callbacks` in agency.yaml and a mapping for each; does it",
        "  have to be asked? Then `poll_after` in the outcome and a lookup.",
        "- [ ] **Probe**: a call that changes nothing and tells whether the agency is there (`options: {probe: …}`).",
        "- [ ] **Branches** and what the agency can bear (`lane`): ask the agency.",
        "",
        "## Operations",
        "",
        "| operation | in the contract | idempotent | note |",
        "|---|---|---|---|",
        *(
            f"| `{operation.name}` | {_cell(operation.found_as)} | {'yes' if operation.idempotent else 'to decide'} "
            f"| {_cell('; '.join((*(['one-way'] if operation.one_way else []), *operation.notes)))} |"
            for operation, _ in operations
        ),
        "",
    ]
    if broken:
        lines += ["## Operations that cannot be used", ""]
        lines += [f"- `{one_line(o.name, 80)}` ({_cell(o.found_as)}): {one_line(o.problem, 600)}" for o in broken]
        lines.append("")
    if draft.unresolved or left_out:
        lines += ["## What the contract refers to and nobody has", ""]
        lines += [f"- {one_line(line, 600)}" for line in (*draft.unresolved, *left_out)]
        lines += ["", "Get these files from the agency and run `darcha agency new` again with `--schemas FOLDER`.", ""]
    return "\n".join(lines)


def _credentials(name: str, draft: Draft) -> str:
    if draft.auth.get("kind", "none") == "none":
        return f"the contract asks for none. Write `auth` as the agency says; a secret is a reference, `secret://{secret_folder(name)}/…`."
    said = one_line(yaml_flow({"kind": draft.auth["kind"]}), 200)
    return f"the contract asks for `{said}`; see `auth` in agency.yaml, and set the secrets that it refers to."


def _idempotency(open_: Sequence[str]) -> list[str]:
    if not open_:
        return []
    shown = ", ".join(f"`{name}`" for name in open_[:_MOST]) + (f" and {len(open_) - _MOST} more" if len(open_) > _MOST else "")
    return [
        "- [ ] **Sent twice**: may the same message have a second effect? Where it cannot, write `idempotent: true`. Where it",
        "  can, how is it found out what became of a message whose answer was lost (`lookup`)? Is *not found* conclusive, and",
        f"  after how many seconds? Open for: {shown}.",
    ]


def _cell(text: str) -> str:
    return one_line(text, 300).replace("|", "\\|").replace("<", "&lt;")
