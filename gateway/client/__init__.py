"""A small typed client of the REST API, for front offices in Python, the command line and the tests."""

from gateway.client.client import GatewayClient
from gateway.client.errors import ClientError, GatewayRefused, GatewayUnreachable

__all__ = ["ClientError", "GatewayClient", "GatewayRefused", "GatewayUnreachable"]
