"""Reads ``alerts.yaml`` at the catalogue's root: who is told of what, in which order, in which language and words.

receivers:
  operators: {urls: ["${ALERTS_TELEGRAM}", "alertmanager://alerts.internal:9093"], language: uz}
  head: {urls: ["${ALERTS_MAIL}"], language: ru}
routes:                      # the first that fits decides; what fits none goes to the default receiver
  - services: [preschool-enrolment]
    kinds: [clock_level]
    levels: ["80%"]          # the words of gateway/domain/escalation.py
    text: {uz: ..., ru: ..., ky: ..., en: ...}
    ladder:                  # of acknowledgement
      - tell: [operators]
      - {tell: [head], after_mins: 30}
"""

from __future__ import annotations

import re
from collections.abc import Collection, Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Final

from gateway.catalogue.folder import Folder
from gateway.catalogue.mistakes import CatalogueInvalid, Mistakes, nearest
from gateway.catalogue.section import LANGUAGES, Section
from gateway.domain.alerting import DEFAULT_RECEIVER, AlertRules, Receiver, Route, Rung
from gateway.domain.calling import kind_of
from gateway.domain.catalogue import Catalogue
from gateway.domain.escalation import LEVEL
from gateway.domain.incident import IncidentKind

FILE: Final = "alerts.yaml"
#: The name becomes part of a delivery's target, ``name/place``.
_NAME: Final = re.compile(r"[a-z][a-z0-9_-]{0,39}")
_VARIABLE: Final = re.compile(r"\$\{([A-Za-z_][A-Za-z0-9_]*)\}")
_YEAR_MINS: Final = 366 * 24 * 60


@dataclass(frozen=True, slots=True)
class AlertsFile:
    """What ``alerts.yaml`` says. ``channels`` are the ways to reach a receiver (``kind_of``); ``None`` where that is not known
    here: one of its addresses stands in a variable that is not set, or in the settings. ``is_read``: not too broken to tell."""

    rules: AlertRules
    channels: Mapping[str, frozenset[str] | None] = field(default_factory=lambda: {DEFAULT_RECEIVER: None})
    is_read: bool = True


def load_alerts(root: Path, catalogue: Catalogue, environ: Mapping[str, str]) -> AlertRules:
    """Return the receivers and routes of ``alerts.yaml``, none without the file. Raises ``CatalogueInvalid``."""
    mistakes = Mistakes()
    rules = read_alerts(root, catalogue.services, catalogue.agencies, environ, mistakes).rules
    if mistakes.found:
        raise CatalogueInvalid(mistakes.found)
    return rules


def read_alerts(
    root: Path, services: Collection[str], agencies: Collection[str], environ: Mapping[str, str], mistakes: Mistakes
) -> AlertsFile:
    """Return what can be read; what is wrong is noted. A variable that is not set leaves its address out, with a warning."""
    if not (root / FILE).is_file():
        return AlertsFile(AlertRules({}))
    section = Folder(root, mistakes, (FILE,)).yaml(FILE)
    if section is None:
        return AlertsFile(AlertRules({}), is_read=False)
    named = section.named("receivers", required=False)
    receivers = {name: _receiver(name, inner, environ) for name, inner in named.items()}
    channels = {name: _channels(inner, environ) for name, inner in named.items()}
    known = {DEFAULT_RECEIVER, *receivers}
    routes = tuple(_route(one, known, services, agencies) for one in section.sections("routes", required=False))
    section.done()
    return AlertsFile(AlertRules(receivers, routes), {**channels, DEFAULT_RECEIVER: None})


def _channels(section: Section, environ: Mapping[str, str]) -> frozenset[str] | None:
    """Return the channels of a receiver's addresses; ``None`` when a variable that is not set hides one of them."""
    written = section.plain("urls")
    urls = [url for url in written if isinstance(url, str)] if isinstance(written, list) else []
    kinds = [kind_of(_VARIABLE.sub(lambda found: environ.get(found[1]) or found[0], url).strip()) for url in urls]
    return None if not kinds or any("${" in kind for kind in kinds) else frozenset(kinds)


def _receiver(name: str, section: Section, environ: Mapping[str, str]) -> Receiver:
    if _NAME.fullmatch(name) is None:
        section.wrong("", "a name of small letters, digits, - and _", "rename the receiver, for instance: operators")
    if name == DEFAULT_RECEIVER:
        section.wrong("", f"a name of its own; {name} are the addresses of DARCHA_ALERT_URLS", "give it another name")
    addresses = [
        filled for place, url in enumerate(section.texts("urls", least=1)) if (filled := _address(section, place, url, environ))
    ]
    made = Receiver(name, tuple(addresses), section.one_of("language", LANGUAGES, "en"))
    section.done()
    return made


def _address(section: Section, place: int, url: str, environ: Mapping[str, str]) -> str:
    """Return the address with its variables filled in. A mistake never shows it: an address holds a secret."""
    missing = [name for name in _VARIABLE.findall(url) if not environ.get(name)]
    if missing:
        fix = "set it in the environment; until then nobody is told there"
        where = f"{section.place('urls')}[{place}]"
        section.mistakes.warn(section.file, section.line("urls"), where, f"a value for {', '.join(missing)}", fix)
        return ""
    made = _VARIABLE.sub(lambda found: environ[found[1]], url).strip()
    if "://" not in made or any(sign.isspace() for sign in made):
        section.wrong("urls", f"an address like mailtos://… or alertmanager://… in place {place + 1}", "write it in full")
        return ""
    return made


def _route(section: Section, receivers: set[str], services: Collection[str], agencies: Collection[str]) -> Route:
    made = Route(
        ladder=_ladder(section, receivers),
        services=_names(section, "services", services),
        kinds=_names(section, "kinds", [str(kind) for kind in IncidentKind]),
        agencies=_names(section, "agencies", agencies),
        levels=_levels(section),
        text=section.title("text", required=False),
    )
    section.done()
    return made


def _levels(section: Section) -> tuple[str, ...]:
    found = section.texts("levels", ())
    for level in found:
        if LEVEL.fullmatch(level) is None:
            section.wrong(
                "levels", f"levels like 80%, 1wd and expiry, not {level!r}", "write it as the ladder of a service is told"
            )
    return found


def _names(section: Section, key: str, known: Collection[str]) -> tuple[str, ...]:
    found = section.texts(key, ())
    for name in found:
        if name not in known:
            section.wrong(key, f"names that are known here, not {name!r}", nearest(name, known))
    return found


def _ladder(section: Section, receivers: set[str]) -> tuple[Rung, ...]:
    rungs: list[Rung] = []
    for one in section.sections("ladder"):
        rung = Rung(_names(one, "tell", receivers), 60.0 * one.number("after_mins", 0, most=_YEAR_MINS))
        if not rung.tell:
            one.wrong("tell", "at least one receiver", nearest("", receivers))
        if not rungs and rung.after_secs:
            one.wrong("after_mins", "nothing on the first rung: it is told at once", "leave it out")
        if rungs and rung.after_secs <= rungs[-1].after_secs:
            one.wrong("after_mins", f"more than the {rungs[-1].after_secs / 60:g} min of the rung before", "let it come later")
        one.done()
        rungs.append(rung)
    if not rungs and section.has("ladder"):
        section.wrong("ladder", "at least one rung", "write ladder: [{tell: [operators]}]")
    return tuple(rungs) or (Rung((DEFAULT_RECEIVER,)),)
