"""The page of a certificate: what it says in four languages, what it leaves out, and that nothing in it is markup."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import replace
from datetime import timedelta
from string import Formatter
from typing import Any

import lxml.html
import pytest

from gateway.application import certificate_texts as texts
from gateway.application.certificate import render
from gateway.application.derivation_words import tell
from gateway.application.languages import LANGUAGES
from gateway.domain import certificate
from gateway.domain.office import Office
from gateway.domain.service import Silence, Unit
from gateway.domain.term_rule import STARTS
from tests.unit.domain.test_certificate import silent
from tests.unit.domain.world import Walk

OPERATOR = "operator:dilnoza"
APPLICANT: dict[str, Any] = {
    "role": "applicant",
    "kind": "person",
    "identifier": "41203857100011",
    "name": {"family": "Namunayeva", "given": "Zulfiya", "patronymic": "Akmal qizi"},
    "birth_date": "1994-03-12",
    "address": {"territory": "1714401", "line": "Chinor koʻchasi, 12"},
}
CHILD = {"role": "subject", "kind": "person", "identifier": "51205227100018", "name": {"family": "Namunayeva", "given": "Lola"}}
FIRM = {"role": "applicant", "kind": "organisation", "identifier": "301234567", "title": "Namuna savdo MChJ"}
TITLE = {"uz": "Ruxsatnoma", "ru": "Разрешение", "ky": "Уруксат", "en": "Permit"}
OFFICE = {"uz": "Namangan markazi", "ru": "Центр Намангана", "ky": "Наманган борбору", "en": "Namangan centre"}
AUTHORITY = {"uz": "Vazirlik", "ru": "Министерство", "ky": "Министрлик", "en": "Ministry"}


def case(silence: Silence = Silence.GRANTED, *parties: Mapping[str, Any], **titles: Any) -> Walk:
    made = silent(silence)
    contacts = {"phone": "+998901234501", "email": "zulfiya@example.uz"}
    envelope = {
        "parties": parties or (APPLICANT, CHILD),
        "contacts": contacts,
        "form": {"territory": "1", "wish": "a secret wish"},
    }
    made.file.case.envelope = envelope
    office = Office("centre", titles.get("office", OFFICE), "1", "Asia/Tashkent", "UZ-5")
    agencies = {**made.rules.agencies, "ministry": replace(made.rules.agencies["ministry"], title=AUTHORITY)}
    service = replace(made.rules.service, title=titles.get("service", TITLE))
    made.rules = replace(made.rules, offices={"centre": office}, agencies=agencies, service=service)
    return made


def page(made: Walk, language: str = "en", by: str = OPERATOR) -> str:
    return render(made.file, certificate.standing(made.file), made.rules, language, by).decode()


def rows(html: str) -> dict[str, str]:
    """What stands in the table, by the id of its row."""
    tree = lxml.html.document_fromstring(html)
    return {row.attrib["id"]: str(row.xpath("string(td)")) for row in tree.xpath("//tr")}


def test_it_says_what_a_holder_needs() -> None:
    made = case()
    found = rows(page(made))
    assert found == {
        "number": "TEST-0001",
        "service": "Permit",
        "applicant": "Namunayeva Zulfiya Akmal qizi",
        "office": "Namangan centre",
        "authority": "Ministry",
        "decision": "granted by silence",
        "legal_basis": "an invented law, article 7",
        "received": "2026-12-07 10:00:00",
        "started": "2026-12-07 10:00:00 (receipt of the application)",
        "term": "5 working days, calendar UZ-5",
        "due": "2026-12-14 24:00",
        "recorded": "2026-12-15 00:01:00",
        "zone": "Asia/Tashkent",
        "issued": "2026-12-15 00:01:01, operator of the gateway dilnoza",
        "check": made.file.case.chain,
    }
    assert f"hash of event {made.file.case.seq} " in page(made)


@pytest.mark.parametrize("language", LANGUAGES)
@pytest.mark.parametrize("silence", [Silence.GRANTED, Silence.REFUSED])
def test_it_speaks_one_language_throughout(silence: Silence, language: str) -> None:
    made, place = case(silence), LANGUAGES.index(language)
    html = page(made, language, "client:front")
    tree = lxml.html.document_fromstring(html)
    assert tree.attrib["lang"] == language
    assert tree.findtext("head/title") == f"{texts.TITLE[place]} TEST-0001"
    assert [str(th.text) for th in tree.xpath("//th")] == [texts.LABELS[key][place] for key in rows(html)]
    due = "2026-12-14 24:00" if language == "en" else "14.12.2026 24:00"
    outcome = str(made.file.case.outcome)
    assert str(tree.xpath("string(//p[@class='effect'])")) == texts.EFFECTS[outcome][place].format(due=due)
    found = rows(html)
    assert (found["service"], found["office"], found["authority"]) == (TITLE[language], OFFICE[language], AUTHORITY[language])
    assert found["issued"].endswith(texts.ISSUERS["client"][place].format(name="front"))
    (clock,) = made.file.clocks.values()
    told = [tell(line, language) for line in clock.explanation]
    assert [str(li.text_content()) for li in tree.xpath("//ol/li")] == told and len(told) > 5


def test_it_leaves_out_all_other_personal_data() -> None:
    html = page(case(Silence.GRANTED, APPLICANT, CHILD, FIRM))
    assert rows(html)["applicant"] == "Namunayeva Zulfiya Akmal qizi; Namuna savdo MChJ"
    for secret in (
        "41203857100011",
        "51205227100018",
        "301234567",
        "Lola",
        "1994",
        "Chinor",
        "998901234501",
        "zulfiya@",
        "secret",
    ):
        assert secret not in html, secret


@pytest.mark.parametrize(
    "text", ["<script>alert(1)</script>", '"><img src=x onerror=alert(1)>', "</bdi></td></table><h1>granted</h1>", "&lt;b&gt;"]
)
def test_what_came_from_outside_is_text_and_never_markup(text: str) -> None:
    party = APPLICANT | {"name": {"family": text, "given": "Z"}}
    made = case(Silence.GRANTED, party, service={"en": text}, office={"en": text})
    made.file.case.number = text
    made.file.decisions[0] = replace(made.file.decisions[0], legal_basis=text, authority=text)
    html = page(made, by=f"operator:{text}")
    tree = lxml.html.document_fromstring(html)
    found = rows(html)
    assert (found["applicant"], found["service"], found["office"], found["authority"], found["legal_basis"], found["number"]) == (
        *(f"{text} Z", text, text, text, text, text),
    )
    assert found["issued"].endswith(text) and str(tree.findtext("head/title")).endswith(text)
    assert not tree.xpath("//script | //img | //@onerror") and len(tree.xpath("//h1")) == 1 and len(tree.xpath("//table")) == 1


def test_a_name_can_neither_turn_the_text_around_it_nor_break_the_page() -> None:
    made = case(Silence.GRANTED, APPLICANT | {"name": {"family": "\u202eavon", "given": "A\x00\x1b\u0085\ud800"}})
    html = page(made)
    (cell,) = re.findall(r'id="applicant">.*?<td>(.*?)</td>', html)
    assert cell == "<bdi>\u202eavon A   ?</bdi>"


def test_it_is_one_file_that_runs_nothing_and_loads_nothing() -> None:
    tree = lxml.html.document_fromstring(page(case()))
    assert not tree.xpath("//@src | //@href | //script | //link | //iframe | //form | //object")
    assert not [name for name in tree.xpath("//@*") if str(name).startswith(("http:", "https:", "//"))]
    style = str(tree.xpath("string(//style)"))
    assert "url(" not in style and "@import" not in style and "@page" in style
    (policy,) = tree.xpath("//meta[@http-equiv='Content-Security-Policy']/@content")
    assert policy.startswith("default-src 'none'")


def test_it_is_well_formed() -> None:
    html = page(case())
    body = re.sub(r"<meta ([^>]*)>", r"<meta \1/>", html.removeprefix("<!DOCTYPE html>\n"))
    parsed = lxml.html.etree.fromstring(body)  # type: ignore[attr-defined] # lxml.html has it, its stubs do not say so
    assert parsed.tag == "html"


def test_the_same_file_gives_the_same_bytes_and_what_is_missing_is_left_out() -> None:
    made = case()
    assert page(made) == page(made)
    made.file.decisions[0] = replace(made.file.decisions[0], legal_basis="")
    made.file.case.envelope = {}
    found = rows(page(made))
    assert "legal_basis" not in found and "applicant" not in found and found["number"] == "TEST-0001"


def test_a_title_that_lacks_the_language_is_told_in_another_and_a_place_that_is_gone_by_its_id() -> None:
    made = case(service={"uz": "Ruxsatnoma"})
    made.rules = replace(made.rules, offices={}, agencies={})
    found = rows(page(made, "ky"))
    assert (found["service"], found["office"], found["authority"]) == ("Ruxsatnoma", "centre", "ministry")


def test_an_end_within_the_day_is_told_to_the_second_in_the_zone_of_the_clock() -> None:
    made = case()
    at = made.file.decisions[0].date_given - timedelta(hours=1, seconds=5)
    made.file.decisions[0] = replace(made.file.decisions[0], date_given=at)
    ((id_, clock),) = made.file.clocks.items()
    term = {**clock.term, "unit": Unit.HOURS, "start": "payment"}
    made.file.clocks[id_] = replace(clock, term=term, time_zone="Asia/Bishkek")
    found = rows(page(made))
    assert found["due"] == "2026-12-14 23:59:55"
    assert found["started"] == "2026-12-07 11:00:00 (payment)" and found["term"].startswith("5 hours")


TABLES = {"labels": texts.LABELS, "effects": texts.EFFECTS, "triggers": texts.TRIGGERS, "issuers": texts.ISSUERS}


@pytest.mark.parametrize("name", [*TABLES, "single"])
def test_every_text_is_there_in_every_language_with_the_same_words_to_fill_in(name: str) -> None:
    single = {"title": texts.TITLE, "derivation": texts.DERIVATION, "calendar": texts.CALENDAR, "checking": texts.CHECKING}
    for key, four in TABLES.get(name, single).items():
        assert len(four) == len(LANGUAGES) and all(text.strip() for text in four), key
        assert len({frozenset(field for _, field, _, _ in Formatter().parse(text) if field) for text in four}) == 1, key


def test_every_trigger_of_a_term_has_its_words() -> None:
    assert set(STARTS) <= set(texts.TRIGGERS)
