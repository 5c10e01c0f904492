"""Finds the binaries of PostgreSQL, RabbitMQ and Chromium, and installs the Debian packages where that is allowed.

Installing is allowed when ``CI=true`` or ``DARCHA_TEST_INSTALL=1``. Otherwise what is missing is said exactly, with the
command that installs it: a test that needs one of them fails then, it is never skipped.
"""

from __future__ import annotations

import os
import re
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

from gateway.servers.errors import ServersMissing

_POSTGRES_ROOTS = ("/usr/lib/postgresql", "/usr/pgsql", "/opt/homebrew/opt", "/usr/local/opt")
_RABBITMQ_ROOTS = ("/usr/lib/rabbitmq", "/opt/homebrew/opt/rabbitmq", "/usr/local/opt/rabbitmq", "/opt/rabbitmq")
_BROWSERS = ("chromium", "chromium-browser", "google-chrome", "/Applications/Chromium.app/Contents/MacOS/Chromium")
#: Names the binary of a browser that is to be used instead of what is found.
CHROMIUM_VARIABLE = "DARCHA_TEST_CHROMIUM"
_APT_TIMEOUT_SECS = 900


def require_postgres() -> Path:
    """Return the directory that holds ``initdb`` and ``postgres``. Raises ``ServersMissing``."""
    otherwise = "name a running server in DARCHA_TEST_DATABASE_URL"
    return find_postgres() or _install("PostgreSQL", "postgresql", otherwise, find_postgres)


def require_rabbitmq() -> Path:
    """Return the directory that holds the plain ``rabbitmq-server`` and ``rabbitmqctl`` scripts. Raises ``ServersMissing``."""
    otherwise = "name a running server in DARCHA_TEST_BROKER_URL"
    return find_rabbitmq() or _install("RabbitMQ", "rabbitmq-server", otherwise, find_rabbitmq)


def require_chromium() -> Path:
    """Return the browser's binary. Raises ``ServersMissing``.

    No font has to be installed beside it: it depends on fontconfig, and that on DejaVu, which has every letter of our four
    languages.
    """
    otherwise = f"name the binary of a Chromium in {CHROMIUM_VARIABLE}"
    return find_chromium() or _install("Chromium", "chromium", otherwise, find_chromium)


def find_postgres() -> Path | None:
    """Return PostgreSQL's directory of binaries, the newest version where there are several, or None."""
    found = [
        binary.parent
        for root in _POSTGRES_ROOTS
        for pattern in ("*/bin/initdb", "bin/initdb")
        for binary in Path(root).glob(pattern)
        if (binary.parent / "postgres").exists()
    ]
    if found:
        return max(found, key=lambda path: [int(number) for number in re.findall(r"\d+", str(path))])
    on_path = shutil.which("initdb")
    if on_path and (real := Path(on_path).resolve().parent / "postgres").exists():
        return real.parent
    return None


def find_rabbitmq() -> Path | None:
    """Return RabbitMQ's directory of scripts, or None.

    Debian's ``/usr/sbin/rabbitmq-server`` is a wrapper that changes user and directory; the scripts behind it obey the
    ``RABBITMQ_*`` variables, so these are looked for first.
    """
    for root in _RABBITMQ_ROOTS:
        for pattern in ("lib/*/sbin/rabbitmq-server", "sbin/rabbitmq-server", "bin/rabbitmq-server"):
            found = sorted(Path(root).glob(pattern))
            if found and shutil.which("erl"):
                return found[-1].parent
    on_path = shutil.which("rabbitmq-server")
    if on_path and shutil.which("erl") and (real := Path(on_path).resolve().parent / "rabbitmq-env").exists():
        return real.parent
    return None


def find_chromium() -> Path | None:
    """Return the browser's binary, or None. One that is named and not there is nothing found."""
    named = os.environ.get(CHROMIUM_VARIABLE)
    found = (shutil.which(name) for name in ((named,) if named else _BROWSERS))
    return next((Path(path) for path in found if path), None)


def installing_is_allowed() -> bool:
    """Tell whether this environment permits installing packages."""
    return os.environ.get("CI", "").lower() in {"1", "true"} or os.environ.get("DARCHA_TEST_INSTALL") == "1"


def _install(title: str, package: str, otherwise: str, find: Callable[[], Path | None]) -> Path:
    by_hand = f"apt-get install --yes --no-install-recommends {package}"
    ways = (
        f"Install it ({by_hand}; with sudo where you are not root), or let the tests do it (DARCHA_TEST_INSTALL=1), "
        f"or {otherwise}."
    )
    if not installing_is_allowed():
        raise ServersMissing(f"{title} is needed and its binaries are not installed. {ways}")
    apt = shutil.which("apt-get")
    if apt is None:
        raise ServersMissing(f"{title} is needed, its binaries are not installed, and there is no apt-get here. {ways}")
    prefix = [] if os.geteuid() == 0 else ["sudo", "-n"]
    environment = {**os.environ, "DEBIAN_FRONTEND": "noninteractive"}
    for arguments in (["update"], ["install", "--yes", "--no-install-recommends", package]):
        done = subprocess.run(  # noqa: S603 - fixed arguments
            [*prefix, apt, *arguments], capture_output=True, text=True, env=environment, timeout=_APT_TIMEOUT_SECS, check=False
        )
        if done.returncode:
            tail = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
            raise ServersMissing(f"{title} is needed, and apt-get {arguments[0]} could not install it:\n{tail}\n{ways}")
    found = find()
    if found is None:
        raise ServersMissing(f"The package {package} is installed now, but its binaries are nowhere they are known to be. {ways}")
    return found
