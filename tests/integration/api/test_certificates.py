"""The certificate of a tacit decision over a real store: issued once in each language, by whom it may, and read back."""

from __future__ import annotations

import asyncio
import hashlib
from dataclasses import replace
from typing import Any
from uuid import UUID

import lxml.html
import pytest

from gateway.api import shapes
from gateway.api.certificate_words import CERTIFICATE_RULES, CERTIFICATE_TITLES
from gateway.application.deployment import Deployment
from gateway.application.languages import LANGUAGES
from gateway.application.pins import service_digest
from gateway.application.tick import Tick
from gateway.catalogue.calendars import seed
from gateway.catalogue.loader import load_catalogue
from gateway.catalogue.plugins import find_adapters
from gateway.domain.case import CaseOutcome, Decision
from gateway.domain.case_file import CaseFile
from gateway.domain.clocks import fingerprint
from gateway.domain.events import verify
from gateway.domain.incident import Incident, IncidentKind
from gateway.domain.progress import decide
from gateway.domain.service import Silence
from tests.integration.api.conftest import ROOT, Town, ok
from tests.integration.api.test_cases import now
from tests.unit.api.test_bad_input import problem, rules


@pytest.fixture(scope="session")
def deployment() -> Deployment:
    """The reference catalogue with a service in which silence is consent."""
    manifests = find_adapters()
    catalogue = load_catalogue(ROOT, environ={}, adapters=manifests)
    service = catalogue.services["cadastre-extract"]
    assert service.term is not None
    tacit = replace(service, term=replace(service.term, silence=Silence.GRANTED))
    tacit = replace(tacit, digest=service_digest(tacit))
    services = {**catalogue.services, tacit.id: tacit}
    return Deployment(replace(catalogue, services=services), manifests, seed)


async def silent(town: Town, extract: dict[str, Any]) -> str:
    """Return the id of a case that silence has decided."""
    id_ = str((await town.submit(extract))["id"])
    ok(await town.office.post(f"/v1/cases/{id_}/facts", {"kind": "payment", "at": now(days=-60), "data": {}}))
    tick = Tick(town.parts.deployment, town.store, town.parts.bus)
    while await tick.run_once():  # the warning first, then the end
        pass
    assert (await town.case(id_))["outcome"] == "tacitly_granted"
    return id_


async def change(town: Town, id_: str, act: Any) -> None:
    results = await town.store.change([UUID(id_)], act)
    assert results == {UUID(id_): None}


def disputed(file: CaseFile) -> None:
    clock = next(c for c in file.clocks.values() if c.kind == "statutory")
    kind = IncidentKind.CLOCK_DISPUTED
    file.open_incident(Incident(kind, fingerprint(file, clock, kind), {"number": file.case.number}, file.case.id))


def replaced(file: CaseFile) -> None:
    decide(file, Decision(CaseOutcome.REFUSED, "cadastre", file.now, file.now, "granted in error"), "operator:chief")


async def test_it_is_issued_once_and_read_back(town: Town, extract: dict[str, Any]) -> None:
    id_ = await silent(town, extract)
    url = f"/v1/cases/{id_}/certificate"
    problem(await town.office.get(f"{url}?language=uz"), 404, "not_found")
    head = ok(await town.office.get(f"/v1/cases/{id_}/events"))["items"][-1]
    made = await town.office.post(url, {"language": "uz"})
    issued = shapes.CertificateOut.model_validate_json(made.body)
    assert (made.status, made.headers["location"]) == (201, f"{url}?language=uz")
    assert (issued.issued_by, issued.check_value, issued.sequence) == ("client:namangan", head["hash"], head["sequence"])
    again = await town.operator.post(url, {"language": "uz"})
    assert (again.status, again.json()) == (200, made.json())
    read = await town.office.get(made.headers["location"])
    assert (read.status, read.headers["etag"]) == (200, f'"{issued.digest}"')
    assert hashlib.sha256(read.body).hexdigest() == issued.digest
    assert read.headers["content-type"] == "text/html; charset=utf-8"
    assert read.headers["content-security-policy"].startswith("default-src 'none'")
    assert read.headers["content-disposition"] == f'inline; filename="{issued.number}-uz.html"'
    tree = lxml.html.document_fromstring(read.body.decode())
    assert (tree.attrib["lang"], str(tree.xpath("string(//tr[@id='check']/td)"))) == ("uz", head["hash"])
    assert str(tree.xpath("string(//tr[@id='number']/td)")) == issued.number
    unchanged = await town.office.get(made.headers["location"], if_none_match=f'W/"{issued.digest}"')
    assert (unchanged.status, unchanged.body, unchanged.headers["etag"]) == (304, b"", f'"{issued.digest}"')
    problem(await town.office.get(f"{url}?language=ru"), 404, "not_found")


async def test_it_is_a_document_and_an_event_of_the_case(town: Town, extract: dict[str, Any]) -> None:
    id_ = await silent(town, extract)
    digests = {
        language: ok(await town.operator.post(f"/v1/cases/{id_}/certificate", {"language": language}), 201)["digest"]
        for language in LANGUAGES
    }
    assert len(set(digests.values())) == len(LANGUAGES)
    shown = shapes.CaseOut.model_validate(await town.case(id_))
    assert {d["digest"] for d in shown.documents if d["kind"] == "certificate"} == set(digests.values())
    stored = await town.store.events_of(UUID(id_))
    told = {e.payload["language"]: (e.payload["digest"], e.actor) for e in stored if e.type == "certificate.issued"}
    assert told == {language: (digest, "operator:dilnoza") for language, digest in digests.items()}
    assert verify(stored) is None
    page = await town.office.get(f"/v1/cases/{id_}/documents/{digests['ky']}")
    assert (page.status, page.headers["content-disposition"]) == (200, "attachment")
    assert hashlib.sha256(page.body).hexdigest() == digests["ky"]


async def test_two_at_once_issue_one(town: Town, extract: dict[str, Any]) -> None:
    id_ = await silent(town, extract)
    url = f"/v1/cases/{id_}/certificate"
    answers = await asyncio.gather(*(by.post(url, {"language": "en"}) for by in (town.office, town.operator) for _ in range(3)))
    assert sorted(a.status for a in answers) == [200] * 5 + [201]
    assert len({a.body for a in answers}) == 1
    stored = await town.store.events_of(UUID(id_))
    assert [e.type for e in stored].count("certificate.issued") == 1


async def test_who_may_and_what_is_wrong(town: Town, extract: dict[str, Any]) -> None:
    id_ = await silent(town, extract)
    url = f"/v1/cases/{id_}/certificate"
    problem(await town.by("other-key").post(url, {"language": "uz"}), 404, "not_found")
    problem(await town.by("clerk-key").post(url, {"language": "uz"}), 403, "forbidden")
    problem(await town.by("clerk-key").get(f"{url}?language=uz"), 403, "forbidden")
    wrong = await town.office.post(url, {"language": "de"})
    problem(wrong, 422, "bad_input")
    assert rules(wrong) == {("/language", "enum")}
    assert rules(await town.office.post(url, {})) == {("/language", "required")}
    assert rules(await town.office.post(url, {"language": "uz", "name": "x"})) == {("/name", "unknown_field")}
    assert rules(await town.office.get(f"{url}?language=")) == {("/language", "enum")}
    problem(await town.office.post(url, {"language": "uz"}, if_match='"1"'), 412, "moved")
    ok(await town.office.post(url, {"language": "uz"}), 201)
    problem(await town.by("other-key").get(f"{url}?language=uz"), 404, "not_found")


async def test_what_was_not_decided_by_silence_is_refused_in_every_language(town: Town, extract: dict[str, Any]) -> None:
    made = await town.submit(extract)
    await refused(town, made["id"], "not_tacit")
    assert ok(await town.office.get(f"/v1/cases/{made['id']}"))["documents"] == []


@pytest.mark.parametrize(("act", "code"), [(disputed, "tacit_disputed"), (replaced, "tacit_replaced")])
async def test_what_no_longer_stands_is_not_vouched_for(town: Town, extract: dict[str, Any], act: Any, code: str) -> None:
    id_ = await silent(town, extract)
    url = f"/v1/cases/{id_}/certificate"
    first = ok(await town.office.post(url, {"language": "uz"}), 201)
    await change(town, id_, act)
    await refused(town, id_, code)
    problem(await town.office.get(f"{url}?language=uz"), 409, code)
    assert (await town.office.get(f"/v1/cases/{id_}/documents/{first['digest']}")).status == 200
    if code == "tacit_disputed":
        (incident,) = [
            i for i in ok(await town.operator.get(f"/v1/incidents?case={id_}"))["items"] if i["kind"] == "clock_disputed"
        ]
        ok(await town.operator.post(f"/v1/incidents/{incident['id']}/resolve", {"reason": "the letter was dated wrongly"}))
        assert ok(await town.office.post(url, {"language": "uz"})) == first


async def refused(town: Town, id_: str, code: str) -> None:
    """It is refused under ``code``, each language has its own words for it, and nothing changes."""
    before = (await town.case(id_))["version"]
    said = set()
    for place, language in enumerate(LANGUAGES):
        answer = await town.office.post(f"/v1/cases/{id_}/certificate", {"language": "uz"}, accept_language=language)
        told = problem(answer, 409, code)
        assert told["title"] == CERTIFICATE_TITLES[code][place]
        (error,) = answer.json()["errors"]
        assert (error["code"], error["message"]) == (code, CERTIFICATE_RULES[code][place])
        said.add(error["message"])
    assert len(said) == len(LANGUAGES)
    assert (await town.case(id_))["version"] == before
