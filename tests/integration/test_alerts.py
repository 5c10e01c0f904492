"""Messages over real receivers: a webhook, an SMTP server, an Alertmanager; and what is answered when one fails or hangs."""

from __future__ import annotations

import asyncio
import base64
import email
import email.policy
from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from typing import Any
from uuid import UUID
from zoneinfo import ZoneInfo

import pytest
from aiohttp import web
from aiohttp.test_utils import TestServer

from gateway.domain.alerting import Receiver
from gateway.notify.channels import SKIPPED, Channels

ZONE = ZoneInfo("Asia/Tashkent")
ID = UUID("0192aaaa-0000-7000-8000-000000000009")
ALERT: dict[str, Any] = {
    "id": "0192aaaa-0000-7000-8000-000000000001", "key": "lane_down:registry", "kind": "lane_down", "agency": "registry",
    "count": 201, "cases": ["0000-0001-2"], "is_over": False, "opened_at": "2026-12-14T19:00:00+00:00", "detail": {},
}  # fmt: skip
OPENED = {"what": "opened", "alert": ALERT}
OVER = {"what": "over", "alert": ALERT | {"is_over": True, "open": 3, "over_at": "2026-12-14T20:00:00+00:00"}}


class Hook:
    """A webhook receiver and an Alertmanager: keeps what came, answers ``status``, and can be made to hang until released."""

    def __init__(self) -> None:
        self.came: list[Any] = []
        self.headers: list[Any] = []
        self.status = 200
        self.free = asyncio.Event()
        self.free.set()
        self.address = ""

    async def take(self, request: web.Request) -> web.Response:
        self.came.append(await request.json())
        self.headers.append(request.headers)
        await self.free.wait()
        return web.Response(status=self.status, text="no thanks" if self.status != 200 else "")


@pytest.fixture
async def hook() -> AsyncIterator[Hook]:
    found = Hook()
    app = web.Application()
    app.router.add_post("/hook", found.take)
    app.router.add_post("/am/api/v2/alerts", found.take)
    async with TestServer(app) as server:
        found.address = f"{server.host}:{server.port}"
        yield found
        found.free.set()


class Mailbox:
    """An SMTP server that takes every letter, as much of RFC 5321 as a client needs."""

    def __init__(self) -> None:
        self.letters: list[email.message.Message] = []
        self.to: list[str] = []
        self.port = 0

    async def talk(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        writer.write(b"220 mail.test\r\n")
        while line := (await reader.readline()).decode().strip():
            verb = line[:4].upper()
            if verb == "DATA":
                writer.write(b"354 go on\r\n")
                raw = (await reader.readuntil(b"\r\n.\r\n"))[:-3].replace(b"\r\n..", b"\r\n.")
                self.letters.append(email.message_from_bytes(raw, policy=email.policy.default))
            elif verb == "RCPT":
                self.to.append(line.partition(":")[2].strip("<>"))
            writer.write(b"221 bye\r\n" if verb == "QUIT" else b"250 ok\r\n")
            if verb == "QUIT":
                break
        writer.close()


@pytest.fixture
async def mailbox() -> AsyncIterator[Mailbox]:
    found = Mailbox()
    server = await asyncio.start_server(found.talk, "127.0.0.1", 0)
    found.port = server.sockets[0].getsockname()[1]
    yield found
    server.close()


def channels(*addresses: str, language: str = "en", timeout_secs: float = 20.0) -> Channels:
    receivers = {"operators": Receiver("operators", addresses, language)}
    return Channels(receivers, ZONE, source="https://darcha.test", timeout_secs=timeout_secs)


async def test_a_webhook_gets_the_message_under_its_id(hook: Hook) -> None:
    made = channels(f"json://{hook.address}/hook", language="ru")
    assert made.problems() == []
    assert await made.send(ID, "operators/1", OPENED) == ""
    (came,) = hook.came
    assert (came["title"], came["type"]) == ("Darcha: registry", "failure")
    assert came["message"].splitlines()[0] == "Ведомство не отвечает; запросы ждут в очереди, сроки идут."
    assert came["message"].splitlines()[-1] == f"Сообщение: {ID}"
    assert await made.send(ID, "operators/1", OVER) == ""
    assert hook.came[1]["type"] == "success"
    made.close()


@pytest.mark.parametrize(("language", "words"), [("uz", "Idora javob bermayapti"), ("ky", "Идора жооп бербей жатат")])
async def test_a_letter_arrives_in_the_language_of_its_receiver(mailbox: Mailbox, language: str, words: str) -> None:
    address = f"mailto://127.0.0.1:{mailbox.port}?from=darcha@test.example&to=duty@test.example&format=text"
    made = channels(address, language=language)
    assert made.problems() == []
    assert await made.send(ID, "operators/1", OPENED) == ""
    assert mailbox.to == ["duty@test.example"]
    (letter,) = mailbox.letters
    assert letter["Subject"] == "Darcha: registry"
    part = letter.get_body(("plain",)) if isinstance(letter, email.message.EmailMessage) else None
    assert part is not None and words in part.get_content() and str(ID) in part.get_content()
    made.close()


async def test_an_alertmanager_gets_what_opens_and_what_is_over_under_the_same_labels(hook: Hook) -> None:
    made = channels(f"alertmanager://duty:s3cr3t@{hook.address}/am/")
    assert made.problems() == []
    before = datetime.now(UTC)
    assert await made.send(ID, "operators/1", OPENED) == ""
    assert await made.send(ID, "operators/1", OVER) == ""
    ((opened,), (over,)) = hook.came
    assert (
        opened["labels"]
        == over["labels"]
        == {
            "alertname": "DarchaLaneDown",
            "severity": "critical",
            "kind": "lane_down",
            "key": "lane_down:registry",
            "agency": "registry",
        }
    )
    assert opened["startsAt"] == over["startsAt"] == "2026-12-14T19:00:00+00:00"
    assert datetime.fromisoformat(opened["endsAt"]) > before + timedelta(days=6)
    assert before <= datetime.fromisoformat(over["endsAt"]) <= datetime.now(UTC)
    assert opened["generatorURL"] == f"https://darcha.test/v1/alerts/{ALERT['id']}"
    assert opened["annotations"]["summary"] == "Darcha: registry" and str(ID) in opened["annotations"]["description"]
    assert hook.headers[0]["Authorization"] == f"Basic {base64.b64encode(b'duty:s3cr3t').decode()}"
    made.close()


@pytest.mark.parametrize(("level", "severity"), [("80%", "warning"), ("expiry", "critical")])
async def test_an_alertmanager_gets_the_level_of_a_ladder(hook: Hook, level: str, severity: str) -> None:
    made = channels(f"alertmanager://{hook.address}/am")
    found = ALERT | {"kind": "clock_level", "key": "clock_level:permit", "agency": "", "level": level}
    assert await made.send(ID, "operators/1", {"what": "opened", "alert": found}) == ""
    ((posted,),) = hook.came
    labels = {"alertname": "DarchaClockLevel", "severity": severity, "kind": "clock_level", "key": "clock_level:permit"}
    assert posted["labels"] == labels | {"level": level}
    made.close()


async def test_a_message_in_a_language_of_its_own_is_not_in_its_receivers(hook: Hook) -> None:
    made = channels(f"json://{hook.address}/hook", language="ru")
    text = {"ru": "Ускорьте", "ky": "Тездетиңиз"}
    assert await made.send(ID, "operators/1", OPENED | {"language": "ky", "text": text}) == ""
    assert await made.send(ID, "operators/1", OPENED | {"text": text}) == ""
    assert [came["message"].splitlines()[0] for came in hook.came] == ["Тездетиңиз", "Ускорьте"]
    made.close()


async def test_an_alertmanager_gets_each_alert_of_a_summary(hook: Hook) -> None:
    made = channels(f"alertmanager://{hook.address}/am")
    silenced = {"what": "summary", "silence": {}, "alerts": [ALERT, ALERT | {"key": "x", "kind": "invalid", "is_over": True}]}
    assert await made.send(ID, "operators/1", silenced) == ""
    ((one, two),) = hook.came
    assert one["endsAt"] > two["endsAt"] and two["labels"]["severity"] == "warning"
    made.close()


@pytest.mark.parametrize("kind", ["json://user:s3cr3tpassword@{}/hook", "alertmanager://user:s3cr3tpassword@{}/am"])
async def test_a_receiver_that_refuses_is_an_error_without_secrets(hook: Hook, kind: str) -> None:
    hook.status = 500
    made = channels(kind.format(hook.address))
    answer = await made.send(ID, "operators/1", OPENED)
    assert "500" in answer and "s3cr3tpassword" not in answer
    made.close()


@pytest.mark.parametrize(
    "address", ["json://127.0.0.1:9/hook", "alertmanager://127.0.0.1:9", "mailto://127.0.0.1:9?from=a@b.cd&to=a@b.cd"]
)
async def test_a_receiver_that_is_away_does_not_raise(address: str) -> None:
    made = channels(address, timeout_secs=5)
    assert "127.0.0.1" in await made.send(ID, "operators/1", OPENED)
    made.close()


@pytest.mark.parametrize("kind", ["json://{}/hook?rto=20", "alertmanager://{}/am"])
async def test_a_receiver_that_hangs_is_given_up(hook: Hook, kind: str) -> None:
    hook.free.clear()
    made = channels(kind.format(hook.address), timeout_secs=0.5)
    answer = await made.send(ID, "operators/1", OPENED)
    assert ("timeout" in answer or "no answer within 0.5 s" in answer) and len(hook.came) == 1
    hook.free.set()
    made.close()


async def test_the_event_loop_goes_on_meanwhile(hook: Hook) -> None:
    """The receiver lives on this very loop: a blocking call on it would never come back."""
    made = channels(f"json://{hook.address}/hook", timeout_secs=5)
    assert await asyncio.gather(*(made.send(ID, "operators/1", OPENED) for _ in range(4))) == [""] * 4
    assert len(hook.came) == 4
    made.close()


@pytest.mark.parametrize("target", ["nobody/1", "operators", "operators/0", "operators/2", "operators/x"])
async def test_a_target_that_is_no_address_any_more_is_skipped(target: str) -> None:
    made = channels("json://127.0.0.1:9/")
    assert await made.send(ID, target, OPENED) == SKIPPED
    made.close()


async def test_an_address_that_means_nothing_is_a_problem_and_never_shown() -> None:
    made = channels("s3cr3t-nonsense", "alertmanager://:9")
    assert made.problems() == [
        "address 1 of 2 of the receiver operators: it is none that apprise understands",
        "address 2 of 2 of the receiver operators: it names no host",
    ]
    assert await made.send(ID, "operators/1", OPENED) == "the address cannot be understood"
    assert await made.send(ID, "operators/2", OPENED) == "it names no host"
    made.close()


async def test_a_test_says_what_happened_at_each_address(hook: Hook, mailbox: Mailbox) -> None:
    mail = f"mailto://127.0.0.1:{mailbox.port}?from=darcha@test.example&to=duty@test.example"
    receivers = {
        "operators": Receiver("operators", (f"json://user:s3cr3t@{hook.address}/hook", "json://127.0.0.1:9/s3cr3t"), "ru"),
        "head": Receiver("head", (f"alertmanager://user:s3cr3t@{hook.address}/am", mail)),
    }
    made = Channels(receivers, ZONE)
    tried = await made.test(ID)
    assert [(one.target, bool(one.error)) for one in tried] == [
        ("operators/1", False), ("operators/2", True), ("head/1", False), ("head/2", False),
    ]  # fmt: skip
    assert "s3cr3t@" not in str(tried) and tried[2].address == f"alertmanager://{hook.address}/am"
    assert len(mailbox.letters) == 1 and len(hook.came) == 2
    assert [one.target for one in await made.test(ID, "head")] == ["head/1", "head/2"]
    assert await made.test(ID, "nobody") == []
    made.close()
