"""Random schemas with random documents: what is built is valid, and what is valid reads back to the same data."""

from __future__ import annotations

from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, note, settings
from hypothesis import strategies as st
from lxml import etree

from gateway.sdk.soap.build import Builder
from gateway.sdk.soap.documents import SchemaDocument
from gateway.sdk.soap.errors import NoExample
from gateway.sdk.soap.example import Examples
from gateway.sdk.soap.read import Reader
from gateway.sdk.soap.validate import Validator
from gateway.sdk.soap.xsd import Schemas
from tests.unit.soap.random_schemas import NS, Planner, Writer, schema_of

# The same documents on every run. For a longer search raise max_examples and switch derandomize off.
SETTINGS = settings(
    max_examples=300,
    deadline=None,
    derandomize=True,
    database=None,
    report_multiple_bugs=False,
    phases=[Phase.explicit, Phase.generate, Phase.shrink],
    suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.large_base_example],
)


class Compiled:
    def __init__(self, xsd: str) -> None:
        documents = [SchemaDocument("records.xsd", etree.fromstring(xsd), NS)]
        self.validator = Validator(documents)
        self.schemas = Schemas(documents)
        self.root = self.schemas.element(f"{{{NS}}}Root")
        self.builder = Builder(self.schemas)
        self.reader = Reader(self.schemas)

    def build(self, value: Any) -> etree._Element:
        node = etree.fromstring(self.builder.build(self.root, value)[0])
        assert self.validator.mistakes(node) == []
        return node

    def read(self, node: etree._Element) -> Any:
        return self.reader.read(node, self.root)


@given(st.data())
@SETTINGS
def test_a_valid_document_reads_as_its_data_and_the_data_builds_a_valid_document_again(data: st.DataObject) -> None:
    plan = Planner(data.draw).plan()
    xsd = schema_of(plan)
    note(xsd)
    compiled = Compiled(xsd)
    for _ in range(3):
        text, value = Writer(plan, data.draw).root()
        node = etree.fromstring(text)
        assert compiled.validator.mistakes(node) == []
        assert compiled.read(node) == value
        assert compiled.read(compiled.build(value)) == value


@given(st.data())
@SETTINGS
def test_examples_are_valid_and_read_back_as_they_are(data: st.DataObject) -> None:
    xsd = schema_of(Planner(data.draw).plan())
    compiled = Compiled(xsd)
    note(xsd)
    for full in (False, True):
        try:
            value = Examples(compiled.schemas).of(compiled.root, full=full)
        except NoExample:
            pytest.fail("every type of these schemas has a value")
        note(str(value))
        assert compiled.read(compiled.build(value)) == value
