"""Cases in the states that the pages of operators are about."""

from __future__ import annotations

import copy
from datetime import UTC, datetime
from typing import Any
from uuid import UUID

from gateway.domain.applied import park
from gateway.domain.case_file import CaseFile
from gateway.domain.incident import IncidentKind
from gateway.domain.rules import Rules
from tests.integration.api.conftest import Town, ok


def another(extract: dict[str, Any], number: int) -> dict[str, Any]:
    """The same application about another piece of land: of each one may be open at a time."""
    made = copy.deepcopy(extract)
    made["form"]["properties"][0]["cadastral_number"] = f"17:14:01:02:{number:04d}"
    made["reference"] = f"TRY-{number:04d}"
    return made


async def applied(town: Town, extract: dict[str, Any], number: int) -> dict[str, Any]:
    """Such a case whose fee is paid, so that the cadastre's step stands ready."""
    made = await town.submit(another(extract, number))
    ok(await town.office.post(f"/v1/cases/{made['id']}/facts", {"kind": "payment", "at": datetime.now(UTC).isoformat()}))
    return made


async def fails(town: Town, made: dict[str, Any]) -> None:
    """The cadastre cannot read the message."""

    def give_up(file: CaseFile, _rules: Rules) -> None:
        request = file.live("extract")
        assert request is not None
        park(file, request, IncidentKind.INVALID, "element Owner is not known")

    await town.parts.acts.run(UUID(made["id"]), give_up)


async def unread(town: Town, extract: dict[str, Any], count: int) -> list[dict[str, Any]]:
    """Cases whose cadastre could not read the message: each is parked, with an incident of one cause."""
    found = []
    for number in range(count):
        made = await applied(town, extract, number)
        await fails(town, made)
        found.append(made)
    return found
