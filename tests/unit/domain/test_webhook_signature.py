"""Signatures of webhooks: the published vector byte for byte, and what the reference library says of ours."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from standardwebhooks.webhooks import Webhook as Reference  # type: ignore[import-untyped]

from gateway.domain.webhook_signature import BadSecret, derived, headers, key_of, matches, sign

SECRET = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"
ID = "msg_p5jXN8AQM9LWM0D4loKWxJek"
BODY = b'{"test": 2432232314}'
SIGNATURE = "v1,g0hM9SsE+OTPJTGt/tmIKtSyZlE3uFJELVlNIOLJ1OE="


def test_the_published_vector() -> None:
    assert sign(SECRET, ID, 1614265330, BODY) == SIGNATURE
    assert headers([SECRET], ID, 1614265330, BODY) == {
        "webhook-id": ID, "webhook-timestamp": "1614265330", "webhook-signature": SIGNATURE,
    }  # fmt: skip
    assert matches(SECRET, ID, 1614265330, BODY, SIGNATURE)


def test_the_reference_library_takes_what_we_sign_with_either_secret() -> None:
    secrets = [derived(b"gateway", "w", generation) for generation in (2, 1)]
    made = headers(secrets, ID, int(datetime.now(UTC).timestamp()), BODY)
    for secret in secrets:
        assert Reference(secret).verify(BODY.decode(), made) == {"test": 2432232314}
    with pytest.raises(Exception, match="No matching signature"):
        Reference(derived(b"gateway", "w", 3)).verify(BODY.decode(), made)


def test_each_webhook_generation_and_gateway_has_a_secret_of_its_own() -> None:
    made = {derived(g, w, n) for g in (b"a", b"b") for w in ("v", "w") for n in (1, 2)}
    assert len(made) == 8 and derived(b"a", "v", 1) in made
    assert all(len(key_of(secret)) == 32 for secret in made)


@pytest.mark.parametrize(
    ("id_", "timestamp", "body", "signatures"),
    [
        ("msg_other", 1614265330, BODY, SIGNATURE),
        (ID, 1614265331, BODY, SIGNATURE),
        (ID, 1614265330, BODY + b" ", SIGNATURE),
        (ID, 1614265330, BODY, SIGNATURE.replace("v1,", "v2,")),
        (ID, 1614265330, BODY, SIGNATURE.removeprefix("v1,")),
        (ID, 1614265330, BODY, "v1,Ä v1, , ,"),
        (ID, 1614265330, BODY, ""),
    ],
)
def test_anything_else_does_not_match(id_: str, timestamp: int, body: bytes, signatures: str) -> None:
    assert not matches(SECRET, id_, timestamp, body, signatures)
    assert matches(SECRET, ID, 1614265330, BODY, f"{signatures} v1a,xyz {SIGNATURE}"), "one among others"


@pytest.mark.parametrize("secret", ["", "whsec_", "whsec_short", "whsec_AAAA", "whsec_" + "A" * 400, "not base64 at all, ü"])
def test_what_cannot_be_a_secret_is_said_without_repeating_it(secret: str) -> None:
    with pytest.raises(BadSecret) as caught:
        sign(secret, ID, 1, BODY)
    assert len(secret) < 9 or secret not in str(caught.value)
