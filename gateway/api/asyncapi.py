"""The AsyncAPI document of the exchange of events: made of the table of event types and the topology."""

from __future__ import annotations

from typing import Any, Final

from gateway.api.openapi import VERSION
from gateway.domain.event_types import EVENT_TYPES, EventType
from gateway.domain.events import PREFIX
from gateway.messaging.topology import Names

#: The prefix of names on the broker, unless a deployment sets another (``DARCHA_BROKER_PREFIX``).
EXCHANGE: Final = Names("darcha").events
_ABOUT: Final = f"""\
Every change of state of a case is an event, and every event is published on the topic exchange `{EXCHANGE}` after the
change was committed. Bind a queue of your own with the routing keys that you want: `case.decided`, `clock.*`, `#`.

At least once: a repeat has the same `id`, which is the message id too. Of one case, order by `sequence`, which has no gaps.
The exchange keeps nothing. Whoever was away, or finds a gap, reads on by `GET /v1/events?after=` where the cursor of the
last page was kept (`openapi.json`), and so misses none. A payload
that was erased under a retention rule is an empty object there.
"""
_ON_THE_EXCHANGE: Final = {
    "amqp": {
        "is": "routingKey",
        "exchange": {"name": EXCHANGE, "type": "topic", "durable": True, "autoDelete": False, "vhost": "/"},
        "bindingVersion": "0.3.0",
    }
}


def asyncapi() -> dict[str, Any]:
    """Return the document (AsyncAPI 3.0). Schemas stand beside it, in ``events/``."""
    types = sorted(EVENT_TYPES.values(), key=lambda made: made.name)
    return {
        "asyncapi": "3.0.0",
        "id": "urn:darcha:events",
        "info": {
            "title": "Darcha events",
            "version": VERSION,
            "description": _ABOUT,
        },
        "defaultContentType": "application/json",
        "servers": {
            "broker": {
                "host": "rabbitmq:5672",
                "protocol": "amqp",
                "protocolVersion": "0.9.1",
                "description": "The deployment's RabbitMQ, with a user that may bind to the exchange.",
            }
        },
        "channels": {made.name: _channel(made) for made in types},
        "operations": {f"on.{made.name}": _operation(made) for made in types},
        "components": {
            "messages": {made.name: _message(made) for made in types},
            "messageTraits": {"event": {"headers": _headers(), "contentType": "application/json"}},
            "channelBindings": {"events": _ON_THE_EXCHANGE},
            "operationBindings": {"persistent": {"amqp": {"deliveryMode": 2, "bindingVersion": "0.3.0"}}},
        },
    }


def _channel(made: EventType) -> dict[str, Any]:
    return {
        "address": made.name,
        "title": made.summary,
        "servers": [{"$ref": "#/servers/broker"}],
        "messages": {made.name: {"$ref": f"#/components/messages/{made.name}"}},
        "bindings": {"$ref": "#/components/channelBindings/events"},
    }


def _operation(made: EventType) -> dict[str, Any]:
    return {
        "action": "send",
        "summary": made.summary,
        "channel": {"$ref": f"#/channels/{made.name}"},
        "messages": [{"$ref": f"#/channels/{made.name}/messages/{made.name}"}],
        "bindings": {"$ref": "#/components/operationBindings/persistent"},
    }


def _message(made: EventType) -> dict[str, Any]:
    return {
        "name": made.wire_name,
        "title": made.summary,
        "traits": [{"$ref": "#/components/messageTraits/event"}],
        "payload": {
            "allOf": [
                {"$ref": "events/envelope.schema.json"},
                {
                    "type": "object",
                    "properties": {
                        "type": {"const": made.wire_name},
                        "data": {"$ref": f"events/{made.name}.schema.json"},
                    },
                },
            ]
        },
    }


def _headers() -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "ce-type": {
                "type": "string",
                "description": "The type, as in the body: for who wants to choose without reading it.",
                "examples": [f"{PREFIX}case.decided.v1"],
            }
        },
        "required": ["ce-type"],
    }
