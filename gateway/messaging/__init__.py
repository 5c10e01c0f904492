"""Moves work between processes: RabbitMQ, or the same behaviour inside one process.

Both implement the port ``gateway.application.bus``; one suite of tests holds them to it. ``connect`` chooses by URL.
"""

from gateway.messaging.factory import connect

__all__ = ["connect"]
