"""Files that never change under their address: the address carries a hash of the content."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import Final

from starlette.exceptions import HTTPException
from starlette.requests import Request
from starlette.responses import Response

_FOLDER: Final = Path(__file__).parent / "static"
_TYPES: Final = {".css": "text/css; charset=utf-8", ".js": "text/javascript; charset=utf-8", ".svg": "image/svg+xml"}


def _read() -> dict[str, tuple[str, bytes]]:
    """Return address name → (file name, content)."""
    found = {}
    for path in sorted(_FOLDER.iterdir()):
        if path.suffix in _TYPES:
            content = path.read_bytes()
            found[f"{path.stem}.{hashlib.sha256(content).hexdigest()[:10]}{path.suffix}"] = (path.name, content)
    return found


_FILES: Final = _read()
_ADDRESSES: Final = {name: address for address, (name, _) in _FILES.items()}


def address_of(name: str) -> str:
    """Return the address of a file, below the console. Raises ``KeyError`` for a file that is not there."""
    return f"/static/{_ADDRESSES[name]}"


def weight_of(*names: str) -> int:
    """Return how many bytes these files have."""
    return sum(len(_FILES[_ADDRESSES[name]][1]) for name in names)


async def serve(request: Request) -> Response:
    """Return a file, to be kept for ever."""
    found = _FILES.get(request.path_params["name"])
    if found is None:
        raise HTTPException(404)
    name, content = found
    headers = {"cache-control": "public, max-age=31536000, immutable"}
    return Response(content, media_type=_TYPES[Path(name).suffix], headers=headers)
