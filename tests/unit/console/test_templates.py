"""Templates keep to the policy of the page: nothing inline, nothing from elsewhere, every form with its token."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from gateway.console.headers import POLICY
from gateway.console.rendering import ENVIRONMENT
from gateway.console.static_files import address_of, weight_of

FOLDER = Path(__file__).parents[3] / "gateway" / "console"
TEMPLATES = sorted((FOLDER / "templates").glob("*.html"))


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.stem)
def test_nothing_is_inline_and_nothing_comes_from_elsewhere(path: Path) -> None:
    text = path.read_text("utf-8")
    ENVIRONMENT.get_template(path.name)
    assert not re.search(r"<style|\sstyle=|\son[a-z]+=|javascript:|hx-on|https?://", text)
    assert all("src=" in tag for tag in re.findall(r"<script[^>]*>", text))
    assert "|safe" not in text.replace(" ", "")


@pytest.mark.parametrize("path", TEMPLATES, ids=lambda p: p.stem)
def test_every_form_that_changes_something_carries_the_token(path: Path) -> None:
    forms = re.findall(r'<form method="post".*?</form>', path.read_text("utf-8"), re.DOTALL)
    assert all("m.csrf()" in form or "csrf_field" in form for form in forms)


def test_the_policy_allows_nothing_inline() -> None:
    assert "unsafe" not in POLICY
    assert POLICY.startswith("default-src 'self'")
    assert "frame-ancestors 'none'" in POLICY


def test_the_styles_name_nothing_from_elsewhere_and_the_files_are_small() -> None:
    style = (FOLDER / "static" / "console.css").read_text("utf-8")
    assert "url(" not in style
    assert "@import" not in style
    assert weight_of("console.css", "console.js", "htmx.min.js", "darcha.svg") < 100_000
    assert re.fullmatch(r"/static/console\.[0-9a-f]{10}\.css", address_of("console.css"))


def test_text_and_ground_stand_apart_enough_in_both_themes() -> None:
    """WCAG 2.2 AA: 4.5 to 1 for text, on every ground that it stands on."""
    style = (FOLDER / "static" / "console.css").read_text("utf-8")
    light = _colours(style.split("@media (prefers-color-scheme: dark)")[0])
    dark = _colours(style.split(':root[data-theme="dark"]')[1].split("}")[0])
    assert light.keys() == dark.keys()
    for theme in (light, dark):
        for ink in ("ink", "muted", "accent"):
            for ground in ("ground", "surface", "raised"):
                assert _contrast(theme[ink], theme[ground]) >= 4.5, (ink, ground)
        for tone in ("info", "good", "warn", "bad", "calm"):
            for ground in (f"{tone}-soft", "surface", "raised"):
                assert _contrast(theme[tone], theme[ground]) >= 4.5, (tone, ground)
        for ground in ("good-soft", "bad-soft", "accent-soft", "calm-soft"):
            assert _contrast(theme["ink"], theme[ground]) >= 4.5
            assert _contrast(theme["muted"], theme[ground]) >= 4.5, ground
        assert _contrast(theme["accent-ink"], theme["accent"]) >= 4.5
        assert _contrast(theme["line-strong"], theme["surface"]) >= 3


def test_the_dark_theme_is_the_same_by_choice_and_by_the_system() -> None:
    style = (FOLDER / "static" / "console.css").read_text("utf-8")
    by_system = style.split(':root:not([data-theme="light"])')[1].split("}")[0]
    by_choice = style.split(':root[data-theme="dark"]')[1].split("}")[0]
    assert by_system.split() == by_choice.split()


def _colours(block: str) -> dict[str, str]:
    return dict(re.findall(r"--([a-z-]+): (#[0-9a-f]{6})", block))


def _contrast(one: str, two: str) -> float:
    bright, dim = sorted((_luminance(one), _luminance(two)), reverse=True)
    return (bright + 0.05) / (dim + 0.05)


def _luminance(colour: str) -> float:
    channels = [int(colour[n : n + 2], 16) / 255 for n in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]
