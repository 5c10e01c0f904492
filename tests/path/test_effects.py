"""One effect at most, whatever breaks between the gateway and an agency (promise 3)."""

from __future__ import annotations

import pytest

from tests.path.gateway import Gateway

#: The agency has acted and its answer was lost, or could not be read.
ANSWER_LOST = ("reset-after", "error-after", "malformed")


@pytest.mark.parametrize("fault", ANSWER_LOST)
@pytest.mark.parametrize(("service", "agency", "operation"), [("enter", "registry", "enter"), ("coded", "codes", "assignCode")])
async def test_a_lost_answer_is_looked_up(gateway: Gateway, fault: str, service: str, agency: str, operation: str) -> None:
    text = fault if service == "coded" else "an entry"
    scenario = {} if service == "coded" else {"scenario": fault}
    case = await gateway.submit(service, text, **scenario)
    shown = await gateway.until_case(case, "closed")
    assert shown["outcome"] == "granted"
    assert list(gateway.agencies.effects(agency, operation).values()) == [1]
    assert len(gateway.agencies.ledger(agency, operation)) == 1, "it was not sent again"
    assert [(h["work"], h["outcome"]) for h in (await gateway.request(case))["history"]] == [
        ("send", "unknown"),
        ("lookup", "completed"),
    ]
