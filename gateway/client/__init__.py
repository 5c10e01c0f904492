"""A small typed client of the REST API, for front offices in Python, the command line and the tests (``docs/sdk.md``)."""

from gateway.client.client import GatewayClient
from gateway.client.errors import (
    ClientError,
    GatewayRefused,
    GatewayUnreachable,
    NotAnEvent,
    NotSigned,
    StillWaiting,
    WebhookRefused,
    WrongSignature,
    WrongTime,
)
from gateway.client.types import Case, CloudEvent, Submitted, Webhook, WebhookDelivery, WebhookTest, WebhookWithSecret
from gateway.client.verifying import verify

__all__ = [
    "Case",
    "ClientError",
    "CloudEvent",
    "GatewayClient",
    "GatewayRefused",
    "GatewayUnreachable",
    "NotAnEvent",
    "NotSigned",
    "StillWaiting",
    "Submitted",
    "Webhook",
    "WebhookDelivery",
    "WebhookRefused",
    "WebhookTest",
    "WebhookWithSecret",
    "WrongSignature",
    "WrongTime",
    "verify",
]
