"""Logs: form, what is bound, and that no secret comes out, whoever writes the line."""

from __future__ import annotations

import io
import json
import logging
from collections.abc import Iterator

import pytest
import structlog

from gateway.telemetry.logs import REDACTED, bound, configure_logging
from gateway.telemetry.tracing import span


@pytest.fixture(autouse=True)
def _restored() -> Iterator[None]:
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    yield
    root.handlers[:] = handlers
    root.setLevel(level)
    structlog.reset_defaults()


@pytest.fixture
def out() -> io.StringIO:
    stream = io.StringIO()
    configure_logging("json", "INFO", stream)
    return stream


def lines(out: io.StringIO) -> list[dict[str, object]]:
    return [json.loads(line) for line in out.getvalue().splitlines()]


def test_one_json_line_an_event(out: io.StringIO) -> None:
    structlog.get_logger("gateway.test").info("case received", service="preschool-enrolment", count=2)
    (line,) = lines(out)
    assert line["event"] == "case received" and line["service"] == "preschool-enrolment" and line["count"] == 2
    assert line["level"] == "info" and line["logger"] == "gateway.test" and str(line["timestamp"]).endswith("Z")


def test_lines_of_libraries_come_out_the_same_way(out: io.StringIO) -> None:
    with bound(case="0000-0001-2"):
        logging.getLogger("aiohttp.client").warning("slow: %s s", 3, extra={"host": "tax.example"})
    (line,) = lines(out)
    assert line["event"] == "slow: 3 s" and line["case"] == "0000-0001-2" and line["logger"] == "aiohttp.client"
    assert line["level"] == "warning" and line["host"] == "tax.example"


def test_level_holds_for_both(out: io.StringIO) -> None:
    structlog.get_logger("x").debug("unheard")
    logging.getLogger("x").debug("unheard")
    logging.getLogger("aiormq").info("unheard")
    assert lines(out) == []


def test_bound_values_end_with_the_block(out: io.StringIO) -> None:
    log = structlog.get_logger("x")
    with bound(case="A"), bound(request="B"):
        log.info("within")
    log.info("after")
    within, after = lines(out)
    assert within["case"] == "A" and within["request"] == "B" and "case" not in after


def test_the_trace_id_is_on_every_line_of_a_span(out: io.StringIO) -> None:
    with span("x") as traced:
        structlog.get_logger("x").info("ours")
        logging.getLogger("y").info("theirs")
    structlog.get_logger("x").info("outside")
    ours, theirs, outside = lines(out)
    assert ours["trace_id"] == theirs["trace_id"] == traced.traceparent.split("-")[1]
    assert "trace_id" not in outside


@pytest.mark.parametrize(
    "name",
    [
        "password",
        "secret",
        "access_token",
        "Authorization",
        "api_key",
        "apikey",
        "x-api-key",
        "cookie",
        "db.password",
        "secret_key",
    ],
)
def test_values_under_telling_names_are_redacted(out: io.StringIO, name: str) -> None:
    structlog.get_logger("x").info("settings", **{name: "s3cr3t"}, nested={name: "s3cr3t"}, listed=[{name: "s3cr3t"}])
    logging.getLogger("y").info("settings", extra={name: "s3cr3t"})
    assert "s3cr3t" not in out.getvalue() and out.getvalue().count(REDACTED) >= 4


def test_innocent_names_are_left_alone(out: io.StringIO) -> None:
    structlog.get_logger("x").info("ok", keyboard=1, token_count=None, message_id="m", number="n", secretary="Amina")
    (line,) = lines(out)
    assert line["secretary"] == "Amina" and line["keyboard"] == 1 and line["message_id"] == "m"


def test_passwords_in_addresses_and_headers_are_redacted_wherever_they_stand(out: io.StringIO) -> None:
    log = structlog.get_logger("x")
    log.info("cannot reach amqp://darcha:s3cr3t@broker:5672/%2f", url="postgresql+asyncpg://u:s3cr3t@db/x")
    log.info("sent", header="Bearer s3cr3ts3cr3t", error=ValueError("at https://u:s3cr3t@h/"))
    logging.getLogger("aiormq").warning("lost amqp://darcha:s3cr3t@broker")
    try:
        raise OSError("connect to amqp://darcha:s3cr3t@broker failed")
    except OSError:
        log.exception("broken")
        logging.getLogger("y").exception("broken")
    text = out.getvalue()
    assert "s3cr3t" not in text
    assert "amqp://darcha:[redacted]@broker:5672" in text and "Bearer [redacted]" in text and "Traceback" in text


def test_console_form() -> None:
    out = io.StringIO()
    configure_logging("console", "DEBUG", out)
    try:
        raise OSError("amqp://darcha:s3cr3t@broker")
    except OSError:
        structlog.get_logger("x").exception("broken", case="0000-0001-2", password="s3cr3t")
    text = out.getvalue()
    assert "broken" in text and "0000-0001-2" in text and "Traceback" in text and "s3cr3t" not in text


def test_an_unknown_level_is_refused() -> None:
    with pytest.raises(KeyError):
        configure_logging("json", "LOUD")
