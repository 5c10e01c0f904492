"""The console in a real Chromium, over a whole gateway with simulated agencies.

    make test                                        with everything else
    python -m pytest tests/console -n 0              the browser tests alone

One of them, watched: a window opens, each step takes half a second, and ``PWDEBUG=console`` gives playwright's helpers in the
developer tools.

    DARCHA_TEST_HEADED=1 python -m pytest -n 0 -p no:randomly tests/console/test_repair.py -k dry_run

``DARCHA_TEST_CHROMIUM`` names another browser. ``make screenshots`` writes every page, light and dark, at 390 and 1440 px, to
``var/screenshots/``.

Nothing here sleeps: playwright's expectations and ``tests/path/waiting.py`` wait for what has to happen. Whatever a test is
about, it fails when the browser complains: an error on the browser's console, a breach of the content security policy, a script that
throws, a request that fails or is answered with an error that the test has not announced.
"""
