"""The timeline and the trace of a case that was tried twice and answered by a callback; and a look at its messages."""

from __future__ import annotations

import hashlib
from collections.abc import AsyncIterator
from datetime import datetime
from typing import Any

import pytest

from gateway.application.reads import Client
from gateway.client import GatewayClient
from gateway.roles.spans import SpanPump, into_store
from gateway.security.keys import hash_key
from gateway.telemetry.recorder import Recorder
from gateway.telemetry.tracing import record_into
from tests.path.catalogue import application
from tests.path.gateway import Gateway
from tests.path.test_one_trace import AGENCYS, OFFICES, walked
from tests.path.waiting import until

Json = dict[str, Any]


@pytest.fixture
async def recorder() -> AsyncIterator[Recorder]:
    made = Recorder("all", dropped=lambda _: None)
    end = record_into(made.tracer)
    yield made
    end()


async def by(gateway: Gateway, name: str, *scopes: str) -> GatewayClient:
    key = f"key of {name}"
    await gateway.core.store.add_key(hash_key(key), Client(name, frozenset(scopes)))
    return GatewayClient(gateway.address, key)


def of(timeline: Json, kind: str, *whats: str) -> list[Json]:
    return [e for e in timeline["entries"] if e["kind"] == kind and (not whats or e["what"] in whats)]


def span_of(entry: Json) -> tuple[datetime, datetime]:
    return datetime.fromisoformat(entry["at"]), datetime.fromisoformat(entry["until"])


async def test_every_hop_with_its_time_and_its_holder(gateway: Gateway) -> None:
    case = await walked(gateway)
    seen = await gateway.client.call("GET", f"/v1/cases/{case}/timeline")
    times = [e["at"] for e in seen["entries"]]
    assert times == sorted(times)
    events = await gateway.events(case)
    assert [e["reference"] for e in of(seen, "event")] == [str(e["sequence"]) for e in events]

    tries, hops = of(seen, "attempt"), of(seen, "hop")
    assert [t["what"] for t in tries][-2:] == ["retry_later", "accepted"] and len(hops) == len(tries)
    for hop, tried in zip(hops, tries, strict=True):
        assert hop["until"] == tried["at"] and hop["holder"] == "gateway" and hop["seconds"] >= 0
        assert hop["reference"] == tried["reference"]
    assert [t["holder"] for t in tries][-2:] == ["transport", "agency:registry"]
    assert tries[-1]["data"]["status"] == 202 and tries[-1]["data"]["sent_bytes"] > 0

    waits = {w["what"]: w for w in of(seen, "wait")}
    assert {"lane", "retry", "reply"} <= set(waits)
    assert waits["reply"]["holder"] == "agency:registry" and waits["retry"]["holder"] == "transport"
    assert datetime.fromisoformat(waits["retry"]["data"]["next_at"]) <= span_of(waits["retry"])[1]

    (callback,) = of(seen, "callback")
    assert (callback["what"], callback["agency"], callback["data"]["name"]) == ("completed", "registry", "Done")
    since, applied = span_of(callback)
    (done,) = of(seen, "event", "request.completed")
    assert since <= applied and abs((applied - datetime.fromisoformat(done["at"])).total_seconds()) < 5
    assert done["data"]["inbox"] == callback["reference"]

    # whose time it was adds up, and the bars are the entries that last
    assert sum(p["share_secs"] for p in seen["attribution"]["parts"]) == pytest.approx(seen["attribution"]["secs"], abs=0.01)
    assert {h["holder"] for h in seen["holds"]} >= {"gateway", "transport", "agency:registry"}
    lasting = [i for i, e in enumerate(seen["entries"]) if e["until"] is not None or e["open"]]
    assert sorted(b["entry"] for b in seen["bars"]) == lasting
    assert all(0 <= b["from_secs"] <= b["to_secs"] + 1e-6 for b in seen["bars"] if b["kind"] != "clock")


async def test_words_in_the_callers_language_and_the_front_office_sees_nothing_of_what_travelled(gateway: Gateway) -> None:
    async with await by(gateway, "office", "submit", "read") as office, await by(gateway, "stranger", "read") as stranger:
        made = await office.submit(application("enter", "a private word"), "one")
        await gateway.until_case(made["id"], "closed")
        mine = await office.call("GET", f"/v1/cases/{made['number']}/timeline", headers={"Accept-Language": "ru"})
        assert "Заявление принято" in [e["text"] for e in mine["entries"]]
        assert "Попытка 1: исполнено" in [e["text"] for e in mine["entries"]]
        assert mine["exchanged"] == []
        (tried,) = of(mine, "attempt")
        assert not {"status", "sent_bytes", "received_bytes", "traceparent"} & set(tried["data"])
        for path in ("timeline", "trace"):
            with pytest.raises(Exception, match="there is no case"):
                await stranger.call("GET", f"/v1/cases/{made['id']}/{path}")
    operators = await gateway.client.call("GET", f"/v1/cases/{made['id']}/timeline")
    sent = next(e for e in operators["exchanged"] if e["what"] == "sent")
    assert {"path": "/text", "kind": "text", "length": len("a private word")} in sent["lines"]
    assert "a private word" not in str(operators)


async def test_a_look_at_a_message_is_an_event_before_it_is_shown(gateway: Gateway) -> None:
    case = await walked(gateway)
    request = (await gateway.request(case))["id"]
    callback = of(await gateway.client.call("GET", f"/v1/cases/{case}/timeline"), "callback")[0]["reference"]
    path, body = f"/v1/requests/{request}/reveal", {"reason": "the agency says that a field was empty"}
    refused = await gateway.refusal("POST", path, body)
    assert refused.status == 403 and "reveal" in str(refused), "an operator's key does not include it"
    async with await by(gateway, "inspector", "reveal") as inspector:
        with pytest.raises(Exception, match="reason"):
            await inspector.call("POST", path, {"reason": " "})
        with pytest.raises(Exception, match="has no message"):
            await inspector.call("POST", path, body | {"what": "lookup"})
        with pytest.raises(Exception, match="has no message"):
            await inspector.call("POST", path, body | {"what": case})
        assert await gateway.events(case, "message.revealed") == [], "what was not shown leaves no trace"
        sent = await inspector.call("POST", path, body)
        heard = await inspector.call("POST", path, body | {"what": callback})
    assert '"text":"an entry"' in sent["text"].replace(": ", ":") and '"callbackId"' in heard["text"]
    looks = await gateway.events(case, "message.revealed")
    assert [(e["sequence"], e["actor"], e["data"]["what"]) for e in looks] == [
        (sent["sequence"], "operator:inspector", "sent"),
        (heard["sequence"], "operator:inspector", callback),
    ]
    for shown, event in zip((sent, heard), looks, strict=True):
        assert event["data"]["digest"] == shown["digest"] == hashlib.sha256(shown["text"].encode()).hexdigest()
        assert event["data"]["reason"] == body["reason"] and event["data"]["request"] == request
        assert "an entry" not in str(event) and "callbackId" not in str(event)


async def test_the_waterfall_shows_without_a_collector(recorder: Recorder, gateway: Gateway) -> None:
    case = await walked(gateway)
    pump = SpanPump(recorder, into_store(gateway.core.store), lambda _why, _count: None)

    async def shown() -> Json | None:
        await pump.flush()
        trace: Json = await gateway.client.call("GET", f"/v1/cases/{case}/trace")
        names = [s["name"] for s in trace["spans"]]
        return trace if "apply callback registry.Done" in names else None

    trace = await until(shown, "the spans of the callback are kept")
    assert trace["trace_id"] == OFFICES[3:35]
    spans = trace["spans"]
    assert (spans[0]["name"], spans[0]["depth"], spans[0]["parent_id"]) == ("POST /v1/applications", 0, OFFICES[36:52])
    above = {}
    for span in spans:
        above[span["depth"]] = span["span_id"]
        assert span["depth"] == 0 or span["parent_id"] == above[span["depth"] - 1], "each under its parent"
        assert span["seconds"] >= 0 and span["from_secs"] >= 0
    tries = [s for s in spans if s["name"] == "POST registry.order"]
    assert [s["links"][0]["span_id"] for s in tries[1:]] == [s["span_id"] for s in tries[:-1]]
    assert tries[-2]["status"] == "error" and tries[-1]["attributes"]["darcha.outcome"] == "accepted"
    applied = next(s for s in spans if s["name"] == "apply callback registry.Done")
    (call,) = applied["linked"]
    assert call["name"] == "POST /agencies/{agency}/callbacks/{operation}" and call["parent_id"] == AGENCYS[36:52]

    # another case in the same trace, of another client: neither sees the other's spans
    async with await by(gateway, "office", "submit", "read") as office:
        headers = {"Idempotency-Key": "two", "traceparent": OFFICES}
        other = await office.call("POST", "/v1/applications", application("enter"), headers=headers)
        await gateway.until_case(other["id"], "closed")
        await pump.flush()
        mine = await office.call("GET", f"/v1/cases/{other['id']}/trace")
        names = [s["name"] for s in mine["spans"]]
        assert "POST registry.enter" in names and "POST registry.order" not in names
        assert names.count("POST /v1/applications") == 1
        assert {key for s in mine["spans"] for key in s["attributes"]} <= {
            *("http.request.method", "http.route", "http.response.status_code", "darcha.agency", "darcha.operation"),
            *("darcha.outcome", "error.type"),
        }
