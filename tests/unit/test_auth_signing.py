"""Signed requests: the recipe of an agency, and HTTP Message Signatures."""

import base64
import hmac
from datetime import UTC, datetime
from typing import Any

import pytest
from yarl import URL

from gateway.sdk.auth_hmac import content_digest, signed
from gateway.sdk.http import EndpointWrong

NOW = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
URL_ = URL("https://agency.uz/v1/people?pin=1%2F2", encoded=True)
BODY = b'{"hello": "world"}'


def _signed(body: bytes = BODY, **auth: Any) -> dict[str, str]:
    headers = {"Content-Type": "application/json", "Accept": "application/json"}
    return signed(auth, "key", "POST", URL_, headers, body, clock=lambda: NOW, nonce=lambda: "n")


def _hex(text: str) -> str:
    return hmac.new(b"key", text.encode(), "sha256").hexdigest()


def test_the_usual_recipe() -> None:
    made = _signed(key_id="me")
    digest = "X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE="
    base = f"POST\n/v1/people?pin=1%2F2\nMon, 02 Mar 2026 06:00:00 GMT\n{digest}"
    signature = base64.b64encode(bytes.fromhex(_hex(base))).decode()
    assert made == {
        "Date": "Mon, 02 Mar 2026 06:00:00 GMT",
        "Authorization": f'HMAC-SHA256 keyId="me", signature="{signature}"',
    }


def test_a_recipe_of_an_agency() -> None:
    made = _signed(
        string="{timestamp}{nonce}\\n{path}\\n{digest_hex}",
        header="X-Signature",
        value="v1={signature_hex}",
        headers={"X-Time": "{timestamp}", "X-Nonce": "{nonce}"},
    )
    digest = "5f8f04f6a3a892aaabbddb6cf273894493773960d4a325b105fee46eef4304f1"
    assert made == {
        "X-Time": "1772431200",
        "X-Nonce": "n",
        "X-Signature": f"v1={_hex(f'1772431200n{chr(10)}/v1/people{chr(10)}{digest}')}",
    }


def test_another_body_has_another_signature() -> None:
    assert _signed()["Authorization"] != _signed(b"{}")["Authorization"]


def test_message_signatures() -> None:
    made = _signed(scheme="rfc9421", key_id="me")
    covered = '("@method" "@target-uri" "content-digest" "content-type");created=1772431200;keyid="me";alg="hmac-sha256"'
    base = (
        '"@method": POST\n"@target-uri": https://agency.uz/v1/people?pin=1%2F2\n'
        f'"content-digest": {made["Content-Digest"]}\n"content-type": application/json\n"@signature-params": {covered}'
    )
    assert made["Content-Digest"] == content_digest(BODY) == "sha-256=:X48E9qOokqqrvdts8nOJRJN3OWDUoyWxBf7kbu9DBPE=:"
    assert made["Signature-Input"] == f"sig1={covered}"
    assert made["Signature"] == f"sig1=:{base64.b64encode(bytes.fromhex(_hex(base))).decode()}:"


def test_a_message_without_body_has_no_digest() -> None:
    made = _signed(b"", scheme="rfc9421", components=["@method", "@path", "@query", "@authority", "content-digest", "accept"])
    assert "Content-Digest" not in made
    assert made["Signature-Input"].startswith('sig1=("@method" "@path" "@query" "@authority" "accept")')


@pytest.mark.parametrize(
    "auth", [{"string": "{what}"}, {"scheme": "x"}, {"algorithm": "md5"}, {"scheme": "rfc9421", "components": ["x"]}]
)
def test_recipes_that_cannot_be_followed(auth: dict[str, Any]) -> None:
    with pytest.raises(EndpointWrong) as refused:
        _signed(**auth)
    assert "key" not in str(refused.value).replace("key_id", "")
