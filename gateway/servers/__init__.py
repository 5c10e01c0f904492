"""Private PostgreSQL and RabbitMQ servers, for ``darcha demo --full`` and for the tests; and the browser of the tests.

They run from the binaries installed on the machine, on free ports of 127.0.0.1, in a directory of their own, and never
touch a server that is already there. Production brings its own servers; nothing here is meant for it.
"""

from gateway.servers.errors import ServerError, ServerFailed, ServersMissing
from gateway.servers.install import require_chromium, require_postgres, require_rabbitmq
from gateway.servers.postgres import PostgresServer
from gateway.servers.rabbitmq import Permissions, RabbitmqServer

__all__ = [
    "Permissions",
    "PostgresServer",
    "RabbitmqServer",
    "ServerError",
    "ServerFailed",
    "ServersMissing",
    "require_chromium",
    "require_postgres",
    "require_rabbitmq",
]
