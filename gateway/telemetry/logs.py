"""Logs: one line an event, as JSON or for a console, on standard error. Libraries' own lines come out the same way.

Every line carries the trace id of the current span and whatever was bound (``bound(case="…")``). Secrets never come
out: values under telling names and passwords in addresses are replaced before a line is rendered.
"""

from __future__ import annotations

import logging
import re
import sys
from collections.abc import Mapping, MutableMapping
from contextlib import AbstractContextManager
from typing import Any, Final, TextIO

import structlog
from opentelemetry import trace

REDACTED: Final = "[redacted]"
_SECRET_NAME: Final = re.compile(
    r"(^|[_\-.])(secret|password|passwd|passphrase|token|authorization|cookie|credentials?|api[_-]?key|private[_-]?key|access[_-]?code)s?($|[_\-.])",
    re.IGNORECASE,
)
#: user:password@ in an address; the user may stay, it helps to find the mistake.
_USERINFO: Final = re.compile(r"(?P<scheme>\b[a-z][a-z0-9+.\-]*://[^\s:/@]*):[^\s/@]+@", re.IGNORECASE)
_BEARER: Final = re.compile(r"\b(?P<kind>Bearer|Basic)\s+[A-Za-z0-9+/=._~\-]{8,}")
#: Libraries that tell each reconnect (with a stack trace, where messaging says it in one line) or each message, and one
#: that tells addresses with tokens at DEBUG.
_QUIET: Final = {
    "aio_pika": logging.CRITICAL,
    "aiormq": logging.CRITICAL,
    "apprise": logging.WARNING,
    "asyncio": logging.INFO,
} | {
    "aiosqlite": logging.WARNING,
    "alembic": logging.WARNING,
    "zeep": logging.WARNING,
    "uvicorn.access": logging.WARNING,
    "uvicorn.error": logging.WARNING,  # our own line says that the gateway has started
}

Event = MutableMapping[str, Any]


def configure_logging(form: str = "console", level: str = "INFO", stream: TextIO | None = None) -> None:
    """Set up logging of the whole process. ``form`` is ``console`` or ``json``; ``level`` a name of ``logging``.

    May be called again (a test, a reload): the last call counts.
    """
    number = logging.getLevelNamesMapping()[level.upper()]
    shared: list[structlog.types.Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.add_logger_name,
        _add_trace,
        structlog.processors.TimeStamper(fmt="iso", utc=True),
        structlog.processors.format_exc_info,
        structlog.processors.UnicodeDecoder(),
        redact,
    ]
    out = stream if stream is not None else sys.stderr
    renderer: structlog.types.Processor = (
        structlog.processors.JSONRenderer(ensure_ascii=False, default=str)
        if form == "json"
        else structlog.dev.ConsoleRenderer(colors=out.isatty(), exception_formatter=structlog.dev.plain_traceback)
    )
    handler = logging.StreamHandler(out)
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=[structlog.stdlib.ExtraAdder(), *shared],
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, renderer],
        )
    )
    root = logging.getLogger()
    root.handlers[:] = [handler]
    root.setLevel(number)
    for name, least in _QUIET.items():
        logging.getLogger(name).setLevel(max(least, number))
    for name in ("uvicorn", "uvicorn.error", "uvicorn.access"):
        logger = logging.getLogger(name)
        logger.handlers.clear()
        logger.propagate = True
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.stdlib.LoggerFactory(),
        cache_logger_on_first_use=stream is None,  # a test's stream must not outlive the test
    )


def bound(**values: object) -> AbstractContextManager[None]:
    """Bind values (``case``, ``request``, ``agency``) to every log line within the block, tasks begun in it included."""
    return structlog.contextvars.bound_contextvars(**values)


def redact(_logger: object, _method: str, event: Event) -> Event:
    """Replace secrets in one log line. A processor of structlog."""
    for key, value in event.items():
        event[key] = _clean(key, value)
    return event


def _clean(key: str, value: Any) -> Any:
    if _SECRET_NAME.search(key):
        return REDACTED
    if isinstance(value, str):
        return _clean_text(value)
    if isinstance(value, BaseException):
        return _clean_text(f"{type(value).__name__}: {value}")
    if isinstance(value, Mapping):
        return {k: _clean(str(k), v) for k, v in value.items()}
    if isinstance(value, list | tuple):
        return [_clean("", v) for v in value]
    return value


def _clean_text(text: str) -> str:
    if "://" in text and "@" in text:
        text = _USERINFO.sub(rf"\g<scheme>:{REDACTED}@", text)
    if "Bearer " in text or "Basic " in text:
        text = _BEARER.sub(rf"\g<kind> {REDACTED}", text)
    return text


def _add_trace(_logger: object, _method: str, event: Event) -> Event:
    context = trace.get_current_span().get_span_context()
    if context.is_valid:
        event.setdefault("trace_id", f"{context.trace_id:032x}")
    return event
