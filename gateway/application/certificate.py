"""The certificate of a tacit decision as a page to print: one HTML file, no script, nothing loaded from elsewhere. Pure.

It has what a holder needs to rely on it and no more: of the application only the applicants' names, because a certificate
without a holder is of no use. No identifier, address, birth date, contact or form field, and no other party.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import datetime, timedelta
from html import escape
from typing import Any, Final
from zoneinfo import ZoneInfo

from gateway.application import certificate_texts as texts
from gateway.application.derivation_texts import Four
from gateway.application.derivation_words import amount, state_word, tell
from gateway.application.languages import LANGUAGES
from gateway.domain.case_file import CaseFile
from gateway.domain.certificate import Tacit
from gateway.domain.rules import Rules

#: Characters that cannot stand in a page, and nobody sees on paper.
_UNSEEN: Final = dict.fromkeys((*range(0x20), *range(0x7F, 0xA0)), " ")
_STYLE: Final = (
    "@page{size:A4;margin:2cm}"
    "body{font:11pt/1.4 serif;color:#000;background:#fff;max-width:17cm;margin:1em auto;padding:0 1em}"
    "h1{font-size:16pt;margin:0 0 .6em}h2{font-size:12pt;margin:1.2em 0 .4em}"
    "table{border-collapse:collapse;width:100%}tr{break-inside:avoid}"
    "th,td{border:1px solid #999;padding:.3em .5em;text-align:left;vertical-align:top;overflow-wrap:anywhere}"
    "th{width:35%;font-weight:normal}td{font-weight:bold}.effect{border:2px solid #000;padding:.6em .8em}"
    "li{break-inside:avoid;margin:.2em 0}code{font-size:10pt}.small{font-size:9pt}"
)
_PAGE: Final = """\
<!DOCTYPE html>
<html lang="{lang}">
<head>
<meta charset="utf-8">
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">
<meta name="viewport" content="width=device-width, initial-scale=1">
<title>{title} {number}</title>
<style>{style}</style>
</head>
<body>
<h1>{title}</h1>
<p class="effect">{effect}</p>
<table>
{rows}
</table>
<h2>{derivation}</h2>
<ol>
{lines}
</ol>
<p class="small">{checking}</p>
</body>
</html>
"""


def render(file: CaseFile, tacit: Tacit, rules: Rules, language: str, by: str) -> bytes:
    """Return the page in UTF-8, as issued at ``file.now`` by the actor ``by`` with the head of the case's chain."""
    words = _Words(language, ZoneInfo(tacit.clock.time_zone))
    lines = [tell(line, language) for line in tacit.clock.explanation]
    page = _PAGE.format(
        lang=language,
        title=escape(words(texts.TITLE)),
        number=escape(file.case.number),
        style=_STYLE,
        effect=_told(words(texts.EFFECTS[tacit.decision.outcome], due=words.end(tacit.decision.date_given))),
        rows="\n".join(
            f'<tr id="{key}"><th scope="row">{escape(words(texts.LABELS[key]))}</th><td>{_told(value, key)}</td></tr>'
            for key, value in _rows(file, tacit, rules, words, by)
            if value
        ),
        derivation=escape(words(texts.DERIVATION)),
        lines="\n".join(f"<li>{_told(line)}</li>" for line in lines),
        checking=_told(words(texts.CHECKING, sequence=str(file.case.seq))),
    )
    return page.encode("utf-8", "replace")


def _rows(file: CaseFile, tacit: Tacit, rules: Rules, words: _Words, by: str) -> Iterator[tuple[str, str]]:
    case, clock, decision, term = file.case, tacit.clock, tacit.decision, tacit.clock.rule
    office, agency = rules.offices.get(case.office), rules.agencies.get(decision.authority)
    started = clock.started_at or case.received_at
    trigger = texts.TRIGGERS.get(term.start)
    length = words(texts.CALENDAR, amount=amount(term.length, term.unit, words.language), calendar=clock.calendar)
    yield "number", case.number
    yield "service", words.title(rules.service.title, case.service)
    yield "applicant", "; ".join(_holders(case.envelope))
    yield "office", words.title(office.title if office else {}, case.office)
    yield "authority", words.title(agency.title if agency else {}, decision.authority)
    yield "decision", state_word(clock.state, words.language)
    yield "legal_basis", decision.legal_basis
    yield "received", words.time(case.received_at)
    yield "started", f"{words.time(started)} ({words(trigger) if trigger else term.start})"
    yield "term", length
    yield "due", words.end(decision.date_given)
    yield "recorded", words.time(decision.date_recorded)
    yield "zone", clock.time_zone
    kind, _, name = by.partition(":")
    yield "issued", f"{words.time(file.now)}, {words(texts.ISSUERS[kind], name=name) if kind in texts.ISSUERS else by}"
    yield "check", case.chain


def _holders(envelope: Mapping[str, Any]) -> Iterator[str]:
    """Yield the names of the applicants, of organisations their title."""
    for party in envelope.get("parties") or ():
        if party.get("role") == "applicant":
            name = party.get("name") or {}
            parts = [name.get(key) for key in ("family", "given", "patronymic")] if name else [party.get("title")]
            yield " ".join(str(part) for part in parts if part)


class _Words:
    """One language, and the time zone in which the days of the term were counted."""

    def __init__(self, language: str, zone: ZoneInfo) -> None:
        self.language = language
        self._zone = zone
        self._place = LANGUAGES.index(language)

    def __call__(self, text: Four, **params: str) -> str:
        return text[self._place].format(**params)

    def title(self, title: Mapping[str, str], otherwise: str) -> str:
        """Return a title of the catalogue, in another language where it lacks ours."""
        return title.get(self.language) or next((t for t in title.values() if t), otherwise)

    def time(self, at: datetime) -> str:
        """Return an instant by the clock on the wall."""
        return f"{self._day(at.astimezone(self._zone))} {at.astimezone(self._zone):%H:%M:%S}"

    def end(self, at: datetime) -> str:
        """Return the end of a term: at midnight the day before is over."""
        local = at.astimezone(self._zone)
        if (local.hour, local.minute, local.second, local.microsecond) == (0, 0, 0, 0):
            return f"{self._day(local - timedelta(days=1))} 24:00"
        return f"{self._day(local)} {local:%H:%M:%S}"

    def _day(self, local: datetime) -> str:
        return f"{local:%Y-%m-%d}" if self.language == "en" else f"{local:%d.%m.%Y}"


def _told(value: str, key: str = "") -> str:
    """Return what came from outside, harmless in a page: it can neither be markup nor turn the text around it."""
    plain = escape(value.translate(_UNSEEN).strip())
    return f"<code>{plain}</code>" if key == "check" else f"<bdi>{plain}</bdi>"
