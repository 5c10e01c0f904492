"""Is this webhook from the gateway? What a receiver asks before it believes a message. Needs no connection."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Final, cast

from gateway.client.errors import NotAnEvent, NotSigned, WrongSignature, WrongTime
from gateway.client.types import CloudEvent
from gateway.domain.webhook_signature import ID_HEADER, SIGNATURE_HEADER, TIME_HEADER, matches

#: How far the two clocks, and the time on the way, may be apart.
TOLERANCE_SECS: Final = 300
_DIGITS: Final = 12


def verify(
    payload: bytes | str,
    headers: Mapping[str, str],
    secrets: str | Sequence[str],
    *,
    tolerance_secs: float = TOLERANCE_SECS,
    now: datetime | None = None,
) -> CloudEvent:
    """Return the event of a webhook that is signed by one of ``secrets``.

    ``payload`` is the body as it came, byte for byte; ``headers`` in any case. Give the old secret and the new one while you
    change over. Remember ``webhook-id``: a message that comes again, comes under the same. Raises ``WebhookRefused``, or
    ``BadSecret`` (of ``gateway.domain``) when a secret cannot be one.
    """
    body = payload.encode() if isinstance(payload, str) else payload
    lower = {name.lower(): value for name, value in headers.items()}
    id_, written, signatures = (lower.get(name, "") for name in (ID_HEADER, TIME_HEADER, SIGNATURE_HEADER))
    if not id_ or not signatures or not (written.isascii() and written.isdecimal() and len(written) <= _DIGITS):
        raise NotSigned(f"a webhook carries {ID_HEADER}, {TIME_HEADER} (Unix seconds) and {SIGNATURE_HEADER}")
    timestamp = int(written)
    known = [secrets] if isinstance(secrets, str) else list(secrets)
    if not any(matches(secret, id_, timestamp, body, signatures) for secret in known):
        raise WrongSignature("no signature of this message is of a secret that was given; was the body changed on its way?")
    apart = timestamp - (now or datetime.now(UTC)).timestamp()
    if abs(apart) > tolerance_secs:
        when = f"{-apart:.0f} s ago" if apart < 0 else f"{apart:.0f} s from now"
        raise WrongTime(f"the message was signed {when}, and {tolerance_secs:g} s are allowed")
    try:
        event = json.loads(body)
    except ValueError:
        raise NotAnEvent("the body is not JSON") from None
    if not isinstance(event, dict) or event.get("specversion") != "1.0" or not isinstance(event.get("data"), dict):
        raise NotAnEvent("the body is no event as CloudEvents 1.0 has it")
    return cast(CloudEvent, event)
