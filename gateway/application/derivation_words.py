"""A derivation in words: each line as a citizen can read it, in Uzbek, Russian, Kyrgyz and English.

The texts stand in ``derivation_texts``; here they are filled in. Dates are day.month.year, and ISO 8601 in English.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import date, datetime, timedelta
from typing import Any, Final

from gateway.application.derivation_texts import KINDS, LINES, STATES, UNITS, WHY
from gateway.application.languages import LANGUAGES
from gateway.domain.derivation import Line, line_to_json

DEFAULT_LANGUAGE: Final = "en"


def tell_all(lines: Iterable[Line | Mapping[str, Any]], language: str) -> list[dict[str, Any]]:
    """Return each line as one flat object: ``code``, ``text`` in ``language``, and its params."""
    found = []
    for line in lines:
        plain = line_to_json(line) if isinstance(line, Line) else dict(line)
        found.append({"code": plain.pop("code"), "text": tell(line, language), **plain})
    return found


def tell(line: Line | Mapping[str, Any], language: str) -> str:
    """Return a line in words. An unknown language is told in English, an unknown code as it is.

    A line that an earlier release wrote may lack a param; it is then left blank.
    """
    plain = line_to_json(line) if isinstance(line, Line) else line
    code = str(plain["code"])
    if code not in LINES:
        return code
    lang = language if language in LANGUAGES else DEFAULT_LANGUAGE
    place = LANGUAGES.index(lang)
    return _form(code, plain, place).format_map(_Words(plain, lang)).strip()


def state_word(state: str, language: str) -> str:
    """Return a state of a clock in words; an unknown one as it is."""
    lang = language if language in LANGUAGES else DEFAULT_LANGUAGE
    texts = STATES.get(state)
    return state if texts is None else texts[LANGUAGES.index(lang)]


def kind_word(kind: str, language: str) -> str:
    """Return the name of a kind of clock; an unknown one as it is."""
    lang = language if language in LANGUAGES else DEFAULT_LANGUAGE
    texts = KINDS.get(kind)
    return kind if texts is None else texts[LANGUAGES.index(lang)]


def _form(code: str, plain: Mapping[str, Any], place: int) -> str:
    """Return the text of a line: some codes have a second one for when a param is there."""
    marker = {"rule": "since", "suspended": "to", "open_suspension": "latest", "deemed": "cut_off"}.get(code)
    chosen = f"{code}+{marker}" if marker is not None and plain.get(marker) is not None else code
    if code == "suspended" and plain.get("lapsed"):
        chosen = "suspended+lapsed"
    return LINES[chosen][place]


class _Words(dict[str, str]):
    """The words that a text asks for, made from the params of its line."""

    def __init__(self, plain: Mapping[str, Any], lang: str) -> None:
        super().__init__()
        self._plain = plain
        self._lang = lang

    def __missing__(self, key: str) -> str:
        plain = self._plain
        match key:
            case "amount":
                return amount(int(plain.get("length", 0)), str(plain.get("unit", "")), self._lang)
            case "days":
                return amount(int(plain.get("days", 0)), "calendar_days", self._lang, bare=True)
            case "hours":
                return _hours(float(plain.get("seconds", 0)), self._lang)
            case "span":
                first, last = self._day("from"), self._day("to")
                return first if first == last else f"{first} – {last}"
            case "why":
                return self._why()
            case "basis":
                return f" ({plain['legal_basis']})" if plain.get("legal_basis") else ""
            case "until":
                return self._until()
            case "grounds":
                return ", ".join(plain.get("grounds", ()))
            case "years":
                return ", ".join(str(year) for year in plain.get("years", ()))
            case "state":
                return state_word(str(plain.get("state", "")), self._lang)
        return self._value(key)

    def _value(self, key: str) -> str:
        value = self._plain.get(key)
        if not isinstance(value, str):
            return "" if value is None else str(value)
        return (
            self._day(key) if key in ("from", "to", "at", "date", "since", "earliest", "latest") or key.endswith("_at") else value
        )

    def _day(self, key: str) -> str:
        text = str(self._plain.get(key, ""))
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            return text
        day = found.strftime("%Y-%m-%d" if self._lang == "en" else "%d.%m.%Y")
        if "T" not in text:
            return day
        return f"{day} {found.strftime('%H:%M:%S' if found.second else '%H:%M')}"

    def _until(self) -> str:
        """The last day is over at 24:00 of it, or at a time of it."""
        day, at = str(self._plain.get("date", "")), str(self._plain.get("at", ""))
        try:
            end = datetime.fromisoformat(at)
            whole = end.replace(tzinfo=None) == datetime.combine(date.fromisoformat(day) + timedelta(1), datetime.min.time())
        except ValueError:
            return at
        return f"{self._day('date')} {'24:00' if whole else end.strftime('%H:%M:%S' if end.second else '%H:%M')}"

    def _why(self) -> str:
        plain = self._plain
        texts = WHY.get(str(plain.get("why", "")))
        if texts is None:
            return ""
        names = plain.get("names") or {}
        name = names.get(self._lang) or names.get(DEFAULT_LANGUAGE) or ""
        text = texts[LANGUAGES.index(self._lang)].format(ground=plain.get("ground", ""))
        if name and str(plain.get("why")) in ("holiday", "observed"):
            text = f"{text}: {name}"
        more = [part for part in (self._day("other") if plain.get("other") else "", str(plain.get("decree") or "")) if part]
        return f"{text} ({', '.join(more)})" if more else text


def amount(number: int, unit: str, lang: str, *, bare: bool = False) -> str:
    """Return ``5 working days`` in a language. ``bare``: plain days, whatever their kind."""
    forms = UNITS.get("days" if bare else unit)
    if forms is None:
        return f"{number} {unit}"
    words = forms[LANGUAGES.index(lang)]
    if lang == "ru":
        return f"{number} {words[_russian(number)]}"
    return f"{number} {words[0] if number == 1 else words[-1]}"


def _russian(number: int) -> int:
    """Return which of the three forms a Russian noun takes after a number."""
    if number % 10 == 1 and number % 100 != 11:
        return 0
    return 1 if number % 10 in (2, 3, 4) and number % 100 not in (12, 13, 14) else 2


def _hours(seconds: float, lang: str) -> str:
    hours, rest = divmod(seconds, 3600)
    if not rest:
        return amount(int(hours), "hours", lang)
    return f"{int(hours)}:{int(rest // 60):02}:{int(rest % 60):02}"
