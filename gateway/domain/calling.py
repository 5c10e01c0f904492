"""Whom the rungs of a service's ladder call: by which channel, in which language, with which words. Pure.

What a rung says travels as JSON in its incident (``detail.calls``) to the alert that gathers it. A rung that names nobody
leaves it to the routes of ``alerts.yaml`` whom it reaches, and still decides channel, language and words.
"""

from __future__ import annotations

import hashlib
import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from gateway.domain.service import Text
from gateway.domain.term_rule import Rung


@dataclass(frozen=True, slots=True)
class Call:
    """What one rung asks for. Empty ``to``: whom the routes say; ``channel``: any; ``language``: the receiver's own;
    ``text``: no words but the usual ones."""

    to: tuple[str, ...] = ()
    channel: str = ""
    language: str = ""
    text: Text = field(default_factory=dict)


def call_to_json(rung: Rung) -> dict[str, Any]:
    """Return what a rung says as JSON, without what it leaves open."""
    made = {"to": list(rung.to), "channel": rung.channel, "language": rung.language, "text": dict(rung.text)}
    return {key: value for key, value in made.items() if value}


def calls_of(detail: Mapping[str, Any]) -> tuple[Call, ...]:
    """Return what the rungs of an incident's or an alert's ``detail`` say; nothing where none is meant."""
    return tuple(
        Call(
            tuple(one.get("to") or ()), str(one.get("channel") or ""), str(one.get("language") or ""), dict(one.get("text") or {})
        )
        for one in detail.get("calls") or ()
    )


def mark_of(detail: Mapping[str, Any]) -> str:
    """Return a short mark of what the rungs say, the same for the same; empty where they say nothing.

    Cases keep the rule that they began with: those of another version, whose rungs call others, are another alert.
    """
    calls = [one for one in detail.get("calls") or () if one]
    return hashlib.sha256(json.dumps(calls, sort_keys=True).encode()).hexdigest()[:8] if calls else ""


def named(calls: Sequence[Call]) -> tuple[str, ...]:
    """Return the receivers that the rungs name, each once, in order."""
    return tuple(dict.fromkeys(name for call in calls for name in call.to))


def calls_to(name: str, calls: Sequence[Call]) -> tuple[Call, ...]:
    """Return the calls that are for a receiver: those that name it, else those that name nobody."""
    return tuple(call for call in calls if name in call.to) or tuple(call for call in calls if not call.to)


def kind_of(address: str) -> str:
    """Return the channel of an address: its scheme, without the ``s`` that stands for TLS (``mailtos://…`` is ``mailto``)."""
    return plain_channel(address.partition("://")[0])


def plain_channel(channel: str) -> str:
    """Return the word of a channel as ``kind_of`` says it."""
    return channel.strip().lower().removesuffix("s")


def places(addresses: Sequence[str], calls: Sequence[Call]) -> Iterator[tuple[int, Call]]:
    """Yield the places (from 1) of the addresses that the calls reach, each with the first call that reaches it.

    Where a receiver has no address of the channel that is wanted, all of them are meant: better told by another way than
    not at all.
    """
    reached: dict[int, Call] = {}
    for call in calls or (Call(),):
        wanted = plain_channel(call.channel)
        fitting = [place for place, address in enumerate(addresses, start=1) if not wanted or kind_of(address) == wanted]
        for place in fitting or range(1, len(addresses) + 1):
            reached.setdefault(place, call)
    yield from sorted(reached.items())
