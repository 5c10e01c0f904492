"""The reference catalogue has no mistakes, by every adapter's own check too."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path

import pytest

from gateway.application.pins import agency_from_pin, pin_agency, pin_service, service_from_pin
from gateway.catalogue.loader import Checked, check_catalogue
from gateway.catalogue.plugins import find_adapters
from gateway.catalogue.report import as_text

ROOT = Path(__file__).parents[3]


@pytest.fixture(scope="module")
def checked() -> Checked:
    return check_catalogue(ROOT, environ={}, adapters=find_adapters())


def test_it_has_no_mistakes(checked: Checked) -> None:
    assert not checked.mistakes, as_text(checked.mistakes)
    assert {w.key for w in checked.warnings} <= {"endpoint"}  # where the agencies are is the deployment's to say


def test_it_is_pinned_and_read_back(checked: Checked) -> None:
    for service in checked.catalogue.services.values():
        assert service_from_pin(pin_service(service)) == service
    for agency in checked.catalogue.agencies.values():
        assert agency_from_pin(pin_agency(agency)) == agency  # no endpoint is set here


def test_a_worker_reads_a_contract_without_the_catalogues_reader() -> None:
    code = "import sys, json, gateway.application.pins; print(json.dumps(sorted(sys.modules)))"
    out = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, cwd=ROOT).stdout
    loaded = set(json.loads(out))
    assert not {m for m in loaded if m.partition(".")[0] in {"ruamel", "jsonschema_rs", "jlens", "sqlalchemy", "lxml", "orjson"}}
