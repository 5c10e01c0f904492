"""The example replies of a contract's folder: what a simulated agency answers where no rule says otherwise.

``examples/<operation>.reply.json`` is the body as a response expression sees it. Where the operation's name cannot be a
file's (another operation has it in other letter case, or the system keeps it), it is ``own_stem`` of it.
"""

from __future__ import annotations

from collections.abc import Mapping
from hashlib import sha256
from typing import Any

from gateway.sdk import strict_json
from gateway.sdk.simulation.errors import RulesInvalid


def own_stem(operation: str) -> str:
    """Return a name for the files of an operation that no other one can have."""
    return f"{operation}-{sha256(operation.encode()).hexdigest()[:8]}"


def example_file(files: Mapping[str, bytes], operation: str, what: str) -> str:
    """Return the path of an operation's example (``what`` is ``request`` or ``reply``) in a folder, empty without one."""
    for stem in (operation, own_stem(operation)):
        if (path := f"examples/{stem}.{what}.json") in files:
            return path
    return ""


def example_reply(files: Mapping[str, bytes], operation: str) -> Any:
    """Return the example reply of an operation, ``None`` where the folder has none. Raises ``RulesInvalid``."""
    path = example_file(files, operation, "reply")
    if not path:
        return None
    try:
        return strict_json.loads(files[path])
    except strict_json.NotJson as error:
        raise RulesInvalid(path, str(error)) from error
