"""A small desk and samples, by which the conformance kit tries this adapter."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import orjson

from gateway.sdk import (
    Accepted,
    Agency,
    Completed,
    DocumentRef,
    Invalid,
    NeedsApplicant,
    Operation,
    OutgoingRequest,
    Refused,
    Reply,
)
from gateway.sdk.testing import Conformance, ReplySample

_SCAN = DocumentRef("ab" * 32, "scan.jpg", "image/jpeg", "passport", 12)


def conformance() -> Conformance:
    """Return the desk and the samples."""
    answer = {"type": "object", "required": ["collected_by"], "properties": {"collected_by": {"type": "string"}}}
    options = {"title": {"en": "Hand over", "uz": "Topshirish"}, "answer": answer}
    desk = Agency(
        id="counter",
        title={"en": "The counter"},
        adapter="desk",
        operations={"handOver": Operation("handOver", idempotent=True, options=options)},
        branches_are_offices=True,
    )
    return Conformance(
        agency=desk,
        requests=(_request({"what": "extract", "recipient": "Namunayeva Zulfiya"}), _request({}), _request(None)),
        sent=Accepted,
        invalid=(_request("hand it over"), _request([1]), _request({"at": float})),
        replies=(
            ReplySample(_reply({"outcome": "completed", "data": {"collected_by": "Namunayeva Zulfiya"}}), Completed),
            ReplySample(_reply({"outcome": "completed", "data": {"collected_by": 7}}), Invalid),
            ReplySample(_reply({"outcome": "refused", "code": "absent", "reason": "never came"}), Refused),
            ReplySample(_reply({"outcome": "needs_applicant", "what": "original"}), NeedsApplicant),
            ReplySample(_reply({"outcome": "not_there"}), Invalid),
            ReplySample(_reply({"outcome": "done"}), Invalid),
        ),
    )


def _request(product: Any) -> OutgoingRequest:
    at = datetime(2026, 3, 2, 6, 0, tzinfo=UTC)
    return OutgoingRequest("01890000-0000-7000-8000-000000000002", "NAM-2", "handOver", product, at, documents=(_SCAN,))


def _reply(outcome: Any) -> Reply:
    return Reply("handOver", 200, {"content-type": "application/json"}, orjson.dumps(outcome))
