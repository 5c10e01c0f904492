"""One way to a bus, chosen by URL."""

from __future__ import annotations

from urllib.parse import urlsplit

from gateway.application.bus import Bus, BusError

DEFAULT_PREFIX = "darcha"


def connect(url: str, *, prefix: str = DEFAULT_PREFIX, declare: bool = True) -> Bus:
    """Return the bus for a URL, not yet open.

    ``amqp://user:password@host:port/vhost`` and ``amqps://...`` lead to RabbitMQ. ``prefix`` begins the name of every queue
    and exchange. ``declare=False`` declares none of them and waits until they are there: for a worker whose broker user may
    only read its lanes and write replies (see ``topology.worker_permissions``).

    ``memory://`` is a bus inside this process; two that are given the same name (``memory://name``) share their queues.
    """
    scheme = urlsplit(url).scheme
    # Imported here: the embedded mode needs no AMQP library in memory.
    if scheme in {"amqp", "amqps"}:
        from gateway.messaging.rabbitmq import RabbitBus  # noqa: PLC0415

        return RabbitBus(url, prefix=prefix, declare=declare)
    if scheme == "memory":
        from gateway.messaging.inprocess import InProcessBus, broker  # noqa: PLC0415

        return InProcessBus(broker(urlsplit(url).netloc))
    raise BusError(f"{scheme or url!r} is no bus: expected amqp://, amqps:// or memory://")
