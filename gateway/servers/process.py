"""What the private servers share: a directory with its facts, free ports, an unprivileged user, processes by their id.

A server is known by its directory: ``server.json`` holds its ports and secrets, ``*.pid`` its processes. So another
process than the one that started it can stop it (test workers share one server, and the last one stops it).
"""

from __future__ import annotations

import fcntl
import json
import os
import pwd
import secrets
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path
from typing import Any

from gateway.servers.errors import ServerFailed

HOST = "127.0.0.1"
_POLL_SECS = 0.05


def free_ports(count: int) -> list[int]:
    """Return ``count`` different ports of 127.0.0.1 that nothing listens on now."""
    sockets = [socket.socket() for _ in range(count)]
    try:
        for each in sockets:
            each.bind((HOST, 0))
        return [each.getsockname()[1] for each in sockets]
    finally:
        for each in sockets:
            each.close()


def listens(port: int) -> bool:
    """Tell whether something accepts connections on the port."""
    with socket.socket() as probe:
        probe.settimeout(1)
        return probe.connect_ex((HOST, port)) == 0


def alive(pid: int) -> bool:
    """Tell whether the process runs. One that has ended and waits for its parent (a zombie) does not."""
    stat = Path(f"/proc/{pid}/stat")
    if Path("/proc/self/stat").exists():
        try:
            return stat.read_text().rpartition(")")[2].split()[0] not in {"Z", "X"}
        except OSError:
            return False
    try:
        os.kill(pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


class Directory:
    """The directory of one server, owned by the unprivileged user that runs it when the caller is root."""

    def __init__(self, path: Path | None, prefix: str, users: Sequence[str], facts: Callable[[], Mapping[str, Any]]) -> None:
        self.path = path or Path(tempfile.mkdtemp(prefix=f"darcha-{prefix}-"))
        self.path.mkdir(parents=True, exist_ok=True)
        self._user = _unprivileged(users)
        stored = self.path / "server.json"
        if not stored.exists():
            stored.write_text(json.dumps({"secret": secrets.token_hex(12), **facts()}))
            stored.chmod(0o600)
            self.give(self.path)
        self.facts: dict[str, Any] = json.loads(stored.read_text())
        self._children: dict[str, subprocess.Popen[bytes]] = {}

    @contextmanager
    def changing(self) -> Iterator[dict[str, Any]]:
        """Yield the facts as they are now, to be changed and kept. One process at a time: several may share the server."""
        with (self.path / "lock").open("a") as lock:
            fcntl.flock(lock, fcntl.LOCK_EX)
            self.facts = json.loads((self.path / "server.json").read_text())
            yield self.facts
            (self.path / "server.json").write_text(json.dumps(self.facts))

    def give(self, path: Path) -> None:
        """Make the path belong to the user that runs the server."""
        if self._user:
            os.chown(path, self._user.pw_uid, self._user.pw_gid)

    def folder(self, name: str) -> Path:
        """Return a folder in the directory, made when it is not there."""
        folder = self.path / name
        if not folder.exists():
            folder.mkdir(mode=0o700)
            self.give(folder)
        return folder

    def file(self, name: str, text: str, mode: int = 0o600) -> Path:
        """Write a file for the server to read."""
        file = self.path / name
        file.unlink(missing_ok=True)
        file.write_text(text)
        file.chmod(mode)
        self.give(file)
        return file

    def run(self, command: Sequence[str | Path], env: Mapping[str, str] | None = None, timeout: float = 90) -> str:
        """Run a command as the server's user and return what it said. Raises ``ServerFailed``."""
        try:
            done: subprocess.CompletedProcess[str] = subprocess.run(  # noqa: S603 - fixed arguments
                [str(part) for part in command],
                capture_output=True, text=True, env=self._environment(env), cwd=self.path, timeout=timeout, check=False,
                **self._identity(),
            )  # fmt: skip
        except subprocess.TimeoutExpired as error:
            raise ServerFailed(f"{Path(str(command[0])).name} did not end within {timeout:g} s") from error
        if done.returncode:
            tail = "\n".join((done.stdout + done.stderr).splitlines()[-15:])
            raise ServerFailed(f"{Path(str(command[0])).name} failed with {done.returncode}:\n{tail}")
        return done.stdout

    def spawn(self, name: str, command: Sequence[str | Path], env: Mapping[str, str] | None = None) -> int:
        """Start a process in a session of its own, remember its id in ``<name>.pid``, its words in ``<name>.log``."""
        with (self.path / f"{name}.log").open("ab") as log:
            child = subprocess.Popen(  # noqa: S603 - fixed arguments
                [str(part) for part in command],
                stdin=subprocess.DEVNULL, stdout=log, stderr=log, env=self._environment(env), cwd=self.path,
                start_new_session=True, **self._identity(),
            )  # fmt: skip
        self._children[name] = child
        (self.path / f"{name}.pid").write_text(str(child.pid))
        return child.pid

    def pid(self, name: str) -> int | None:
        """Return the id of the named process while it runs."""
        try:
            pid = int((self.path / f"{name}.pid").read_text())
        except (OSError, ValueError):
            return None
        self._reap(name)
        return pid if alive(pid) else None

    def end(self, name: str, how: signal.Signals, timeout: float = 0, *, group: bool = False) -> bool:
        """Signal the named process (or its whole group) and wait for its end; tell whether it ended in time."""
        pid = self.pid(name)
        if pid is None:
            return True
        try:
            if group:
                os.killpg(pid, how)
            else:
                os.kill(pid, how)
        except ProcessLookupError:
            return True
        return self.until(lambda: self.pid(name) is None, timeout)

    def until(self, condition: Callable[[], bool], timeout: float) -> bool:
        """Poll the condition until it holds; tell whether it held within ``timeout`` seconds."""
        deadline = time.monotonic() + timeout
        while not condition():
            if time.monotonic() > deadline:
                return False
            time.sleep(_POLL_SECS)
        return True

    def tail(self, *names: str) -> str:
        """Return the last lines of the logs named, for an error message."""
        lines: list[str] = []
        for name in names:
            try:
                lines += (self.path / name).read_text(errors="replace").splitlines()[-20:]
            except OSError:
                continue
        return "\n".join(lines)

    def remove(self, name: str = "") -> None:
        """Delete a folder of the directory, or the whole directory."""
        shutil.rmtree(self.path / name if name else self.path, ignore_errors=True)

    def _reap(self, name: str) -> None:
        child = self._children.get(name)
        if child and child.poll() is not None:
            del self._children[name]

    def _identity(self) -> dict[str, Any]:
        if self._user is None:
            return {}
        return {"user": self._user.pw_uid, "group": self._user.pw_gid, "extra_groups": []}

    def _environment(self, extra: Mapping[str, str] | None) -> dict[str, str]:
        # Not the caller's environment: PG* or RABBITMQ_* variables there would lead to somebody else's server.
        return {"PATH": os.environ.get("PATH", os.defpath), "HOME": str(self.path), "LC_ALL": "C.UTF-8", **(extra or {})}


def _unprivileged(names: Sequence[str]) -> pwd.struct_passwd | None:
    """PostgreSQL refuses to run as root; RabbitMQ need not. Not root: everything runs as the caller."""
    if os.geteuid() != 0:
        return None
    for name in (*names, "nobody"):
        try:
            return pwd.getpwnam(name)
        except KeyError:
            continue
    raise ServerFailed(f"root cannot run a private server, and none of the users {', '.join(names)}, nobody exists")
