"""Every kind of incident has a way out, in every language, by calls that there are."""

from __future__ import annotations

import pytest

from gateway.application.languages import LANGUAGES
from gateway.application.ways_out import WAYS_OUT, way_out
from gateway.domain.incident import IncidentKind

ACTIONS = {
    *("retry", "supersede", "cancel", "resolve", "late_reply", "decide", "reopen", "suspend", "extend", "resume_lane"),
    *("replay", "close"),
}


@pytest.mark.parametrize("kind", list(IncidentKind))
def test_every_kind_has_a_way_out_in_every_language(kind: IncidentKind) -> None:
    way = WAYS_OUT[kind]
    texts = [way.text(language) for language in LANGUAGES]
    assert len(set(texts)) == len(LANGUAGES) and all(20 < len(text) <= 160 and text.endswith(".") for text in texts)
    assert way.code and way.actions and set(way.actions) <= ACTIONS
    assert way_out(str(kind)) is way


def test_a_kind_of_a_newer_release_has_a_general_one() -> None:
    assert way_out("not_yet_known").actions == ("close",)
    assert way_out("not_yet_known").text("xx") == way_out("not_yet_known").text("en")
