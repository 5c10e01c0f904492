"""A catalogue without mistakes becomes frozen models; the digests follow the files."""

from __future__ import annotations

from datetime import date
from pathlib import Path

import pytest

from gateway.application.pins import agency_from_pin, files_digest, pin_agency, pin_service, service_digest, service_from_pin
from gateway.catalogue.loader import load_catalogue
from gateway.catalogue.mistakes import CatalogueInvalid
from gateway.domain.agency import Breaker, LanePolicy, RetryPolicy
from gateway.domain.case import FactKind
from gateway.domain.service import Term, Unit
from tests.unit.catalogue.small import ADAPTERS, ENVIRON, A, S, check, edited, files, write


def test_a_valid_catalogue_becomes_models(tmp_path: Path) -> None:
    catalogue = load_catalogue(write(tmp_path, files()), environ=ENVIRON, adapters=ADAPTERS)
    service = catalogue.services["fishing-licence"]
    assert service.term == Term(5, Unit.WORKING_DAYS, ends_with="step licence")
    assert [s.id for s in service.steps] == ["check", "licence", "hand-over"]
    licence = service.step("licence")
    assert licence.needs == ("check",)
    assert licence.facts == (FactKind.PAYMENT,)
    assert licence.when is not None
    assert licence.when.name == f"{S}/service.yaml:steps[1].when"
    assert licence.term == Term(2, Unit.CALENDAR_DAYS, start="ready")
    assert service.step("hand-over").after_decision
    assert service.unique is not None
    assert service.labels["/river"]["uz"] == "Soʻz"
    assert service.standard["fee"] == {"amount": 100, "currency": "UZS"}
    assert catalogue.offices["river-center"].hours == "09:00-18:00"
    agency = catalogue.agencies["water-agency"]
    assert agency.endpoint == "https://water.example/v1"
    assert agency.lane == LanePolicy(3, 1.5, "08:00-20:00", Breaker(), RetryPolicy(attempts=4))
    assert agency.lanes == ("water-agency", "water-agency.north-2")
    assert [b.code for b in agency.branches_for("1700001", date(2027, 1, 1))] == ["north-2"]
    operation = agency.operations["giveLicence"]
    assert operation.lookup is not None
    assert operation.lookup.operation == "findLicence"
    assert operation.callback["Given"].name == f"{A}/given.jsonata"
    assert operation.options == {"path": "/licences"}
    assert [b.code for b in catalogue.agencies["counter"].branches] == ["river-center"]
    assert catalogue.agencies["counter"].branches_are_offices


def test_digests_follow_what_they_cover(tmp_path: Path) -> None:
    before = check(tmp_path / "a").catalogue
    assert check(tmp_path / "b").catalogue.digest == before.digest
    mapped = check(tmp_path / "c", edited(f"{S}/check.jsonata", '"id"', '"pin"')).catalogue
    assert mapped.digest != before.digest
    assert mapped.services["fishing-licence"].digest != before.services["fishing-licence"].digest
    assert mapped.agencies["water-agency"].digest == before.agencies["water-agency"].digest
    contract = check(tmp_path / "d", edited(f"{A}/contract.txt", "invented", "other")).catalogue
    assert contract.agencies["water-agency"].digest != before.agencies["water-agency"].digest
    assert contract.services["fishing-licence"].digest == before.services["fishing-licence"].digest
    assert files_digest({"a": b"bc"}) != files_digest({"ab": b"c"})


def test_pins_round_trip_exactly(tmp_path: Path) -> None:
    catalogue = check(tmp_path).catalogue
    for service in catalogue.services.values():
        assert service_from_pin(pin_service(service)) == service
        assert service_digest(service_from_pin(pin_service(service))) == service.digest
    for agency in catalogue.agencies.values():
        again = agency_from_pin(pin_agency(agency))
        assert again.endpoint == ""  # always the current one
        assert pin_agency(again) == pin_agency(agency)
        assert again == agency_from_pin(pin_agency(again))
        assert (again.operations, again.branches, again.lane, again.files, again.digest) == (
            agency.operations,
            agency.branches,
            agency.lane,
            agency.files,
            agency.digest,
        )


def test_a_missing_variable_is_a_warning(tmp_path: Path) -> None:
    checked = check(tmp_path, environ={})
    assert checked.mistakes == ()
    assert checked.catalogue.agencies["water-agency"].endpoint == ""
    (warning,) = checked.warnings
    assert (warning.file, warning.line, warning.key) == (f"{A}/agency.yaml", 5, "endpoint")
    assert "WATER_URL" in warning.expected


def test_an_operation_that_can_be_lost_is_a_warning(tmp_path: Path) -> None:
    checked = check(tmp_path, edited(f"{A}/agency.yaml", "findPerson: {idempotent: true", "findPerson: {idempotent: false"))
    assert [w.key for w in checked.warnings] == ["operations.findPerson"]


def test_load_raises_all_mistakes_at_once(tmp_path: Path) -> None:
    given = edited("schemas/offices.yaml", "Asia/Tashkent", "Asia/Nowhere")
    given |= {f"{S}/check.jsonata": "{", f"{A}/agency.yaml": given[f"{A}/agency.yaml"].replace("adapter: fake", "adapter: fakes")}
    with pytest.raises(CatalogueInvalid) as caught:
        load_catalogue(write(tmp_path, given), environ=ENVIRON, adapters=ADAPTERS)
    assert [m.file for m in caught.value.mistakes] == [f"{A}/agency.yaml", "schemas/offices.yaml", f"{S}/check.jsonata"]
    assert "did you mean fake?" in str(caught.value)


def test_a_folder_that_is_no_catalogue(tmp_path: Path) -> None:
    checked = check(tmp_path, {"other/x.txt": ""})
    assert {m.file for m in checked.mistakes} >= {"schemas", "contracts"}
