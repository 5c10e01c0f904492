"""A private RabbitMQ node: its own home, data, node name, Erlang port mapper (epmd) and ports, all on 127.0.0.1.

Users, virtual hosts and permissions are kept in a definitions file that the node loads at each start, so that a node whose
data was deleted comes back as an operator would set up a new one: provisioned, and without queues or messages.
Calls block (a start takes about seven seconds); async code wraps them in ``asyncio.to_thread``.
"""

from __future__ import annotations

import base64
import hashlib
import json
import secrets
import signal
from dataclasses import dataclass
from pathlib import Path
from typing import Any
from urllib.parse import quote

from gateway.servers.errors import ServerFailed
from gateway.servers.install import require_rabbitmq
from gateway.servers.process import HOST, Directory, free_ports, listens

_START_SECS = 90.0
_STOP_SECS = 30.0
_USER = "darcha"

_CONFIG = """\
listeners.tcp.1 = {host}:{port}
load_definitions = {definitions}
loopback_users = none
log.console = false
log.file.level = warning
disk_free_limit.absolute = 64MB
raft.wal_max_size_bytes = 67108864
"""

_HASHING = "rabbit_password_hashing_sha256"

# Several schedulers that spin while idle take the processors away from what is being tested.
_ERLANG = "+S 2:2 +sbwt none +sbwtdcpu none +sbwtdio none"


@dataclass(frozen=True, slots=True)
class Permissions:
    """Regular expressions of what a user may configure, write to and read from in one virtual host."""

    configure: str = ".*"
    write: str = ".*"
    read: str = ".*"


class RabbitmqServer:
    """One node. ``directory`` names an earlier one to take up again; by default a new temporary directory is made."""

    def __init__(self, directory: Path | None = None) -> None:
        self._scripts = require_rabbitmq()
        self._dir = Directory(directory, "rabbitmq", ["rabbitmq"], _new_facts)

    @property
    def directory(self) -> Path:
        return self._dir.path

    @property
    def port(self) -> int:
        return int(self._dir.facts["port"])

    @property
    def running(self) -> bool:
        return self._dir.pid("rabbitmq") is not None

    @property
    def url(self) -> str:
        """The URL of the virtual host ``darcha`` for the user who may do everything: ``amqp://user:password@127.0.0.1:port/darcha``."""
        return self.url_of(_USER)

    def url_of(self, vhost: str, user: str = _USER) -> str:
        """Return the URL of a virtual host for a user that was added."""
        password = self._dir.facts["users"][user]
        return f"amqp://{quote(user, safe='')}:{quote(password, safe='')}@{HOST}:{self.port}/{quote(vhost, safe='')}"

    def start(self) -> RabbitmqServer:
        """Start it; returns when it accepts connections. Raises ``ServerFailed``."""
        if self.running:
            return self
        facts = self._dir.facts
        self._write_definitions()
        self._dir.file("rabbitmq.conf", _CONFIG.format(host=HOST, port=self.port, definitions=self._definitions))
        self._dir.file("enabled_plugins", "[].\n")
        self._dir.file(".erlang.cookie", facts["cookie"], 0o400)
        for folder in ("mnesia", "log"):
            self._dir.folder(folder)
        if self._dir.pid("epmd") is None:
            epmd = ["epmd", "-port", str(facts["epmd"]), "-address", HOST]
            self._dir.spawn("epmd", epmd)
            self._dir.until(lambda: listens(facts["epmd"]), _STOP_SECS)
        # Else the words of an earlier start would be taken for this one's.
        (self.directory / "rabbitmq.log").unlink(missing_ok=True)
        self._dir.spawn("rabbitmq", [self._scripts / "rabbitmq-server"], self._env)
        # The node listens before all is loaded; its banner says when it is done.
        self._dir.until(lambda: self._up() or self._dir.pid("rabbitmq") is None, _START_SECS)
        if not self._up():
            tail = self._dir.tail("rabbitmq.log", "log/node.log")
            self.kill()
            raise ServerFailed(f"RabbitMQ did not start within {_START_SECS:g} s:\n{tail}")
        return self

    def stop(self) -> None:
        """Stop it in order; its data stays."""
        if not self._dir.end("rabbitmq", signal.SIGTERM, _STOP_SECS):
            self.kill()
        self._end_epmd()

    def kill(self) -> None:
        """Kill it as a power cut would: SIGKILL to the node and all it started. Its data stays."""
        self._dir.end("rabbitmq", signal.SIGKILL, _STOP_SECS, group=True)
        self._dir.until(lambda: not listens(self.port), _STOP_SECS)
        self._end_epmd()

    def wipe(self) -> None:
        """Delete its data: queues and messages. Only while it does not run."""
        self._dir.remove("mnesia")

    def restart(self) -> RabbitmqServer:
        """Start it again on the same port with the same users, whatever became of it."""
        self.stop()
        return self.start()

    def destroy(self) -> None:
        """Kill it and delete its directory."""
        self.kill()
        self._dir.remove()

    def add_vhost(self, *names: str) -> None:
        """Add virtual hosts, each open to the user ``darcha``. One call for many is as quick as for one."""
        with self._dir.changing() as facts:
            for name in names:
                facts["permissions"].setdefault(name, {})[_USER] = [".*", ".*", ".*"]
            self._apply()

    def add_user(self, name: str, password: str | None = None, permissions: dict[str, Permissions] | None = None) -> str:
        """Add a user, or change one: ``permissions`` by virtual host. Returns the password."""
        chosen = password or secrets.token_hex(12)
        with self._dir.changing() as facts:
            facts["users"][name] = chosen
            for vhost, allowed in (permissions or {}).items():
                facts["permissions"].setdefault(vhost, {})[name] = [allowed.configure, allowed.write, allowed.read]
            self._apply()
        return chosen

    def ctl(self, *arguments: str) -> str:
        """Run ``rabbitmqctl`` (two seconds or so) and return what it printed."""
        return self._dir.run([self._scripts / "rabbitmqctl", "--quiet", *arguments], self._env)

    def _apply(self) -> None:
        self._write_definitions()
        if self.running:
            self.ctl("import_definitions", str(self._definitions))

    @property
    def _definitions(self) -> Path:
        return self._dir.path / "definitions.json"

    def _write_definitions(self) -> None:
        facts = self._dir.facts
        self._dir.file(self._definitions.name, json.dumps(_definitions(facts["users"], facts["permissions"])))

    @property
    def _env(self) -> dict[str, str]:
        home, facts = self._dir.path, self._dir.facts
        return {
            "RABBITMQ_NODENAME": f"darcha{self.port}@localhost",
            "RABBITMQ_NODE_IP_ADDRESS": HOST,
            "RABBITMQ_NODE_PORT": str(self.port),
            "RABBITMQ_DIST_PORT": str(facts["dist"]),
            "RABBITMQ_MNESIA_BASE": str(home / "mnesia"),
            "RABBITMQ_LOG_BASE": str(home / "log"),
            "RABBITMQ_LOGS": str(home / "log" / "node.log"),
            "RABBITMQ_CONFIG_FILE": str(home / "rabbitmq.conf"),
            "RABBITMQ_ADVANCED_CONFIG_FILE": str(home / "advanced.config"),
            "RABBITMQ_CONF_ENV_FILE": str(home / "rabbitmq-env.conf"),
            "RABBITMQ_ENABLED_PLUGINS_FILE": str(home / "enabled_plugins"),
            "RABBITMQ_PID_FILE": str(home / "mnesia" / "node.pid"),
            "RABBITMQ_SERVER_ADDITIONAL_ERL_ARGS": _ERLANG,
            "RABBITMQ_CTL_DIST_PORT_MIN": str(facts["ctl"]),
            "RABBITMQ_CTL_DIST_PORT_MAX": str(facts["ctl"]),
            "ERL_EPMD_PORT": str(facts["epmd"]),
            "ERL_EPMD_ADDRESS": HOST,
        }

    def _up(self) -> bool:
        return listens(self.port) and "completed with" in self._dir.tail("rabbitmq.log")

    def _end_epmd(self) -> None:
        self._dir.end("epmd", signal.SIGKILL, _STOP_SECS)


def _new_facts() -> dict[str, Any]:
    port, dist, epmd, ctl = free_ports(4)
    return {
        "port": port, "dist": dist, "epmd": epmd, "ctl": ctl, "cookie": secrets.token_hex(12),
        "users": {_USER: secrets.token_hex(12)}, "permissions": {_USER: {_USER: [".*", ".*", ".*"]}},
    }  # fmt: skip


def _definitions(users: dict[str, str], permissions: dict[str, dict[str, list[str]]]) -> dict[str, Any]:
    return {
        "users": [
            {"name": name, "password_hash": _hash(name, password), "hashing_algorithm": _HASHING, "tags": ""}
            for name, password in users.items()
        ],
        "vhosts": [{"name": vhost} for vhost in permissions],
        "permissions": [
            {"user": user, "vhost": vhost, "configure": allowed[0], "write": allowed[1], "read": allowed[2]}
            for vhost, users_of in permissions.items()
            for user, allowed in users_of.items()
        ],
    }


def _hash(name: str, password: str) -> str:
    """RabbitMQ's format: base64(salt + sha256(salt + password)), four bytes of salt. Salted by name: a re-import is no change."""
    salt = hashlib.sha256(name.encode()).digest()[:4]
    return base64.b64encode(salt + hashlib.sha256(salt + password.encode()).digest()).decode()
