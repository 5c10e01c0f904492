"""Alertmanager as a receiver: ``POST /api/v2/alerts``, the call by which Prometheus hands over its own alerts.

Alertmanager knows an alert by its labels, so what opened and what is over have the same ones.
"""

from __future__ import annotations

import base64
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any, Final
from urllib.parse import unquote, urlsplit

import aiohttp

from gateway.domain.alerting import Telling
from gateway.notify.messages import Message
from gateway.notify.texts import is_grave

SCHEMES: Final = {"alertmanager": "http", "alertmanagers": "https"}
#: An alert without an end is over for Alertmanager after its ``resolve_timeout`` (5 minutes): ours end when we say so, and
#: a week later at the latest, should our last word be lost with us.
_AT_MOST: Final = timedelta(days=7)
_TEST_LASTS: Final = timedelta(minutes=1)
_ERROR_CHARS: Final = 200


def is_alertmanager(address: str) -> bool:
    """Return whether an address is ``alertmanager://[user:password@]host[:port][/path]`` or ``alertmanagers://…`` (TLS)."""
    return urlsplit(address).scheme in SCHEMES


def shown(address: str) -> str:
    """Return the address without its secrets."""
    parts = urlsplit(address)
    return f"{parts.scheme}://{parts.hostname or ''}{f':{parts.port}' if parts.port else ''}{parts.path}"


def problem(address: str) -> str:
    """Return what is wrong with the address, empty when nothing is."""
    try:
        parts = urlsplit(address)
        port = parts.port
    except ValueError:
        return "its host or port cannot be read"
    return "" if parts.hostname and port != 0 else "it names no host"


async def post(address: str, payload: Mapping[str, Any], message: Message, source: str, timeout_secs: float) -> str:
    """Hand a message over; return an empty text, or what went wrong. ``source`` is the gateway's public address."""
    parts = urlsplit(address)
    port = f":{parts.port}" if parts.port else ""
    url = f"{SCHEMES[parts.scheme]}://{parts.hostname}{port}{parts.path.rstrip('/')}/api/v2/alerts"
    headers = {}
    if parts.username:
        pair = f"{unquote(parts.username)}:{unquote(parts.password or '')}"
        headers["Authorization"] = f"Basic {base64.b64encode(pair.encode()).decode()}"
    body = list(posted(payload, message, source, datetime.now(UTC)))
    timeout = aiohttp.ClientTimeout(total=timeout_secs)
    try:
        async with (
            aiohttp.ClientSession(timeout=timeout, headers=headers) as session,
            session.post(url, json=body, allow_redirects=False) as answer,
        ):
            if answer.ok:
                return ""
            told = (await answer.text(errors="replace"))[:_ERROR_CHARS]
            return f"{shown(address)}: {answer.status} {told}".strip()
    except TimeoutError:
        return f"{shown(address)}: no answer within {timeout_secs:g} s"
    except aiohttp.ClientError as error:
        return f"{shown(address)}: {type(error).__name__}: {error}"[: 2 * _ERROR_CHARS]


def posted(payload: Mapping[str, Any], message: Message, source: str, now: datetime) -> Iterator[dict[str, Any]]:
    """Yield the alerts of one call; a summary has one for each that it tells of."""
    if payload.get("what") == Telling.TEST:
        yield _alert({"alertname": "DarchaTest", "severity": "none"}, message, source, now, now + _TEST_LASTS)
        return
    for alert in payload.get("alerts") or [payload.get("alert") or {}]:
        kind = str(alert.get("kind", ""))
        labels = {
            "alertname": f"Darcha{''.join(part.capitalize() for part in kind.split('_'))}",
            "severity": "critical" if is_grave(alert) else "warning",
            "kind": kind,
            "key": str(alert.get("key", "")),
            "agency": str(alert.get("agency") or ""),
            "level": str(alert.get("level") or ""),
        }
        began = datetime.fromisoformat(alert["opened_at"]) if alert.get("opened_at") else now
        over = bool(alert.get("is_over"))
        yield _alert({k: v for k, v in labels.items() if v}, message, source, began, now if over else now + _AT_MOST, alert)


def _alert(
    labels: dict[str, str],
    message: Message,
    source: str,
    starts_at: datetime,
    ends_at: datetime,
    alert: Mapping[str, Any] | None = None,
) -> dict[str, Any]:
    url = f"{source}/v1/alerts/{alert['id']}" if alert and alert.get("id") else source
    return {
        "labels": labels,
        "annotations": {"summary": message.title, "description": message.body},
        "startsAt": starts_at.isoformat(),
        "endsAt": ends_at.isoformat(),
        "generatorURL": url,
    }
