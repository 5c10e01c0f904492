"""``auth`` in agency.yaml: each kind with its keys."""

from pathlib import Path
from typing import Any

import pytest

from gateway.catalogue.alone import read_agency
from gateway.catalogue.mistakes import CatalogueInvalid

_AGENCY = """\
id: water
title: {{uz: Suv, ru: Вода, ky: Суу, en: Water}}
adapter: rest
endpoint: http://127.0.0.1:9
auth: {auth}
operations:
  look: {{idempotent: true}}
"""
S = "secret://water"


def _auth(root: Path, auth: str) -> Any:
    folder = root / "contracts" / "water"
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "agency.yaml").write_text(_AGENCY.format(auth=auth), encoding="utf-8")
    return read_agency(root, "water", {"TOKENS": "https://tokens.uz"}).auth


@pytest.mark.parametrize(
    ("written", "read"),
    [
        (f"{{kind: api_key, secret: {S}/k}}", {"kind": "api_key", "secret": f"{S}/k", "header": "X-Api-Key"}),
        (f"{{kind: api_key, query: key, secret: {S}/k}}", {"kind": "api_key", "secret": f"{S}/k", "query": "key"}),
        (f"{{kind: api_key, cookie: key, secret: {S}/k}}", {"kind": "api_key", "secret": f"{S}/k", "cookie": "key"}),
        (
            f"{{kind: oauth2, token_url: '${{TOKENS}}/t', client: me, secret: {S}/k, scope: a b, client_auth: body}}",
            {
                "kind": "oauth2",
                "token_url": "https://tokens.uz/t",
                "client": "me",
                "secret": f"{S}/k",
                "scope": "a b",
                "client_auth": "body",
            },
        ),
        (
            f"{{kind: mtls, certificate: {S}/c, key: {S}/k, ca: {S}/a}}",
            {"kind": "mtls", "certificate": f"{S}/c", "key": f"{S}/k", "ca": f"{S}/a"},
        ),
        (
            f"{{kind: bearer, secret: {S}/t, certificate: {S}/c}}",
            {"kind": "bearer", "secret": f"{S}/t", "certificate": f"{S}/c"},
        ),
        (
            f"{{kind: hmac, secret: {S}/k, scheme: rfc9421, key_id: me, components: ['@method', date], "
            "headers: {X-Date: '{date}'}}",
            {
                "kind": "hmac",
                "secret": f"{S}/k",
                "key_id": "me",
                "scheme": "rfc9421",
                "headers": {"X-Date": "{date}"},
                "components": ["@method", "date"],
            },
        ),
    ],
)
def test_kinds(tmp_path: Path, written: str, read: dict[str, Any]) -> None:
    assert _auth(tmp_path, written) == read


@pytest.mark.parametrize(
    ("written", "place"),
    [
        (f"{{kind: api_key, query: key, header: X, secret: {S}/k}}", "auth.query"),
        (f"{{kind: oauth2, client: me, secret: {S}/k}}", "auth.token_url"),
        (f"{{kind: oauth2, token_url: nowhere, client: me, secret: {S}/k}}", "auth.token_url"),
        (f"{{kind: oauth2, token_url: 'https://a.uz', client: me, secret: {S}/k, client_auth: jwt}}", "auth.client_auth"),
        ("{kind: mtls, certificate: MIIB}", "auth.certificate"),
        (f"{{kind: mtls, key: {S}/k}}", "auth.certificate"),
        (f"{{kind: hmac, secret: {S}/k, algorithm: md5}}", "auth.algorithm"),
        (f"{{kind: basic, user: me, secret: {S}/k, token_url: 'https://a.uz'}}", "auth.token_url"),
    ],
)
def test_mistakes(tmp_path: Path, written: str, place: str) -> None:
    with pytest.raises(CatalogueInvalid) as refused:
        _auth(tmp_path, written)
    assert place in str(refused.value)
    assert "MIIB" not in str(refused.value), "what stands there may be the secret itself"
