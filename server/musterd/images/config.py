"""The members of an image config, which anyone may have written."""

from typing import Any

import msgspec


class _RootFs(msgspec.Struct):
    diff_ids: list[str] = []


class _Config(msgspec.Struct):
    rootfs: _RootFs = msgspec.field(default_factory=_RootFs)


def diff_ids(config: bytes) -> list[str]:
    """Return the digests of the unpacked layers, lowest first; none if a config is malformed."""
    try:
        return msgspec.json.decode(config, type=_Config).rootfs.diff_ids
    except (msgspec.DecodeError, UnicodeDecodeError, RecursionError):
        return []


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
