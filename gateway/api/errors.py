"""What the door itself refuses, before or beside the rules of the domain.

HttpRefusal              has the status and the code of the problem document
├── Unauthenticated      401: no key, or one that is not known
├── Forbidden            403: the key lacks the scope, or is bound to another desk; a reference has expired
├── TooLarge             413
├── UnsupportedMedia     415
├── KeyMissing           400: no Idempotency-Key, or one that cannot be used
└── StillRunning         409: the first call with this key has not been answered yet
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import ClassVar

from gateway.domain.errors import DarchaError


class HttpRefusal(DarchaError):
    """A refusal with an HTTP status. ``params`` fill the localised text; ``headers`` go with the answer."""

    status: ClassVar[int] = 400

    def __init__(self, code: str, message: str, *, params: Mapping[str, str] | None = None, **headers: str) -> None:
        super().__init__(message)
        self.code = code
        self.message = message
        self.params = dict(params or {})
        self.headers = {name.replace("_", "-"): value for name, value in headers.items()}


class Unauthenticated(HttpRefusal):
    """No key, or one that is not known."""

    status = 401

    def __init__(self, message: str = "send a known key: Authorization: Bearer <key>", scheme: str = "Bearer") -> None:
        super().__init__("unauthenticated", message, www_authenticate=f'{scheme} realm="darcha"')


class Forbidden(HttpRefusal):
    """The key may not do this."""

    status = 403


class TooLarge(HttpRefusal):
    """The body is larger than the limit."""

    status = 413

    def __init__(self, limit: int) -> None:
        super().__init__("too_large", f"the body is larger than {limit} bytes", params={"wanted": str(limit)})


class UnsupportedMedia(HttpRefusal):
    """The content type is not one that this call takes."""

    status = 415

    def __init__(self, given: str, wanted: str) -> None:
        given = given[:80] or "nothing"
        super().__init__(
            "unsupported_media_type", f"send {wanted}, not {given}", params={"given": given, "wanted": wanted}, accept=wanted
        )


class KeyMissing(HttpRefusal):
    """There is no usable Idempotency-Key."""

    status = 400


class StillRunning(HttpRefusal):
    """The first call with this Idempotency-Key is still running."""

    status = 409

    def __init__(self, retry_after: int) -> None:
        message = "the first call with this Idempotency-Key is still running; ask again"
        super().__init__("still_running", message, retry_after=str(retry_after))
