"""The simulated REST agency over real HTTP: what the acceptance tests, the demo and integrators rely on."""

import asyncio
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import replace
from pathlib import Path
from typing import Any

import aiohttp
import orjson
import pytest
from aiohttp import web

from adapters.rest import RestAdapter, RestSimulator
from adapters.rest.conformance import KEY, agency, conformance, request
from gateway.sdk import Accepted, Completed, Misconfigured, NotThere, RetryLater, Unknown
from gateway.sdk.simulator import SimulatorOptions, read_ledger
from gateway.sdk.testing import FixedSecrets, lend

TENANCY = {"tenant": "31506201234567", "from": "2026-04-01"}
ADAPTER = RestAdapter(agency())


@asynccontextmanager
async def _serve(**options: Any) -> AsyncIterator[RestSimulator]:
    known = options.pop("agency", agency())
    simulator = RestSimulator(known, SimulatorOptions(**options))
    await simulator.start()
    try:
        yield simulator
    finally:
        await simulator.stop()


def _message(operation: str = "registerTenancy", product: Any = None, message_id: str = "m-1", callback: str = "") -> Any:
    asked = replace(request(operation, TENANCY if product is None else product), message_id=message_id, callback_url=callback)
    return ADAPTER.render(asked)


class Receiver:
    """A front door for callbacks, that refuses the first ``refuse`` of them."""

    def __init__(self, refuse: int = 0) -> None:
        self.got: asyncio.Queue[tuple[str, dict[str, str], Any]] = asyncio.Queue()
        self.tries = 0
        self._refuse = refuse

    async def take(self, call: web.BaseRequest) -> web.Response:
        self.tries += 1
        if self.tries <= self._refuse:
            return web.Response(status=503)
        self.got.put_nowait((call.path, dict(call.headers), orjson.loads(await call.content.read())))
        return web.json_response({"status": "received"})

    @asynccontextmanager
    async def served(self) -> AsyncIterator[str]:
        runner = web.ServerRunner(web.Server(self.take))
        await runner.setup()
        site = web.TCPSite(runner, "127.0.0.1", 0)
        await site.start()
        try:
            yield f"http://127.0.0.1:{runner.addresses[0][1]}/agencies/housing-fund"
        finally:
            await runner.cleanup()


async def test_send_lookup_and_repeat() -> None:
    find = {"params": {"messageId": "m-1"}}
    async with _serve() as simulator, lend(simulator.url, secrets=conformance().secrets) as link:
        absent = await ADAPTER.lookup("registerTenancy", _message("findTenancy", find), link)
        sent = await ADAPTER.send(_message(), link)
        found = await ADAPTER.lookup("registerTenancy", _message("findTenancy", find), link)
        again = await ADAPTER.send(_message(), link)
        ledger = [(e.operation, e.effect) for e in simulator.ledger.entries()]
    assert isinstance(absent.outcome, NotThere)
    assert isinstance(sent.outcome, Completed)
    assert found.outcome == sent.outcome == again.outcome
    # A second processing of an operation that is not idempotent is a second effect: that is what the ledger is for.
    assert ledger == [("findTenancy", False), ("registerTenancy", True), ("findTenancy", False), ("registerTenancy", True)]


async def test_documents_go_as_base64() -> None:
    samples = conformance()
    order = next(r for r in samples.requests if r.operation == "orderInspection")
    async with (
        _serve(callback_base="http://127.0.0.1:9") as simulator,
        lend(simulator.url, secrets=samples.secrets, documents=samples.documents) as link,
    ):
        message = ADAPTER.render(order)
        sent = await ADAPTER.send(message, link)
        ledger = list(simulator.ledger.entries())
        async with lend(simulator.url, secrets=samples.secrets) as poor:
            unsent = await ADAPTER.send(message, poor)
        assert len(list(simulator.ledger.entries())) == len(ledger) == 1
    assert isinstance(sent.outcome, Accepted)
    assert isinstance(unsent.outcome, RetryLater), "an expired reference means that nothing was sent"


async def test_callbacks_are_posted_again_until_taken() -> None:
    receiver = Receiver(refuse=2)
    known = replace(agency(), callbacks={**agency().callbacks, "auth": {"kind": "bearer", "secret": KEY}})
    async with (
        receiver.served() as url,
        _serve(agency=known, secrets=FixedSecrets({KEY: "k"})) as simulator,
        lend(simulator.url, secrets=conformance().secrets) as link,
    ):
        sent = await ADAPTER.send(_message("orderInspection", {"address": "x"}, callback=url), link)
        path, headers, body = await asyncio.wait_for(receiver.got.get(), 10)
        callback = ADAPTER.read_callback("Inspected", headers, orjson.dumps(body))
    assert receiver.tries == 3
    assert path == "/agencies/housing-fund/callbacks/Inspected"
    assert headers["Authorization"] == "Bearer k"
    assert isinstance(sent.outcome, Accepted)
    assert callback.reference == sent.outcome.reference


async def test_callbacks_twice_and_before_the_answer() -> None:
    receiver = Receiver()
    async with (
        receiver.served() as url,
        _serve(faults="duplicate=1,out-of-order=1", callback_base=url.removesuffix("/agencies/housing-fund")) as simulator,
        lend(simulator.url, secrets=conformance().secrets) as link,
    ):
        await ADAPTER.send(_message("orderInspection", {"address": "x"}), link)
        assert receiver.got.qsize() == 2, "both stand there before the call is answered"
        assert receiver.got.get_nowait()[2] == receiver.got.get_nowait()[2]


async def test_the_gate_holds_between_effect_and_answer() -> None:
    """As the acceptance test uses it from another process: hold, wait until ten are held, look, release."""
    async with (
        _serve() as simulator,
        lend(simulator.url, secrets=conformance().secrets) as link,
        aiohttp.ClientSession(simulator.url) as control,
    ):
        await (await control.post("/_control/hold")).read()
        sends = [asyncio.create_task(ADAPTER.send(_message(message_id=f"m-{i}"), link)) for i in range(10)]
        while (await (await control.get("/_control/state")).json())["held"] < 10:
            await asyncio.sleep(0.01)
        assert not any(task.done() for task in sends)
        held = list(read_ledger(await (await control.get("/_control/ledger")).read()))
        assert len(held) == 10
        assert all(e.effect for e in held)
        await (await control.post("/_control/release")).read()
        assert all(isinstance(p.outcome, Completed) for p in await asyncio.wait_for(asyncio.gather(*sends), 5))
        assert (await (await control.get("/_control/state")).json())["held"] == 0


async def test_faults_can_be_changed_while_it_runs() -> None:
    async with (
        _serve() as simulator,
        lend(simulator.url, secrets=conformance().secrets) as link,
        aiohttp.ClientSession(simulator.url) as control,
    ):
        assert (await control.post("/_control/faults", data="explode=1")).status == 400
        assert (await control.post("/_control/nothing")).status == 404
        assert (await control.post("/_control/faults", data="reset-before=1")).status == 200
        assert isinstance((await ADAPTER.send(_message(), link)).outcome, Unknown)
        assert list(simulator.ledger.entries()) == []
        assert (await control.post("/_control/faults", data="")).status == 200
        assert isinstance((await ADAPTER.send(_message(), link)).outcome, Completed)


@pytest.mark.parametrize(
    ("method", "path", "data", "kind", "status"),
    [
        ("POST", "/tenancies", b"{", "application/json", 400),
        ("POST", "/tenancies", b'{"tenant":"1"}', "application/json", 400),
        ("POST", "/tenancies", orjson.dumps(TENANCY), "text/plain", 400),
        ("POST", "/nowhere", b"", "", 404),
        ("DELETE", "/tenancies", b"", "", 405),
    ],
)
async def test_what_is_not_of_the_contract_is_refused(method: str, path: str, data: bytes, kind: str, status: int) -> None:
    async with _serve() as simulator, aiohttp.ClientSession(simulator.url) as client:
        async with client.request(method, path, data=data, headers={"Content-Type": kind} if kind else {}) as answer:
            assert answer.status == status
            assert "title" in await answer.json(content_type=None)
        assert list(simulator.ledger.entries()) == []


async def test_without_rules_the_contract_gives_the_answer() -> None:
    known = agency()
    bare = replace(known, files={"openapi.yaml": known.files["openapi.yaml"]})
    async with _serve(agency=bare) as simulator, lend(simulator.url, secrets=conformance().secrets) as link:
        for asked in conformance().requests[:3]:
            assert isinstance((await ADAPTER.send(ADAPTER.render(asked), link)).outcome, Completed)


async def test_a_rule_that_breaks_the_contract_is_told() -> None:
    known = agency()
    wrong = replace(
        known, files={**known.files, "simulator.yaml": b"operations: {registerTenancy: [{reply: {nr: 1}, status: 201}]}"}
    )
    async with _serve(agency=wrong) as simulator, aiohttp.ClientSession(simulator.url) as client:
        async with client.post("/tenancies", json=TENANCY) as answer:
            assert answer.status == 500
            assert "simulator.yaml" in await answer.text()
        assert list(simulator.ledger.entries()) == []


async def test_credentials_are_looked_for_where_the_rules_ask() -> None:
    known = agency()
    asked = replace(known, files={**known.files, "simulator.yaml": b"auth: required"})
    async with _serve(agency=asked) as simulator, lend(simulator.url, secrets=conformance().secrets) as link:
        assert isinstance((await ADAPTER.send(_message(), link)).outcome, Completed)
        keyless = RestAdapter(replace(known, auth={}))
        assert isinstance((await keyless.send(_message(), link)).outcome, Misconfigured)
        assert len(list(simulator.ledger.entries())) == 1


async def test_every_parameter_is_read_back_and_checked() -> None:
    async with _serve() as simulator, aiohttp.ClientSession(simulator.url) as client:
        for path, status in (("/permits/A?lang=uz", 200), ("/permits/A?lang=de", 400), ("/permits/a", 400), ("/tenancies", 400)):
            async with client.get(path) as answer:
                assert answer.status == status, path


async def test_a_reset_is_a_reset() -> None:
    """RST, not FIN: a connection that ends politely would be another fault."""
    async with _serve(faults="reset-after=1") as simulator:
        reader, writer = await asyncio.open_connection("127.0.0.1", int(simulator.url.rpartition(":")[2]))
        body = orjson.dumps(TENANCY)
        head = f"POST /tenancies HTTP/1.1\r\nHost: a\r\nContent-Type: application/json\r\nContent-Length: {len(body)}\r\n\r\n"
        writer.write(head.encode() + body)
        with pytest.raises(ConnectionResetError):
            await asyncio.wait_for(reader.read(), 5)
        writer.close()
        assert len(list(simulator.ledger.entries())) == 1


_SERVE = """
import asyncio, sys
from pathlib import Path
from adapters.rest import RestSimulator
from adapters.rest.conformance import agency
from gateway.sdk.simulator import SimulatorOptions
async def main():
    simulator = RestSimulator(agency(), SimulatorOptions(ledger=Path(sys.argv[1])))
    print(await simulator.start(), flush=True)
    await asyncio.Event().wait()
asyncio.run(main())
"""


async def test_a_killed_simulator_knows_what_it_did(tmp_path: Path) -> None:
    ledger = tmp_path / "ledger.jsonl"

    @asynccontextmanager
    async def process() -> AsyncIterator[str]:
        started = await asyncio.create_subprocess_exec(sys.executable, "-c", _SERVE, str(ledger), stdout=asyncio.subprocess.PIPE)
        assert started.stdout is not None
        try:
            yield (await asyncio.wait_for(started.stdout.readline(), 20)).decode().strip()
        finally:
            started.kill()
            await started.wait()

    async with process() as url, lend(url, secrets=conformance().secrets) as link:
        first = await ADAPTER.send(_message(), link)
    async with process() as url, lend(url, secrets=conformance().secrets) as link:
        found = await ADAPTER.lookup("registerTenancy", _message("findTenancy", {"params": {"messageId": "m-1"}}), link)
    assert isinstance(first.outcome, Completed)
    assert isinstance(found.outcome, Completed), "the ledger is what it remembers by"
    assert [e.effect for e in read_ledger(ledger.read_bytes())] == [True, False]
