"""Moments, days and spans as people of each language write them; languages as browsers ask for them."""

from __future__ import annotations

from datetime import UTC, datetime
from zoneinfo import ZoneInfo

import pytest

from gateway.application.languages import negotiate
from gateway.console import formatting as f

TASHKENT = ZoneInfo("Asia/Tashkent")
AT = datetime(2026, 11, 28, 21, 5, 9, tzinfo=UTC)


def plain(text: str) -> str:
    return text.replace("\u00a0", " ").replace("\u202f", " ")


def test_a_moment_is_told_in_the_zone_and_the_language() -> None:
    assert plain(f.when(AT, "ru", TASHKENT)) == "29.11.2026, 02:05"
    assert plain(f.when(AT, "en", TASHKENT, seconds=True)) == "29 Nov 2026, 02:05:09"
    assert plain(f.day(AT, "uz", ZoneInfo("UTC"))) == "28.11.2026"


@pytest.mark.parametrize(
    ("secs", "language", "told"),
    [
        (0.18, "en", "180 ms"),
        (1.44, "en", "1.4 s"),
        (59.9, "en", "60 s"),
        (61, "ru", "1 мин"),
        (3600, "ky", "1 саат"),
        (3660, "uz", "1 soat 1 daq"),
        (2 * 86400 + 3 * 3600, "en", "2 d 3 h"),
        (86400, "ru", "1 дн"),
        (-7200, "en", "2 h"),
        (40 * 86400 + 7200, "en", "40 d"),
    ],
)
def test_a_span_is_told_in_its_two_largest_units(secs: float, language: str, told: str) -> None:
    assert plain(f.span(secs, language)) == told


def test_sizes_and_numbers() -> None:
    assert plain(f.size(900)) == "900 B"
    assert plain(f.size(2048)) == "2 KB"
    assert plain(f.size(5 * 1024**3)) == "5.0 GB"
    assert plain(f.number(1234567)) == "1 234 567"


@pytest.mark.parametrize(
    ("header", "language"),
    [
        ("ru-RU,ru;q=0.9,en;q=0.8", "ru"),
        ("uz;q=0.4, ky;q=0.9", "ky"),
        ("de, fr", "en"),
        ("", "en"),
        ("ru;q=broken", "en"),
        ("*", "en"),
    ],
)
def test_the_best_of_the_languages_that_a_browser_asks_for(header: str, language: str) -> None:
    assert negotiate(header) == language
