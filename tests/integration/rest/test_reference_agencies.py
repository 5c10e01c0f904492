"""The REST agencies of the reference catalogue, each with its simulator over HTTP."""

from dataclasses import replace
from functools import cache
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any

import orjson
import pytest

from adapters.rest import RestAdapter, RestSimulator
from adapters.rest.conformance import request
from gateway.catalogue.loader import load_catalogue
from gateway.domain.catalogue import Catalogue
from gateway.sdk import Accepted, Agency, Completed, NeedsApplicant, NotThere, Redirected, Refused, RetryLater
from gateway.sdk.simulator import SimulatorOptions
from gateway.sdk.testing import FixedSecrets, lend

ROOT = Path(__file__).parents[3]
ID = "01890000-0000-7000-8000-0000000000aa"


@cache
def catalogue() -> Catalogue:
    """Return the reference catalogue."""
    adapters = {e.name: e.load() for e in entry_points(group="darcha.adapters")}
    return load_catalogue(ROOT, environ={}, adapters=adapters)


def _secrets(agency: Agency) -> dict[str, str]:
    auth = agency.callbacks.get("auth") or {}
    return {str(a["secret"]): "invented" for a in (agency.auth, auth) if "secret" in a}


async def _say(agency: Agency, operation: str, *products: Any, message_id: str = ID) -> list[Any]:
    adapter, secrets = RestAdapter(agency), _secrets(agency)
    options = SimulatorOptions(callback_base="http://127.0.0.1:9", secrets=FixedSecrets(secrets))
    async with RestSimulator(agency, options) as simulator, lend(simulator.url, secrets=secrets) as link:
        said = []
        for product in products:
            asked = replace(request(operation, product), message_id=message_id, callback_url="")
            said.append((await adapter.send(adapter.render(asked), link)).outcome)
        lookup = agency.operations[operation].lookup
        assert lookup is not None
        asked = replace(request(lookup.operation, {"messageId": message_id}), message_id=message_id, callback_url="")
        said.append((await adapter.lookup(operation, adapter.render(asked), link)).outcome)
        return said


def _child(last: str, **more: Any) -> dict[str, Any]:
    return {
        "messageId": ID,
        "district": "1714401",
        "child": {
            "personId": f"5220522171{last}",
            "familyName": "Namunayeva",
            "givenName": "Lola",
            "birthDate": "2022-05-20",
            "birthRecord": "2022-1714401-000001",
        },
        "applicant": {"personId": "41203901234567", "fullName": "Namunayeva Zulfiya", "relation": "mother"},
        "institutions": ["17014"],
        "groupLanguage": "uz",
        "startFrom": "2027-09-01",
        "receivedAt": "2026-11-02T10:00:00+05:00",
        **more,
    }


@pytest.mark.parametrize("name", ["preschool-ministry", "tax"])
def test_contracts_are_clean(name: str) -> None:
    assert RestAdapter(catalogue().agencies[name]).check() == []


@pytest.mark.parametrize(
    ("last", "outcomes"),
    [
        ("0001", [Completed, Completed]),
        ("5032", [RetryLater, NotThere]),
        ("3012", [Redirected, NotThere]),
        ("4222", [NeedsApplicant, NotThere]),
        ("4032", [Refused, NotThere]),
    ],
)
async def test_the_queue(last: str, outcomes: list[type[Any]]) -> None:
    said = await _say(catalogue().agencies["preschool-ministry"], "enterQueue", _child(last))
    assert [type(outcome) for outcome in said] == outcomes


async def test_down_twice_and_then_well() -> None:
    said = await _say(catalogue().agencies["preschool-ministry"], "enterQueue", *[_child("5032")] * 3)
    assert [type(outcome) for outcome in said] == [RetryLater, RetryLater, Completed, Completed]


async def test_a_missing_certificate_is_supplemented() -> None:
    given = _child("4222", medicalCertificate={"number": "M-1", "issuedOn": "2026-10-01"})
    said = await _say(catalogue().agencies["preschool-ministry"], "enterQueue", given)
    assert isinstance(said[0], Completed)


async def test_a_place_is_answered_later() -> None:
    asked = {"messageId": ID, "district": "1714401", "entryNumber": "Q-1", "childId": "52205221710001"}
    said = await _say(catalogue().agencies["preschool-ministry"], "requestPlace", asked)
    assert isinstance(said[0], Accepted)
    assert said[0] == said[1]


def test_callbacks_of_the_ministry_are_read() -> None:
    adapter = RestAdapter(catalogue().agencies["preschool-ministry"])
    offer = {
        "callbackId": "c-1",
        "reference": "P-1",
        "institution": {"code": "17014", "name": "Dilnura"},
        "acceptBy": "2036-12-31T18:00:00+05:00",
    }
    callback = adapter.read_callback("Offer", {"content-type": "application/json"}, orjson.dumps(offer))
    assert isinstance(callback.parsed.outcome, NeedsApplicant)
    assert (callback.reference, callback.key) == ("P-1", "c-1")
