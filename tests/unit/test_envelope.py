"""What the front office sends: every broken rule is told at once, with pointer, code and words in four languages."""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID

import pytest

from gateway.application.context import ROOTS, STEP_KEYS, mapping_input
from gateway.application.envelope import MAX_BYTES, CheckedApplication, check_application
from gateway.application.languages import LANGUAGES
from gateway.application.messages import RULES, localise, problem
from gateway.application.pins import PinUnreadable, agency_from_pin, service_from_pin
from gateway.application.unique import unique_hash
from gateway.domain.case import Case, CaseStatus, Fact, FactKind
from gateway.domain.catalogue import Catalogue
from gateway.domain.errors import BadInput, Problem
from gateway.domain.office import Office
from gateway.domain.request import Request, RequestStatus
from gateway.domain.service import Expression, Service

NOW = datetime(2026, 11, 2, 5, 0, tzinfo=UTC)
FORM = {
    "type": "object",
    "additionalProperties": False,
    "required": ["area"],
    "properties": {
        "area": {"type": "number", "exclusiveMinimum": 0, "maximum": 100},
        "kind": {"enum": ["house", "land"]},
        "since": {"type": "string", "format": "date"},
        "at": {"type": "string", "format": "date-time"},
        "code": {"type": "string", "pattern": "^[A-Z]{2}$", "minLength": 2, "maxLength": 2},
        "names": {"type": "array", "items": {"type": "string"}, "minItems": 1, "maxItems": 2, "uniqueItems": True},
        "step": {"multipleOf": 5, "exclusiveMaximum": 50, "minimum": 0},
        "fixed": {"const": "yes"},
        "either": {"oneOf": [{"type": "string"}, {"type": "boolean"}]},
        "listed": {"contains": {"const": 1}},
    },
}
CATALOGUE = Catalogue(
    {
        "garden-permit": Service(
            "garden-permit", "1", {}, FORM, (), Expression("null"), channels=("counter", "portal"),
            roles=("applicant", "representative"), digest="test-envelope-garden-permit"
        )
    },
    {"river-center": Office("river-center", {}, "1700001", "Asia/Tashkent", "UZ-5")},
    {},
    "",
)  # fmt: skip
PERSON = {
    "role": "applicant",
    "kind": "person",
    "identifier": "99900000000001",
    "name": {"family": "Namunayeva", "given": "Sinov"},
    "birth_date": "1990-01-31",
    "address": {"territory": "1700001", "line": "Sinov koʻchasi, 1"},
}
AGENT = PERSON | {
    "role": "representative",
    "authority": {"kind": "power_of_attorney", "document": "No. 7", "scope": "permits", "valid_until": "2026-11-02"},
}
FIRM = {"role": "applicant", "kind": "organisation", "identifier": "999000001", "title": "Namuna MCHJ"}
GOOD: dict[str, Any] = {
    "service": "garden-permit",
    "office": "river-center",
    "channel": "counter",
    "reference": "R-1",
    "taken_at": "2026-11-02T09:30:00+05:00",
    "territory": "1700001",
    "language": "uz",
    "contacts": {"phone": "+998901234567", "email": "sinov@example.uz"},
    "parties": [PERSON],
    "documents": [{"kind": "passport", "digest": "a" * 64, "name": "p.pdf", "media_type": "application/pdf", "origin": "scan"}],
    "relates_to": {"case": "NAM-1", "kind": "appeal"},
    "form": {"area": 3.5},
}
GONE = object()


def sent(**changes: Any) -> bytes:
    return json.dumps({k: v for k, v in (GOOD | changes).items() if v is not GONE}).encode()


def check(raw: bytes) -> CheckedApplication:
    return check_application(raw, CATALOGUE, NOW)


def problems(raw: bytes) -> list[tuple[str, str]]:
    with pytest.raises(BadInput) as caught:
        check(raw)
    for found in caught.value.problems:
        assert found.code in RULES
        assert "{wanted}" not in found.message
        assert len({localise(found, language) for language in LANGUAGES}) == 4
    return [(p.pointer, p.code) for p in caught.value.problems]


def test_a_good_application_is_returned_as_it_was_sent() -> None:
    checked = check(sent())
    assert checked.service == "garden-permit"
    assert checked.envelope == GOOD
    assert checked.taken_at == datetime(2026, 11, 2, 4, 30, tzinfo=UTC)
    assert checked.taken_at.tzinfo is UTC


@pytest.mark.parametrize(
    "changes",
    [
        {"reference": GONE, "contacts": GONE, "documents": GONE, "relates_to": GONE},
        {"parties": [FIRM, PERSON, AGENT]},
        {"taken_at": "2026-11-02T04:30:00.123Z"},
        {"taken_at": "2026-11-02t04:30:00z"},
        {"taken_at": "2026-11-02T05:05:00Z"},
        {"documents": [{"kind": "passport", "origin": "paper", "compared_by": "clerk 7"}]},
    ],
)
def test_what_is_allowed(changes: dict[str, Any]) -> None:
    check(sent(**changes))


@pytest.mark.parametrize(
    ("raw", "code"),
    [
        (b"", "syntax"),
        (b"{", "syntax"),
        (b"\xff\xfe{}", "encoding"),
        (b'{"service": "\xc3"}', "encoding"),
        (sent().replace(b'"office"', b'"service"'), "duplicate_key"),
        (sent().replace(b"3.5", b"NaN"), "number"),
        (sent().replace(b"3.5", b"1e999"), "number"),
        (b"[" * 1000 + b"]" * 1000, "depth"),
        (b'{"a":' * 100 + b"1" + b"}" * 100, "depth"),
        (sent(reference="\ud800"), "text"),
        (b'{"reference": "\\u0000"}', "text"),
        (b" " * (MAX_BYTES + 1), "too_large"),
        (b"[]", "type"),
        (b'"text"', "type"),
        (b"null", "type"),
    ],
)
def test_what_is_no_json_object_is_refused(raw: bytes, code: str) -> None:
    assert problems(raw) == [("", code)]


@pytest.mark.parametrize(
    ("changes", "expected"),
    [
        ({"service": GONE}, ("/service", "required")),
        ({"service": "fishing"}, ("/service", "unknown_service")),
        ({"service": 3}, ("/service", "type")),
        ({"service": None}, ("/service", "type")),
        ({"office": "sea"}, ("/office", "unknown_office")),
        ({"office": ["river-center"]}, ("/office", "type")),
        ({"channel": "mobile"}, ("/channel", "channel_not_allowed")),
        ({"channel": "fax"}, ("/channel", "enum")),
        ({"language": "tg"}, ("/language", "enum")),
        ({"territory": "Namangan"}, ("/territory", "pattern")),
        ({"territory": 1700001}, ("/territory", "type")),
        ({"taken_at": "2026-11-02T09:30:00"}, ("/taken_at", "time")),
        ({"taken_at": "2026-11-02"}, ("/taken_at", "time")),
        ({"taken_at": "2026-12-31T23:59:60Z"}, ("/taken_at", "time")),
        ({"taken_at": "0001-01-01T00:00:00+05:00"}, ("/taken_at", "time")),
        ({"taken_at": "9999-12-31T23:59:59-05:00"}, ("/taken_at", "time")),
        ({"taken_at": "2026-11-02T05:05:01Z"}, ("/taken_at", "future")),
        ({"taken_at": True}, ("/taken_at", "type")),
        ({"surprise": 1}, ("/surprise", "unknown_field")),
        ({"a/b~c": 1}, ("/a~1b~0c", "unknown_field")),
        ({"reference": ""}, ("/reference", "too_short")),
        ({"reference": "x" * 201}, ("/reference", "too_long")),
        ({"contacts": {"phone": "901234567"}}, ("/contacts/phone", "pattern")),
        ({"contacts": {"email": "nobody"}}, ("/contacts/email", "format")),
        ({"documents": [{"kind": "x", "digest": "A" * 64}]}, ("/documents/0/digest", "pattern")),
        ({"relates_to": {"case": "NAM-1", "kind": "sequel"}}, ("/relates_to/kind", "enum")),
        ({"parties": []}, ("/parties", "too_few")),
        ({"parties": [PERSON | {"role": "subject"}, PERSON]}, ("/parties/0/role", "role_not_allowed")),
        ({"parties": [AGENT]}, ("/parties", "no_applicant")),
        ({"parties": [PERSON | {"role": "friend"}, PERSON]}, ("/parties/0/role", "enum")),
        ({"parties": [PERSON | {"title": "x"}]}, ("/parties/0/title", "unknown_field")),
        ({"parties": [{k: v for k, v in PERSON.items() if k != "name"}]}, ("/parties/0/name", "required")),
        ({"parties": [{k: v for k, v in PERSON.items() if k != "identifier"}]}, ("/parties/0/identifier", "required")),
        ({"parties": [{k: v for k, v in FIRM.items() if k != "title"}]}, ("/parties/0/title", "required")),
        ({"parties": [PERSON | {"birth_date": "1990-02-30"}]}, ("/parties/0/birth_date", "format")),
        ({"parties": [PERSON, PERSON | {"role": "representative"}]}, ("/parties/1/authority", "required")),
        ({"parties": [PERSON, AGENT | {"authority": {"kind": "parent"}}]}, ("/parties/1/authority/document", "required")),
        (
            {"parties": [PERSON, AGENT | {"authority": AGENT["authority"] | {"valid_until": "2026-11-01"}}]},  # type: ignore[operator]
            ("/parties/1/authority/valid_until", "authority_expired"),
        ),
        ({"form": GONE}, ("/form", "required")),
        ({"form": []}, ("/form", "type")),
        ({"form": {}}, ("/form/area", "required")),
        ({"form": {"area": "3"}}, ("/form/area", "type")),
        ({"form": {"area": True}}, ("/form/area", "type")),
        ({"form": {"area": 0}}, ("/form/area", "above")),
        ({"form": {"area": 101}}, ("/form/area", "maximum")),
        ({"form": {"area": 1, "kind": "boat"}}, ("/form/kind", "enum")),
        ({"form": {"area": 1, "since": "2026-02-30"}}, ("/form/since", "format")),
        ({"form": {"area": 1, "at": "2026-02-03"}}, ("/form/at", "time")),
        ({"form": {"area": 1, "code": "ab"}}, ("/form/code", "pattern")),
        ({"form": {"area": 1, "names": []}}, ("/form/names", "too_few")),
        ({"form": {"area": 1, "names": ["a", "b", "c"]}}, ("/form/names", "too_many")),
        ({"form": {"area": 1, "names": ["a", "a"]}}, ("/form/names", "repeated")),
        ({"form": {"area": 1, "names": ["a", 1]}}, ("/form/names/1", "type")),
        ({"form": {"area": 1, "step": 7}}, ("/form/step", "multiple")),
        ({"form": {"area": 1, "step": 50}}, ("/form/step", "below")),
        ({"form": {"area": 1, "step": -5}}, ("/form/step", "minimum")),
        ({"form": {"area": 1, "fixed": "no"}}, ("/form/fixed", "const")),
        ({"form": {"area": 1, "either": 3}}, ("/form/either", "alternatives")),
        ({"form": {"area": 1, "listed": [2]}}, ("/form/listed", "schema")),
        ({"form": {"area": 1, "x": 2}}, ("/form/x", "unknown_field")),
    ],
)
def test_a_broken_rule_is_told_with_its_pointer(changes: dict[str, Any], expected: tuple[str, str]) -> None:
    assert problems(sent(**changes)) == [expected]


def test_all_problems_are_told_together() -> None:
    found = problems(
        sent(service=GONE, office="sea", channel="fax", parties=[{"role": "applicant", "kind": "person"}], form={"area": -1}, x=1)
    )
    assert set(found) == {
        ("/service", "required"),
        ("/office", "unknown_office"),
        ("/channel", "enum"),
        ("/parties/0/name", "required"),
        ("/parties/0/identifier", "required"),
        ("/x", "unknown_field"),
    }


def test_at_most_a_hundred_problems_are_told() -> None:
    assert len(problems(sent(**{f"x{i}": 1 for i in range(500)}))) == 100


def test_what_was_sent_is_not_repeated() -> None:
    with pytest.raises(BadInput) as caught:
        check(sent(territory="a-personal-value", form={"area": 1, "kind": "another-personal-value"}))
    assert "personal" not in str(caught.value)


def test_messages_speak_four_languages() -> None:
    found = problem("/form/area", "minimum", wanted="3")
    assert [localise(found, language) for language in LANGUAGES] == ["eng kami 3", "не меньше 3", "эң азы 3", "at least 3"]
    assert localise(found, "fr") == "at least 3"
    assert localise(Problem("", "no_such_rule", "as it is"), "uz") == "as it is"
    assert localise(Problem("", "minimum", "made elsewhere"), "uz") == "made elsewhere"
    for code, texts in RULES.items():
        names = [{word for word in ("{name}", "{wanted}") if word in text} for text in texts]
        assert all(n == names[0] for n in names), code
        assert not any("а" <= letter.lower() <= "я" for letter in texts[0]), code
        assert texts[3].isascii(), code


def case(**changes: Any) -> Case:
    envelope = GOOD | {"parties": [FIRM, PERSON, AGENT]} | changes
    return Case(
        id=UUID(int=1), number="NAM-1", client="c", service="garden-permit", service_version="1", pin="", office="river-center",
        channel="counter", reference="R-1", language="uz", territory="1700001", envelope=envelope, status=CaseStatus.IN_PROGRESS,
        taken_at=NOW, received_at=NOW,
    )  # fmt: skip


def request(step: str, status: RequestStatus, **changes: Any) -> Request:
    ids = {"id": UUID(int=2), "case_id": UUID(int=1), "message_id": UUID(int=3)}
    return Request(**ids, step=step, agency="a", operation="o", status=status, created_at=NOW, **changes)  # type: ignore[arg-type]


def test_what_expressions_see() -> None:
    done = request(
        "check", RequestStatus.COMPLETED, data={"found": True, "progress": {"code": "p", "text": ""}}, reference="ref",
        outcome={"outcome": "completed", "decided_at": NOW.isoformat()},
    )  # fmt: skip
    old = request("permit", RequestStatus.SUPERSEDED, data={"old": True})
    refused = request("permit", RequestStatus.REFUSED, branch="south", outcome={"code": "R", "reason": "no", "legal_basis": ""})
    facts = [
        Fact(FactKind.PAYMENT, NOW, NOW, "c", {"receipt": "7"}),
        Fact(FactKind.SUPPLEMENT, NOW, NOW, "c", {"step": "permit", "what": "plan", "data": {"n": 1}, "documents": []}),
        Fact(FactKind.SUPPLEMENT, NOW, NOW, "c", {"step": "check", "what": "photo", "data": {"n": 2}, "documents": []}),
    ]
    seen = mapping_input(case(), [done, old, refused], facts, refused)
    assert set(seen) == ROOTS
    assert seen["application"]["reference"] == "R-1"
    assert not {"parties", "form"} & seen["application"].keys()
    assert seen["applicants"] == [FIRM, PERSON]
    assert (seen["applicant"], seen["subject"], seen["representative"]) == (FIRM, None, AGENT)
    assert seen["form"] == {"area": 3.5}
    assert seen["case"] == {"number": "NAM-1", "received_at": "2026-11-02T05:00:00+00:00"}
    assert seen["steps"] == {
        "check": {
            "status": "completed",
            "data": {"found": True},
            "progress": {"code": "p", "text": ""},
            "reference": "ref",
            "decided_at": NOW.isoformat(),
        },
        "permit": {"status": "refused", "refusal": {"code": "R", "reason": "no"}},
    }
    assert all(set(step) <= STEP_KEYS for step in seen["steps"].values())
    assert seen["facts"] == {"payment": {"at": NOW.isoformat(), "data": {"receipt": "7"}}}
    assert seen["supplement"]["what"] == "plan"  # its own step's goes before a later one
    assert seen["request"] == {"message_id": str(UUID(int=3)), "reference": "", "step": "permit", "branch": "south"}
    assert json.loads(json.dumps(seen)) == seen


def test_without_a_request_the_latest_supplement_is_seen() -> None:
    facts = [Fact(FactKind.SUPPLEMENT, NOW, NOW, "c", {"step": s}) for s in ("a", "b")]
    seen = mapping_input(case(), [], facts)
    assert seen["supplement"] == {"step": "b"}
    assert "request" not in seen
    assert mapping_input(case(), [], [])["supplement"] is None
    assert mapping_input(case(), [], facts, request("c", RequestStatus.READY))["supplement"] == {"step": "b"}


def test_unique_hashes_are_keyed_and_tell_nothing() -> None:
    one = unique_hash(b"secret", "garden-permit", ["99900000000001", {"b": 1, "a": 2}])
    assert one == unique_hash(b"secret", "garden-permit", ["99900000000001", {"a": 2, "b": 1}])
    others = [
        unique_hash(b"other", "garden-permit", ["99900000000001", {"b": 1, "a": 2}]),
        unique_hash(b"secret", "another", ["99900000000001", {"b": 1, "a": 2}]),
        unique_hash(b"secret", "garden-permit", ["99900000000002", {"b": 1, "a": 2}]),
        unique_hash(b"secret", "garden-permit", [None, {"b": 1, "a": 2}]),
    ]
    assert len({one, *others}) == 5
    assert len(one) == 64
    assert unique_hash(b"secret", "garden-permit", [None, None]) == ""


@pytest.mark.parametrize(
    "raw", [b"", b"[]", b'{"kind": "agency", "format": 1}', b'{"kind": "service", "format": 9, "service": {}}']
)
def test_what_is_no_pin_is_refused(raw: bytes) -> None:
    with pytest.raises(PinUnreadable):
        service_from_pin(raw)


def test_a_pin_with_a_part_missing_is_refused() -> None:
    with pytest.raises(PinUnreadable, match="KeyError"):
        service_from_pin(b'{"kind": "service", "format": 1, "service": {}}')
    with pytest.raises(PinUnreadable, match="KeyError"):
        agency_from_pin(b'{"kind": "agency", "format": 1, "agency": {}}')


def test_the_time_is_the_gateways() -> None:
    raw = sent(taken_at="2026-11-02T05:05:01Z")
    with pytest.raises(BadInput):
        check_application(raw, CATALOGUE, NOW)
    check_application(raw, CATALOGUE, NOW + timedelta(seconds=1))
