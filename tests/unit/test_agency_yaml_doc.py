"""``docs/adapters/agency-yaml.md`` tells what the readers read: every kind of credentials, and a test that is one of ours."""

from __future__ import annotations

import re
from pathlib import Path

from gateway.catalogue.agencies import _AUTH

ROOT = Path(__file__).parents[2]
PAGE = (ROOT / "docs/adapters/agency-yaml.md").read_text("utf-8")


def test_every_kind_of_credentials_and_each_of_its_keys_is_told() -> None:
    rows = {row[0]: row[1] for row in re.findall(r"^\| `([a-z0-9_-]+)` \|(.*)$", PAGE, re.MULTILINE)}
    assert rows.keys() == _AUTH.keys()
    for kind, (required, optional) in _AUTH.items():
        own = {*required, *optional} - ({"certificate", "key", "ca"} if kind not in {"mtls", "ws-signature"} else set())
        assert {key for key in own if f"`{key}" not in rows[kind]} == set(), kind


def test_the_mapping_test_that_is_shown_is_one_of_ours() -> None:
    ours = (ROOT / "contracts/tax/find-tin.input.test.yaml").read_text("utf-8")
    (shown,) = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert shown in ours
