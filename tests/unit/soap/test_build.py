"""The request builder: valid to the agency's XSD, the same as zeep's, and clear about what is wrong."""

from __future__ import annotations

import copy
import random
from typing import Any

import pytest
from lxml import etree

from adapters.soap.conformance import FULL, NS, SMALL, files
from gateway.sdk.soap import Contract, NotOfContract, marker, parse_xml
from tests.unit.soap.zeep_oracle import zeep_document

ORDER = f"{{{NS}}}OrderCopy"


@pytest.fixture(scope="module")
def contract() -> Contract:
    return Contract(files(), "archive.wsdl")


def build(contract: Contract, value: Any, documents: frozenset[str] = frozenset()) -> etree._Element:
    return parse_xml(contract.build(contract.element(ORDER), value, documents)[0].encode())


def canonical(node: etree._Element) -> Any:
    """Return the element without its prefixes."""
    return (node.tag, dict(node.attrib), node.text or "", [canonical(child) for child in node])


def for_zeep(value: Any) -> Any:
    """Return our JSON in zeep's words: attributes without the sign, text as ``_value_1``, choices by their element."""
    if isinstance(value, dict):
        return {("_value_1" if k == "#text" else k.removeprefix("@")): for_zeep(v) for k, v in value.items()}
    return [for_zeep(v) for v in value] if isinstance(value, list) else value


@pytest.mark.parametrize("value", [FULL, SMALL], ids=["full", "small"])
def test_the_envelope_is_the_one_that_zeep_makes(contract: Contract, value: dict[str, Any]) -> None:
    given = for_zeep(value)
    given.pop("Until", None)  # zeep leaves out a null where we write xsi:nil, which says more
    binding = next(iter(zeep_document(files(), "archive.wsdl").bindings.values()))
    if "Scan" in given:
        given["Scan"] = b"scan"
    serialized = binding.get("OrderCopy").create(**given).content
    theirs = serialized.find(f".//{ORDER}")
    ours = {k: v for k, v in value.items() if k != "Until"}
    assert canonical(build(contract, ours)) == canonical(theirs)


def test_a_null_is_nil_where_the_schema_allows_it_and_left_out_elsewhere(contract: Contract) -> None:
    made = build(contract, {**SMALL, "Until": None, "Fee": None, "Copies": None})
    assert made.find(f"{{{NS}}}Until").get("{http://www.w3.org/2001/XMLSchema-instance}nil") == "true"  # type: ignore[union-attr]
    assert made.find(f"{{{NS}}}Fee") is None
    assert made.find(f"{{{NS}}}Copies") is None


def test_the_order_of_keys_does_not_matter_and_the_bytes_are_always_the_same(contract: Contract) -> None:
    element = contract.element(ORDER)
    expected = contract.build(element, FULL)
    dice = random.Random(7)  # noqa: S311  - an order that can be repeated, not a secret
    for _ in range(5):
        keys = list(FULL)
        dice.shuffle(keys)
        assert contract.build(element, {k: FULL[k] for k in keys}) == expected
        assert Contract(files(), "archive.wsdl").build(element, FULL) == expected


def test_a_single_value_stands_for_a_list_of_one(contract: Contract) -> None:
    one = {"Family": "Синов", "Given": "Бек"}
    assert canonical(build(contract, {**SMALL, "Witness": one})) == canonical(build(contract, {**SMALL, "Witness": [one]}))


def test_the_other_branch_of_a_choice(contract: Contract) -> None:
    value = {k: v for k, v in SMALL.items() if k != "Number"}
    made = build(contract, {**value, "Year": "1961", "Place": "Наманган"})
    assert [etree.QName(c).localname for c in made][-2:] == ["Year", "Place"]


def changed(**changes: Any) -> dict[str, Any]:
    value = copy.deepcopy(SMALL)
    for key, item in changes.items():
        name = key.replace("__", "/")
        if item is ...:
            del value[name]
        else:
            value[name] = item
    return value


@pytest.mark.parametrize(
    ("value", "path", "says"),
    [
        (changed(MessageId=...), "/MessageId", "required"),
        ({**SMALL, "@lang": None}, "/@lang", "required"),
        (changed(Holdr={}), "/Holdr", "did you mean 'Holder'"),
        (changed(Holder={"Family": "А", "Given": "Б", "Age": 1}), "/Holder/Age", "no such field"),
        (changed(Holder="Синов"), "/Holder", "must be an object with Born, Family, Given"),
        (changed(Holder=[SMALL["Holder"]]), "/Holder", "not a list"),
        (changed(MessageId=5), "/MessageId", "must be text, not the number 5"),
        (changed(MessageId={"a": 1}), "/MessageId", "must be text, not an object"),
        (changed(Urgent="perhaps"), "/Urgent", "must be true or false"),
        (changed(Copies=1.5), "/Copies", "must be a whole number"),
        (changed(Copies=True), "/Copies", "must be a whole number, not true"),
        (changed(Copies=0), "/Copies", "positiveInteger"),
        (changed(Kind="letter"), "/Kind", "'deed', 'school'"),
        (changed(Number="ab-1"), "/Number", "pattern"),
        (changed(Holder={"Family": "А", "Given": "Б", "Born": "29.02.1980"}), "/Holder/Born", "xs:date"),
        (changed(Fee=5), "/Fee/@currency", "required"),
        (changed(Number=...), "", "one of Number, Place, Year is required"),
        (changed(Year="1961"), "/Year", "cannot stand beside Number"),
        (changed(Number=..., Year="1961"), "/Place", "required"),
        (changed(Witness=[{"Family": "А", "Given": "Б"}] * 4), "/Witness", "more values than the 3"),
        (changed(Witness=[{"Family": "А", "Given": "Б"}, {"Family": "В"}]), "/Witness/1/Given", "required"),
        (changed(Witness=[{"Family": "А", "Given": "Б"}, {"Family": "В", "Given": "Г", "Born": "x"}]), "/Witness/1/Born", "date"),
        (changed(Scan="не base64"), "/Scan", "base64"),
        (changed(Scan={"name": "scan.pdf"}), "/Scan", "digest"),
        (changed(Scan={"digest": "ab" * 32}), "/Scan", "none of this application's"),
        (changed(MessageId="bell \x07"), "", "character that XML cannot carry"),
        (changed(MessageId="half \ud800"), "", "surrogate"),
        ([SMALL], "", "must be an object"),
        (None, "/@lang", "required"),
    ],
)
def test_what_the_schema_forbids_is_named(contract: Contract, value: Any, path: str, says: str) -> None:
    with pytest.raises(NotOfContract) as caught:
        contract.build(contract.element(ORDER), value)
    assert caught.value.path == path
    assert says in caught.value.reason


def test_values_are_escaped_not_interpreted(contract: Contract) -> None:
    text = '</n1:MessageId>\r\n\t<x a="1"/>&amp;]]>'
    made = build(contract, {**SMALL, "MessageId": text, "@channel": text})
    assert contract.read(made)["MessageId"] == text
    assert contract.read(made)["@channel"] == text


def test_a_document_stands_as_a_marker_that_is_valid_base64(contract: Contract) -> None:
    digest = "0123456789abcdef" * 4
    text, used = contract.build(contract.element(ORDER), {**SMALL, "Scan": {"digest": digest, "name": "x"}}, frozenset([digest]))
    assert used == [digest]
    assert f">{marker(digest)}<" in text
    assert marker(digest) != marker("f" * 64)


def test_a_wrong_value_is_not_repeated_in_what_is_said_of_it(contract: Contract) -> None:
    for value in (changed(Number="AB-Синов' is not"), changed(Holder={"Family": "А", "Given": "Б", "Born": "Синов"})):
        with pytest.raises(NotOfContract) as caught:
            contract.build(contract.element(ORDER), value)
        assert "Синов" not in str(caught.value)
