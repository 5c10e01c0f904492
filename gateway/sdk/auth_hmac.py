"""Requests signed with a shared secret: by an agency's own recipe, or by HTTP Message Signatures (RFC 9421).

``scheme: own`` (the usual one) signs the text ``string``, in which these names are filled in:

    {method} {path} {query} {target} (path and query) {host} {date} {nonce} {key_id}
    {digest} the body's SHA-256 in base64, {digest_hex} in hex, {timestamp} in seconds since 1970

``\\n`` in it is a line break. The signature goes into ``header``, whose value is ``value`` with ``{signature}`` (base64) or
``{signature_hex}`` and the names above filled in. ``headers`` names more headers, each with a value of the same kind
(``{"X-Date": "{date}"}``). ``algorithm`` is sha256 or sha512.

``scheme: rfc9421`` signs ``@method``, ``@target-uri`` and, where there is a body, ``content-digest`` (RFC 9530) and
``content-type`` with hmac-sha256; ``components`` may name others of the message's headers.
"""

from __future__ import annotations

import base64
import hmac
import re
import secrets
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from email.utils import format_datetime
from hashlib import sha256
from typing import Any, Final

from yarl import URL

from gateway.sdk.http import EndpointWrong

OWN_STRING: Final = "{method}\n{target}\n{date}\n{digest}"
OWN_VALUE: Final = 'HMAC-SHA256 keyId="{key_id}", signature="{signature}"'
ALGORITHMS: Final = frozenset({"sha256", "sha512"})
SCHEMES: Final = frozenset({"own", "rfc9421"})
_NAME: Final = re.compile(r"\{([a-z_]+)\}")
_LABEL: Final = "sig1"


def _now() -> datetime:
    return datetime.now(UTC)


def signed(
    auth: Mapping[str, Any],
    secret: str,
    method: str,
    url: URL,
    headers: Mapping[str, str],
    body: bytes,
    *,
    clock: Callable[[], datetime] = _now,
    nonce: Callable[[], str] = lambda: secrets.token_hex(16),
) -> dict[str, str]:
    """Return the headers to add to the message. Raises ``EndpointWrong`` when the recipe cannot be followed."""
    if auth.get("scheme", "own") == "rfc9421":
        return _message_signature(auth, secret.encode(), method, url, headers, body, clock())
    if auth.get("scheme", "own") != "own":
        raise EndpointWrong(f"auth.scheme is one of {', '.join(sorted(SCHEMES))}")
    now, digest = clock(), sha256(body)
    names = {
        "method": method,
        "path": url.raw_path,
        "query": url.raw_query_string,
        "target": url.raw_path_qs,
        "host": str(url.host_port_subcomponent or ""),
        "date": format_datetime(now, usegmt=True),
        "timestamp": str(int(now.timestamp())),
        "nonce": nonce(),
        "key_id": str(auth.get("key_id", "")),
        "digest": base64.b64encode(digest.digest()).decode(),
        "digest_hex": digest.hexdigest(),
        "content_digest": content_digest(body),
    }
    algorithm = str(auth.get("algorithm", "sha256"))
    if algorithm not in ALGORITHMS:
        raise EndpointWrong(f"auth.algorithm is one of {', '.join(sorted(ALGORITHMS))}")
    text = _filled(str(auth.get("string", OWN_STRING)).replace("\\n", "\n"), names)
    made = hmac.new(secret.encode(), text.encode(), algorithm)
    names |= {"signature": base64.b64encode(made.digest()).decode(), "signature_hex": made.hexdigest()}
    more = auth.get("headers") or {"Date": "{date}"}
    return {
        **{str(name): _filled(str(value), names) for name, value in more.items()},
        str(auth.get("header", "Authorization")): _filled(str(auth.get("value", OWN_VALUE)), names),
    }


def content_digest(body: bytes) -> str:
    """Return ``Content-Digest`` (RFC 9530) of a body."""
    return f"sha-256=:{base64.b64encode(sha256(body).digest()).decode()}:"


def _filled(template: str, names: Mapping[str, str]) -> str:
    def value(found: re.Match[str]) -> str:
        if found[1] not in names:
            raise EndpointWrong(f"auth: there is no {found[0]}; there are {', '.join(sorted(names))}")
        return names[found[1]]

    return _NAME.sub(value, template)


def _message_signature(
    auth: Mapping[str, Any],
    key: bytes,
    method: str,
    url: URL,
    headers: Mapping[str, str],
    body: bytes,
    now: datetime,
) -> dict[str, str]:
    given = {name.lower(): " ".join(value.split()) for name, value in headers.items()}
    made: dict[str, str] = {}
    if body:
        made["Content-Digest"] = given["content-digest"] = content_digest(body)
    derived = {
        "@method": method,
        "@target-uri": str(url),
        "@authority": str(url.host_port_subcomponent or ""),
        "@path": url.raw_path,
        "@query": f"?{url.raw_query_string}",
    }
    usual = ["@method", "@target-uri", *(name for name in ("content-digest", "content-type") if body and name in given)]
    lines: list[str] = []
    components = [str(name).lower() for name in auth.get("components") or usual]
    for name in components:
        value = derived.get(name, given.get(name))
        if value is None:
            if name.startswith("content-"):
                continue  # a message without a body has none of them
            raise EndpointWrong(f"auth.components: the message has no {name}")
        lines.append(f'"{name}": {value}')
    covered = " ".join(line.partition(": ")[0] for line in lines)
    key_id = f';keyid="{auth["key_id"]}"' if auth.get("key_id") else ""
    params = f'({covered});created={int(now.timestamp())}{key_id};alg="hmac-sha256"'
    base = "\n".join([*lines, f'"@signature-params": {params}'])
    signature = base64.b64encode(hmac.new(key, base.encode(), "sha256").digest()).decode()
    return {**made, "Signature-Input": f"{_LABEL}={params}", "Signature": f"{_LABEL}=:{signature}:"}
