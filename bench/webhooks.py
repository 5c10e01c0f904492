"""What webhooks cost: what a look finds out while there is nothing, deliveries made of events, and messages to receivers.

    python -m bench.webhooks [--url postgresql://…] [--cases 2000] [--hooks 10]

Without a URL a private PostgreSQL is started, and then SQLite is measured. A receiver in a process of its own
takes every event from two webhooks, while ``--hooks`` others lead to a port where nobody listens.
"""

from __future__ import annotations

import argparse
import asyncio
import multiprocessing
import socket
import tempfile
import time
from contextlib import ExitStack
from pathlib import Path

from aiohttp import web

from bench.measuring import quiet, say
from bench.storage import MINT, new_case
from gateway.application.send_webhooks import SendWebhooks
from gateway.domain.webhook import SecretUse, Webhook
from gateway.domain.webhook_target import read_allowed
from gateway.notify.webhooks import WebhookReceivers
from gateway.servers import PostgresServer
from gateway.storage import open_store, upgrade
from gateway.storage.engine import utc_now

_LOOKS = 500


def serve(port: int) -> None:
    """A receiver that takes everything."""

    async def take(request: web.Request) -> web.Response:
        await request.read()
        return web.Response(status=204)

    app = web.Application()
    app.router.add_post("/", take)
    web.run_app(app, host="127.0.0.1", port=port, print=None, access_log=None)


def hook(port: int) -> Webhook:
    """A webhook of the bench's client to a port of this machine."""
    now = utc_now()
    return Webhook(MINT.uuid(), "window", f"http://127.0.0.1:{port}/", ("*",), now, now, (SecretUse(1, now),))


async def looked(name: str, sending: SendWebhooks) -> None:
    """Say what a round costs that finds nothing."""
    wall, cpu = time.perf_counter(), time.process_time()
    for _ in range(_LOOKS):
        await sending.run_once()
        await sending.next_at()
    seconds, used = time.perf_counter() - wall, time.process_time() - cpu
    say(f"  a look, {name:<28} {seconds / _LOOKS * 1e3:>7.2f} ms   {used / _LOOKS * 1e6:>6,.0f} µs CPU")


async def bench(url: str, cases: int, hooks: int, port: int) -> None:
    """Measure one database."""
    say(url.partition(":")[0])
    await asyncio.to_thread(upgrade, url)
    store = open_store(url)
    await store.open()
    async with WebhookReceivers(read_allowed(["127.0.0.1"])) as receivers:
        sending = SendWebhooks(store, receivers, b"secret", utc_now, timeout_secs=15)
        await looked("no webhook", sending)
        good = [await store.add_webhook(hook(port), 1000) for _ in range(2)]
        dead = [await store.add_webhook(hook(1), 1000) for _ in range(hooks)]
        await looked(f"{2 + hooks} webhooks, nothing due", sending)
        now = await store.now()
        made = [new_case(now) for _ in range(cases)]
        while made:
            group, made = made[:100], made[100:]
            await store.take_in(group)
        begun, events = time.perf_counter(), 0
        while step := await store.tell_webhooks(1000):
            events += step
        seconds = time.perf_counter() - begun
        rows = cases * 3 * (2 + hooks)
        say(f"  deliveries made: {rows / seconds:>9,.0f}/s   ({events:,} events looked at, {rows:,} rows in {seconds:.1f} s)")
        begun, cpu = time.perf_counter(), time.process_time()
        while True:
            await sending.run_once()
            waiting = {id_ for id_, _ in await store.waiting_webhooks()}
            if not waiting.intersection(one.id for one in good):
                break
            await asyncio.sleep(0.05)
        seconds = time.perf_counter() - begun
        cost = (time.process_time() - cpu) / cases / 6 * 1e6
        said = f"{cases * 6:,} in {seconds:.1f} s, {hooks} dead beside; {cost:,.0f} µs CPU each"
        say(f"  messages taken: {cases * 6 / seconds:>10,.0f}/s   ({said})")
        shown = [await store.webhook(one.id) for one in dead]
        say(f"  failures in a row of the dead: {sum(one.failures for one in shown):,}, for {cases * 3 * hooks:,} that wait")
        await sending.finish()
    await store.close()


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--url", default="", help="an empty database; default: a private PostgreSQL, then SQLite")
    parser.add_argument("--cases", type=int, default=2000)
    parser.add_argument("--hooks", type=int, default=10)
    given = parser.parse_args()
    quiet()
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port = int(probe.getsockname()[1])
    receiver = multiprocessing.get_context("spawn").Process(target=serve, args=(port,), daemon=True)
    receiver.start()
    with ExitStack() as stack:
        stack.callback(receiver.terminate)
        if given.url:
            urls = [given.url]
        else:
            server = PostgresServer().start()
            stack.callback(server.destroy)
            urls = [server.url, f"sqlite:///{Path(stack.enter_context(tempfile.TemporaryDirectory())) / 'darcha.db'}"]
        for url in urls:
            asyncio.run(bench(url, given.cases, given.hooks, port))


if __name__ == "__main__":
    main()
