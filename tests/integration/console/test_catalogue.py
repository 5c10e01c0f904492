"""The catalogue at the console: services with their steps drawn and listed, versions and what differs, contracts."""

from __future__ import annotations

import re
from dataclasses import replace
from typing import Any

import pytest
from sqlalchemy import update

from gateway.application.pins import pin_agency, pin_service, service_digest
from gateway.domain.service import Term
from gateway.storage import tables as t
from tests.integration.console.conftest import Browser, House
from tests.integration.console.reading import read_in_all_languages

PATH = "/console/catalogue"
SERVICE = f"{PATH}/preschool-enrolment"


async def _keep_older(house: House) -> str:
    """Keep an older version of a service: another term, a step less, another version; return its digest."""
    service = house.parts.deployment.catalogue.services["preschool-enrolment"]
    assert isinstance(service.term, Term)
    older = replace(service, version="0", term=replace(service.term, length=9), steps=service.steps[:-1])
    digest = service_digest(older)
    await house.town.store.put_pins({digest: pin_service(replace(older, digest=digest))})
    return digest


async def test_every_page_is_there_in_four_languages(operator: Browser, house: House) -> None:
    digest = await _keep_older(house)
    catalogue = house.parts.deployment.catalogue
    paths = [PATH, f"{SERVICE}/versions/{digest}"]
    paths += [f"{PATH}/{id_}" for id_ in catalogue.services] + [f"{PATH}/agencies/{id_}" for id_ in catalogue.agencies]
    for path in paths:
        await read_in_all_languages(operator, path)


async def test_the_graph_says_in_a_list_what_it_draws(operator: Browser, house: House) -> None:
    service = house.parts.deployment.catalogue.services["preschool-enrolment"]
    await operator.get(SERVICE)
    drawing = operator.page.split('<svg class="graph"')[1].split("</svg>")[0]
    assert '<title id="graph-title">' in drawing
    assert '<desc id="graph-desc">' in drawing
    assert drawing.count('class="box') >= len(service.steps) + 2
    listed = operator.page.split('<ol class="step-list">')[1].split("</ol>")[0]
    for step in service.steps:
        assert step.title["en"] in listed
        assert step.operation in listed
        if step.when is not None:
            assert len(re.findall("Condition", listed)) >= 1


async def test_versions_are_told_with_their_open_cases_and_what_differs(
    operator: Browser, house: House, preschool: dict[str, Any]
) -> None:
    digest, service = await _keep_older(house), house.parts.deployment.catalogue.services["preschool-enrolment"]
    await house.submit(preschool)
    await operator.get(SERVICE)
    assert re.search(r"current 1 –", operator.text())
    async with house.town.store.db.write() as tx:
        await tx.run(update(t.cases).values(pin=digest))
    await operator.get(PATH)
    assert "on older versions: 1" in operator.text()
    await operator.get(SERVICE)
    assert f"0 {digest[:12]} 1 Against the current one" in operator.text()
    await operator.get(f"{SERVICE}/versions/{digest}")
    text = operator.text()
    assert "term/length changed 9 5" in text
    assert f"version changed 0 {service.version}" in text
    assert f"steps/{service.steps[-1].id} added" in text


async def test_a_contract_shows_what_may_be_sent_again_and_when(operator: Browser, house: House) -> None:
    agency = house.parts.deployment.catalogue.agencies["civil-registry"]
    await operator.get(f"{PATH}/agencies/civil-registry")
    text = operator.text()
    for operation in agency.operations.values():
        assert operation.id in text
    assert "sent again when no answer comes" in text
    assert "Breaker" in text
    assert agency.endpoint == "" or agency.endpoint not in operator.page
    older = replace(agency, adapter="rest", digest="")
    await house.town.store.put_pins({"f" * 64: pin_agency(older)})
    await operator.get(f"{PATH}/agencies/civil-registry")
    assert "Kept versions" in operator.text()
    await operator.get(f"{PATH}/agencies/civil-registry/versions/{'f' * 64}")
    assert "adapter changed rest soap" in operator.text()


async def test_readers_see_services_and_neither_contracts_nor_counts(house: House) -> None:
    browser = house.browser()
    await browser.sign_in("reader")
    assert (await browser.get(PATH)).status == 200
    assert "Open cases" not in browser.text()
    assert "/catalogue/agencies/" not in browser.page
    assert (await browser.get(SERVICE)).status == 200
    assert "Kept versions" not in browser.text()
    assert (await browser.get(f"{PATH}/agencies/civil-registry")).status == 403
    assert (await browser.get(f"{SERVICE}/versions/{'0' * 64}")).status == 403


@pytest.mark.parametrize(
    "path", ["/no-such", "/agencies/no-such", "/preschool-enrolment/versions/" + "0" * 64, "/preschool-enrolment/versions/x"]
)
async def test_what_is_not_there_is_said(operator: Browser, path: str) -> None:
    assert (await operator.get(PATH + path)).status == 404


async def test_a_version_of_another_service_is_none_of_this_one(operator: Browser, house: House) -> None:
    digest = await _keep_older(house)
    assert (await operator.get(f"{PATH}/cadastre-extract/versions/{digest}")).status == 404
    assert (await operator.get(f"{PATH}/agencies/civil-registry/versions/{digest}")).status == 404
