"""Writes agency.yaml for a contract that nobody has decided anything about yet: valid, and with every open question beside it."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from typing import Any, Final

from gateway.catalogue.onboarding.names import agency_variable
from gateway.catalogue.onboarding.words import one_line, yaml_block, yaml_flow, yaml_key, yaml_text
from gateway.catalogue.section import LANGUAGES
from gateway.sdk.onboarding import Draft, DraftOperation

_SECRET: Final = re.compile(r"secret://[^/]*/?")


def secret_folder(name: str) -> str:
    """Return the agency's name as it stands in ``secret://name/…``, which knows small letters, digits and hyphens."""
    return re.sub(r"[^a-z0-9]", "-", name.lower())


def own_secrets(value: Any, name: str) -> Any:
    """Return ``auth`` of a draft with its references to secrets under the agency's own name."""
    if isinstance(value, Mapping):
        return {key: own_secrets(item, name) for key, item in value.items()}
    if isinstance(value, list | tuple):
        return [own_secrets(item, name) for item in value]
    if isinstance(value, str) and value.startswith("secret://"):
        return f"secret://{secret_folder(name)}/{_SECRET.sub('', value, count=1) or 'secret'}"
    return value


def agency_yaml(
    name: str,
    adapter: str,
    draft: Draft,
    operations: Sequence[tuple[DraftOperation, str]],
    *,
    contract: str,
    title: str,
    auth: Mapping[str, Any] | None,
) -> str:
    """Return the file. ``operations`` are those that can be used, each with the name of its files.

    ``auth`` is what stands under that key; ``None`` when the catalogue does not know what the draft says, which then
    stands in a comment.
    """
    lines = [
        f"# {one_line(title)}: made from {one_line(contract)} by darcha agency new. What is left to decide stands in README.md.",
        f"id: {yaml_key(name)}",
        "title: # translate: the same words stand in all languages",
        *(f"  {language}: {yaml_text(one_line(title, 200))}" for language in LANGUAGES),
        f"adapter: {yaml_key(adapter)}",
        f"contract: {yaml_text(contract)}",
        *([f"# The contract names {one_line(draft.endpoint, 300)}"] if draft.endpoint else []),
        f"endpoint: ${{{agency_variable(name)}}}",
        *_auth(draft, auth),
        *(["options:", *yaml_block(draft.options, "  ")] if draft.options else []),
        "# branches: where the agency has territorial units. The branch is chosen by the district of the application.",
        '#   - {code: "…", title: {uz: …, ru: …, ky: …, en: …}, territories: ["…"], endpoint: …}',
        "",
        "# Of each operation decide: may the same message be sent twice without a second effect? Where it may, write",
        "# idempotent: true. Where it may not, say how to learn what became of a message whose answer was lost:",
        "#     lookup:",
        "#       operation: <one that finds it>",
        "#       input: mappings/<operation>.lookup-input.jsonata     # what is asked, usually by request.message_id",
        "#       response: mappings/<operation>.lookup.jsonata        # an outcome, or not_there",
        "#       absence_conclusive: true                             # not there means: it may be sent again",
        "# Without a lookup every lost answer becomes an incident for a person. What a fault or a status means:",
        "#     answers:",
        "#       - {…, outcome: {outcome: refused, code: …, reason: …}}",
        "# Where the answer comes later: reply_within_secs, and callbacks or a lookup that is asked again.",
        "operations:",
    ]
    for operation, stem in operations:
        lines += _operation(operation, stem)
    lines += [
        "# What the agency can bear: how many requests at once, how many a second (0: no limit), at which hours.",
        "lane:",
        "  concurrency: 4",
        "  rate_per_sec: 10",
        '  # hours: "08:00-20:00"',
        "  breaker: {failures: 5, pause_secs: 30}",
        "  retry: {base_secs: 2, cap_secs: 3600, attempts: 100}",
        "",
    ]
    return "\n".join(lines)


def _auth(draft: Draft, auth: Mapping[str, Any] | None) -> list[str]:
    if auth is None:
        said = one_line(yaml_flow(draft.auth), 1_000)
        return [f"# The contract asks for {said}", "auth: {kind: none} # to decide"]
    if auth.get("kind", "none") == "none":
        return [
            "# The contract says nothing of credentials. basic, bearer, api_key, ws-username …; secrets by reference only.",
            "auth: {kind: none}",
        ]
    return [f"auth: {yaml_flow(auth)} # credentials: as the agency gave them; secrets by reference only"]


def _operation(operation: DraftOperation, stem: str) -> list[str]:
    about = f": {one_line(operation.about, 300)}" if operation.about else ""
    decide = "true # by the protocol itself" if operation.idempotent else "false # to decide, with the lookup"
    lines = [
        f"  # {one_line(operation.found_as, 200)}{about}",
        *(f"  # {one_line(note, 300)}" for note in operation.notes),
        f"  {yaml_key(operation.name)}:",
        f"    idempotent: {decide}",
        "    timeout_secs: 30",
        f"    response: {yaml_text(f'mappings/{stem}.response.jsonata')}",
    ]
    if operation.options:
        lines += ["    options:", *yaml_block(operation.options, "      ")]
    return lines
