"""Schemas of every awkward shape: the body of a value, what it reads as, and the mistake of a wrong value."""

from __future__ import annotations

from typing import Any

import pytest

from gateway.sdk.soap import NotOfContract, parse_xml
from tests.contract.onboard import SOAP, built, canonical, contract_of, read

TREES = 'xmlns="urn:orchards:types" xmlns:o="urn:orchards:types" xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
F = 'xmlns="http://ferries.example/types"'
SOUND: list[tuple[str, str, Any, str]] = [
    ("orchards", "Plot", {"Number": "12:34"}, f"<Plot {TREES}><Number>12:34</Number></Plot>"),
    (
        "orchards",
        "Plot",
        {"Number": "12:34", "Area": 1.5, "Unit": "ha", "Corner": ["a", "b"], "Angle": [90, -1]},
        f"<Plot {TREES}><Number>12:34</Number><Area>1.5</Area><Unit>ha</Unit>"
        "<Corner>a</Corner><Angle>90</Angle><Corner>b</Corner><Angle>-1</Angle></Plot>",
    ),
    (
        "orchards",
        "Harvest",
        {"@season": "2025", "Other": "plums", "Amount": 3},
        f'<Harvest {TREES} o:season="2025"><Other>plums</Other><Amount>3</Amount></Harvest>',
    ),
    (
        "orchards",
        "Owner",
        {"Who": {"Name": "A", "Phone": "1"}},
        f"<Owner {TREES}><Who><Name>A</Name><Phone>1</Phone></Who></Owner>",
    ),
    (
        "orchards",
        "Trees",
        {
            "AppleTree": [{"Age": 3}],
            "PearTree": [{"Age": 4, "Grafted": True}],
            "Pest": [
                {"@xsi:type": "Moth", "Since": "2020-01-01", "Wings": 2},
                {"@xsi:type": "Fungus", "@colour": "red", "Since": "2020-01-02"},
            ],
        },
        f"<Trees {TREES}><AppleTree><Age>3</Age></AppleTree><PearTree><Age>4</Age><Grafted>true</Grafted></PearTree>"
        '<Pest xsi:type="o:Moth"><Since>2020-01-01</Since><Wings>2</Wings></Pest>'
        '<Pest xsi:type="o:Fungus" colour="red"><Since>2020-01-02</Since></Pest></Trees>',
    ),
    (
        "orchards",
        "Visit",
        {"At": "2020-01-01T00:00:00Z", "Took": "PT1H", "Twice": {"First": "a"}},
        f"<Visit {TREES}><At>2020-01-01T00:00:00Z</At><Took>PT1H</Took><Twice><First>a</First></Twice></Visit>",
    ),
    (
        "orchards",
        "Odd",
        {"Code": "any", "Vague": {"A": ["x", "y"]}},
        f"<Odd {TREES}><Code>any</Code><Vague><A>x</A><A>y</A></Vague></Odd>",
    ),
    (
        "ferries",
        "Book",
        {"From": "AB-1", "Seats": 2, "Remark": {"@lang": "uz", "#text": "deraza"}, "Captain": {"Badge": 7}},
        f'<Book {F}><From>AB-1</From><Seats>2</Seats><Remark xml:lang="uz">deraza</Remark>'
        '<Captain><Badge xmlns="">7</Badge></Captain></Book>',
    ),
    ("ferries", "Honk", {"Times": 3}, f"<Honk {F}><Times>3</Times></Honk>"),
    ("ferries", "Book-Harbour", {"On": "2026-01-02"}, f"<Tide {F}><On>2026-01-02</On></Tide>"),
    (
        "granary",
        "СдатьЗерно",
        {"Вид": "рожь", "Тонн": 2.5},
        '<Зерно xmlns="urn:амбар:услуги"><Вид>рожь</Вид><Тонн>2.5</Тонн></Зерно>',
    ),
    ("vineyards", "Déclarer", {"Cépage": "Gewürz"}, '<Récolte xmlns="urn:vineyards"><Cépage>Gewürz</Cépage></Récolte>'),
    ("reindeer", "Count", {"Голов": 12}, '<Стадо xmlns="urn:reindeer"><Голов>12</Голов></Стадо>'),
]


@pytest.mark.parametrize(("agency", "operation", "value", "body"), SOUND, ids=lambda v: v if isinstance(v, str) else "")
def test_the_body_of_a_value_and_the_value_of_a_body(agency: str, operation: str, value: Any, body: str) -> None:
    contract = contract_of(agency)
    assert canonical(built(contract, operation, value)) == canonical(body)
    assert read(contract, operation, body) == value


WRONG = [
    ("Plot", {"Number": "12:34", "Area": 1.5}, "/Unit", "required"),
    ("Plot", {"Number": "12:34", "Corner": ["a", "b"], "Angle": [90]}, "/Angle", "at least 1"),
    ("Plot", {"Number": "12:3"}, "/Number", "pattern"),
    ("Plot", {"Number": "12:34", "Area": 1.5, "Unit": "acre"}, "/Unit", "enumeration"),
    ("Harvest", {"@season": "2025"}, "", "one of Amount, Apples, Other, Pears is required"),
    ("Harvest", {"@season": "2025", "Apples": 1, "Pears": 2}, "/Pears", "cannot stand beside Apples"),
    ("Harvest", {"@season": "2025", "Other": "x"}, "/Amount", "required"),
    ("Harvest", {"Apples": 1}, "/@season", "required"),
    ("Harvest", {"@season": "2025", "Apples": 0}, "/Apples", "minExclusive"),
    ("Harvest", {"@season": "2025", "Apples": 1001}, "/Apples", "maxInclusive"),
    ("Harvest", {"@season": "2025", "Apples": 1.234}, "/Apples", "fractionDigits"),
    ("Harvest", {"@season": "2025", "Apples": 1, "Picker": ["ab", "abcdef"]}, "/Picker/1", "maxLength"),
    ("Harvest", {"@season": "2025", "Apples": 1, "Picker": ["ab", "abc", "abcd"]}, "/Picker", "more values"),
    ("Owner", {"Who": {"Name": "a"}}, "/Who/Phone", "required"),
    ("Trees", {"Tree": [{"Age": 3}]}, "/Tree", "no such field"),
    ("Trees", {}, "", "one of AppleTree, PearTree is required"),
    ("Trees", {"AppleTree": [{"Age": 3}], "Pest": [{"Since": "2020-01-01"}]}, "/Pest/0", "@xsi:type must name"),
    ("Visit", {"At": "2020-01-01T00:00:00Z", "Took": "PT1H", "Twice": {"Second": "a"}}, "/Twice/Second", "there is First"),
    ("Notes", {"Title": "t", "remark": "1"}, "/remark", "not expected"),
    ("Odd", {"Code": "abcde", "Vague": {"A": ["x"]}}, "/Code", "maxLength"),
]


@pytest.mark.parametrize(("operation", "value", "path", "says"), WRONG, ids=lambda v: v if isinstance(v, str) else "")
def test_a_wrong_value_is_told_with_its_path(operation: str, value: Any, path: str, says: str) -> None:
    with pytest.raises(NotOfContract, match=says) as caught:
        built(contract_of("orchards"), operation, value)
    assert caught.value.path == path


@pytest.mark.parametrize(
    ("operation", "value", "path"),
    [
        ("Book", {"From": "ab", "Seats": 2}, "/From"),
        ("Book", {"From": "AB-1", "Seats": 10}, "/Seats"),
        ("Book", {"From": "AB-1", "Seats": 1, "Remark": {"#text": "x"}}, "/Remark/@lang"),
        ("Book", {"From": "AB-1", "Seats": 1, "Captain": {"Badge": 0}}, "/Captain/Badge"),
        ("Honk", {"Times": 300}, "/Times"),
    ],
)
def test_schemas_that_nobody_imports_are_enforced_all_the_same(operation: str, value: Any, path: str) -> None:
    with pytest.raises(NotOfContract) as caught:
        built(contract_of("ferries"), operation, value)
    assert caught.value.path == path


def test_an_operation_whose_port_type_gives_it_no_input_sends_an_empty_body() -> None:
    contract = contract_of("ferries")
    assert built(contract, "Ping", None) == ""
    assert read(contract, "Ping", f"<TideTable {F}><High>06:00:00</High></TideTable>", reply=True) == {"High": ["06:00:00"]}


def test_one_way_operations_have_no_reply() -> None:
    contract = contract_of("ferries")
    assert contract.reply(contract.operations["Honk"]) is None
    assert contract.operations["Book"].headers == ("{http://ferries.example/types}Caller",)


def test_open_content_is_read_whatever_it_is() -> None:
    body = f'<Notes {TREES}><Title>t</Title><r:Rain xmlns:r="urn:rain"><r:Mm>4</r:Mm></r:Rain></Notes>'
    contract = contract_of("orchards")
    contract.validate(parse_xml(body.encode()))
    assert read(contract, "Notes", body) == {"Title": "t", "Rain": {"Mm": "4"}}


def test_a_message_that_carries_its_own_schema() -> None:
    contract = contract_of("tables")
    body = (
        '<GetTableResponse xmlns="http://tables.example/"><GetTableResult>'
        '<xs:schema id="d" xmlns="" xmlns:xs="http://www.w3.org/2001/XMLSchema"><xs:element name="d"/></xs:schema>'
        '<g:diffgram xmlns:g="urn:schemas-microsoft-com:xml-diffgram-v1"><d xmlns="">'
        '<T g:id="1"><h>4</h></T><T g:id="2"><h>5</h></T></d></g:diffgram></GetTableResult></GetTableResponse>'
    )
    contract.validate(parse_xml(body.encode()))
    rows = read(contract, "GetTable", body, reply=True)["GetTableResult"]["diffgram"]["d"]["T"]
    assert rows == [{"@id": "1", "h": "4"}, {"@id": "2", "h": "5"}]


def test_a_wrong_enumeration_is_told_in_the_contracts_own_letters() -> None:
    with pytest.raises(NotOfContract, match=r"'рожь', 'пшеница'") as caught:
        built(contract_of("granary"), "СдатьЗерно", {"Вид": "овёс", "Тонн": 1})
    assert caught.value.path == "/Вид"


def test_the_files_are_in_the_bytes_that_they_say() -> None:

    assert "рожь".encode("cp1251") in (SOAP / "granary" / "granary.wsdl").read_bytes()
    assert "Gewürz".encode("latin-1") in (SOAP / "vineyards" / "vineyards.wsdl").read_bytes()
    assert (SOAP / "reindeer" / "reindeer.wsdl").read_bytes()[:2] == b"\xff\xfe"
