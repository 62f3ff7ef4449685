"""Reads signing keys from the places where Hyper's own command line keeps them."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from pathlib import Path
from typing import Any

from muster.errors import UsageError
from muster.transport.signing import DEFAULT_REGION, Credentials
from muster.transport.target import Target

SCHEME = re.compile(r"^[a-z]+://")
FORMS = (
    'write {"accesskey": ..., "secretkey": ..., "region": ...}, or that under the address in '
    '"clouds", as ~/.hyper/config.json has it'
)


def from_file(file: Path, target: Target) -> Credentials:
    """Return the keys for *target* in *file*.

    The file is Hyper's `config.json`, with keys for each address under `clouds`, or a single entry
    of such a file.

    Raises:
        UsageError: If it cannot be read, or has no keys for *target*.
    """
    try:
        content = json.loads(file.read_text("utf-8"))
    except OSError as error:
        raise UsageError(f"--hyper-credentials {file}: {error.strerror}") from error
    except ValueError as error:
        raise UsageError(f"--hyper-credentials {file} is not JSON: {FORMS}") from error
    entry = _entry(content, target, file)
    texts = {name: entry.get(name, "") for name in ("accesskey", "secretkey", "region")}
    if not all(isinstance(text, str) for text in texts.values()) or not (
        texts["accesskey"] and texts["secretkey"]
    ):
        raise UsageError(f"--hyper-credentials {file} has no accesskey or secretkey: {FORMS}")
    return Credentials(texts["accesskey"], texts["secretkey"], texts["region"] or DEFAULT_REGION)


def from_environment(environment: Mapping[str, str]) -> Credentials | None:
    """Return the keys in `HYPER_ACCESS` and `HYPER_SECRET`, if set.

    `HYPER_DEFAULT_REGION` gives the region, unless its value is an address.

    Raises:
        UsageError: If only one of the keys is set.
    """
    access_key, secret_key = (environment.get(f"HYPER_{name}", "") for name in ("ACCESS", "SECRET"))
    if not access_key and not secret_key:
        return None
    if not access_key or not secret_key:
        raise UsageError("HYPER_ACCESS and HYPER_SECRET are a pair: set both, or none")
    region = environment.get("HYPER_DEFAULT_REGION", "")
    named = region if region and not SCHEME.match(region) else DEFAULT_REGION
    return Credentials(access_key, secret_key, named)


def _entry(content: Any, target: Target, file: Path) -> Mapping[str, Any]:
    if isinstance(content, dict) and "clouds" not in content:
        return content
    clouds = content.get("clouds") if isinstance(content, dict) else None
    if not isinstance(clouds, dict):
        raise UsageError(f"--hyper-credentials {file} has no keys: {FORMS}")
    for address, entry in clouds.items():
        if _bare(address) in _names(target) and isinstance(entry, dict):
            return entry
    there = ", ".join(clouds) or "none"
    raise UsageError(f"--hyper-credentials {file} has no keys for {target}, but for: {there}")


def _names(target: Target) -> set[str]:
    """Return the names of *target* in the file, where its address may omit the port."""
    if target.scheme == "unix":
        return {target.socket}
    short, port = target.authority, f":{target.port}"
    whole = short if short.endswith(port) else short + port
    return {f"{whole}{target.base}", f"{short}{target.base}"}


def _bare(address: str) -> str:
    return SCHEME.sub("", address).rstrip("/")
