"""A message about an alert in one language: what is the matter, why it is said now, and what a person needs to act.

A message leaves the gateway for telephones and chats. So it names the case's number, the agency, the step and the date, and
never quotes what an agency or an applicant wrote: reasons and data stay behind the gateway's own door.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Final
from zoneinfo import ZoneInfo

from gateway.application.languages import LANGUAGES
from gateway.domain.alerting import Telling
from gateway.notify.texts import CLOCKS, LABELS, TELLINGS, UNKNOWN, WHAT, is_grave, level_words

DEFAULT_LANGUAGE: Final = "en"
#: So many alerts the summary of a silence names; the rest is counted.
_NAMED: Final = 20

Json = Mapping[str, Any]


@dataclass(frozen=True, slots=True)
class Message:
    """A message in one language. ``grave`` decides how loud the channel makes it, ``over`` that it is good news."""

    title: str
    body: str
    grave: bool = False
    over: bool = False


def message_of(payload: Json, language: str, zone: ZoneInfo, id_: str = "") -> Message:
    """Return the message of a delivery (see ``gateway.application.alerts``), its times shown in ``zone``.

    An unknown language is told in English, an unknown kind in general words. ``id_`` is the message's own: who hears the
    same one twice knows it by that.
    """
    lang = language if language in LANGUAGES else DEFAULT_LANGUAGE
    what = str(payload.get("what", ""))
    last = [_line("message", lang, id_)] if id_ else []
    if what == Telling.TEST:
        return Message(f"Darcha: {TELLINGS[what][lang]}", "\n".join([WHAT["test"][lang], *last]))
    if what == Telling.SUMMARY:
        return _summary(payload, lang, zone, last)
    alert: Json = payload.get("alert") or {}
    said = [payload["text"][lang]] if (payload.get("text") or {}).get(lang) else []
    said += [WHAT.get(alert.get("kind", ""), UNKNOWN)[lang]]
    if what in TELLINGS:
        said.append(TELLINGS[what][lang])
    over = what == Telling.OVER
    facts = [_line(key, lang, value) for key, value in _facts(alert, lang, zone, over=over) if value]
    mark = f" — {TELLINGS[Telling.OVER][lang]}" if over else ""
    return Message(f"Darcha: {subject_of(alert)}{mark}", "\n".join([*said, *facts, *last]), is_grave(alert), over)


def subject_of(alert: Json) -> str:
    """Return what the alert is about, as short as it can be said: a case, an agency, a service."""
    cases = list(alert.get("cases") or ())
    if len(cases) == 1 and alert.get("count", 1) == 1:
        return str(cases[0])
    names = (alert.get(name) for name in ("agency", "lane", "service", "kind"))
    return next((str(name) for name in names if name), "")


def _line(label: str, lang: str, value: object) -> str:
    return f"{LABELS[label][lang]}: {value}"


def _facts(alert: Json, lang: str, zone: ZoneInfo, *, over: bool) -> Iterator[tuple[str, str]]:
    """Yield the facts in the order in which they are read; an empty one is left out."""
    detail: Json = alert.get("detail") or {}
    cases, count = [str(number) for number in alert.get("cases") or ()], int(alert.get("count") or 0)
    alone = count <= 1
    agency, lane = str(alert.get("agency") or ""), str(alert.get("lane") or "")
    yield "cases", ", ".join(cases) + (" …" if cases and count > len(cases) else "")
    yield "count", "" if alone else str(count)
    yield "waiting", str(alert["open"]) if over and alert.get("open") else ""
    yield "agency", agency
    yield "lane", lane if lane != agency else ""
    yield "service", str(alert.get("service") or "")
    yield "step", str(alert.get("step") or "")
    clock = str(detail.get("clock") or "")
    yield "clock", CLOCKS.get(clock, {lang: clock})[lang]
    yield "level", level_words(str(alert.get("level") or ""), lang)
    yield "at", _when(detail.get("at"), zone) if alone else ""
    yield "due_at", _when(detail.get("due_at"), zone) if alone else ""
    holders = [str(one["holder"]) for one in detail.get("waiting_on") or () if "holder" in one]
    yield "waiting_on", ", ".join(holders) if alone else ""
    yield "target", str(detail.get("target") or "")
    yield "since", _when(alert.get("opened_at"), zone)
    yield "until", _when(alert.get("over_at"), zone)
    yield "alert", str(alert.get("id") or "")


def _summary(payload: Json, lang: str, zone: ZoneInfo, last: Sequence[str]) -> Message:
    silence: Json = payload.get("silence") or {}
    alerts: Sequence[Json] = payload.get("alerts") or ()
    ending = {True: LABELS["is_over"][lang], False: LABELS["is_open"][lang]}
    lines = [TELLINGS[Telling.SUMMARY][lang]]
    facts = {"by": str(silence.get("by") or ""), "since": _when(silence.get("starts_at"), zone)}
    facts |= {"until": _when(silence.get("ends_at"), zone), "reason": str(silence.get("reason") or ""), "count": str(len(alerts))}
    lines += [_line(key, lang, value) for key, value in facts.items() if value]
    for alert in alerts[:_NAMED]:
        what = WHAT.get(alert.get("kind", ""), UNKNOWN)[lang]
        lines.append(f"- {subject_of(alert)} ({alert.get('count', 1)}), {ending[bool(alert.get('is_over'))]}: {what}")
    if len(alerts) > _NAMED:
        lines.append(f"- … {len(alerts) - _NAMED}")
    grave = any(is_grave(alert) and not alert.get("is_over") for alert in alerts)
    return Message(f"Darcha: {TELLINGS['silence'][lang]}", "\n".join([*lines, *last]), grave)


def _when(value: object, zone: ZoneInfo) -> str:
    if isinstance(value, str) and value:
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return ""
    if not isinstance(value, datetime) or value.tzinfo is None:
        return ""
    return value.astimezone(zone).strftime("%Y-%m-%d %H:%M %z")
