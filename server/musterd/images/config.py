"""The members of an image config, which anyone may have written."""

from typing import Any

import msgspec


def members(config: bytes) -> dict[str, Any]:
    """Return the members of a config that was checked when its image was loaded.

    Members with a value that cannot be represented, such as the number 1e999, are left out: neither
    Docker nor musterd shows those that may have one.
    """
    found: dict[str, Any] = {}
    for name, raw in msgspec.json.decode(config, type=dict[str, msgspec.Raw]).items():
        try:
            found[name] = msgspec.json.decode(raw)
        except msgspec.DecodeError:
            continue
    return found
