"""What holds for every page: it is there in each language, light enough for a telephone, and marked up for a screen reader."""

from __future__ import annotations

import re

from gateway.console.language import LANGUAGES
from tests.integration.console.conftest import Browser

HEAVIEST = 300_000


async def read_in_all_languages(browser: Browser, path: str) -> dict[str, str]:
    """Read a page in each language; return language → text."""
    told = {}
    for language in LANGUAGES:
        answer = await browser.get(path, accept_language=language)
        assert answer.status == 200, (path, language, answer.status)
        assert len(answer.body) < HEAVIEST, path
        assert f'<html lang="{language}"' in browser.page
        assert answer.headers["cache-control"] == "no-store"
        assert browser.page.count("<h1>") == 1
        # What nobody filled in; "None" is a word of English alone.
        left = r"Undefined|\{\w+\}" if language == "en" else r"\bNone\b|Undefined|\{\w+\}"
        assert not re.search(left, browser.text()), (path, language)
        ids = re.findall(r'\sid="([^"]+)"', browser.page)
        assert len(ids) == len(set(ids)), [each for each in ids if ids.count(each) > 1]
        labelled = {name for found in re.findall(r'aria-labelledby="([^"]+)"', browser.page) for name in found.split()}
        assert labelled <= set(ids), labelled - set(ids)
        told[language] = browser.text()
    assert len(set(told.values())) == len(LANGUAGES), path
    return told
