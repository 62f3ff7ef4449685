"""The register of requirements: what the endpoint must do, one rule at a time."""

from __future__ import annotations

import tomllib
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import Any

from muster.errors import UsageError
from muster.model.version import FIRST, ApiVersion


class Level(StrEnum):
    """How binding a requirement is.

    MUST: the contract says it, or every real engine agrees. SHOULD: good practice that some real
    engines miss. OBSERVE: engines differ legitimately; recorded, never judged.
    """

    MUST = "MUST"
    SHOULD = "SHOULD"
    OBSERVE = "OBSERVE"


class Need(StrEnum):
    """A precondition for checking a requirement.

    PLANTED: images that the suite planted itself. CHANGES: planted images that it may tag and
    remove. MANY: hundreds of them. PULLED: images with digests, from the suite's registry.
    PLATFORMS: images of several platforms, loaded as OCI layouts. SIGNED: keys to sign requests
    with.
    """

    PLANTED = "planted"
    CHANGES = "changes"
    MANY = "many"
    PULLED = "pulled"
    PLATFORMS = "platforms"
    SIGNED = "signed"

    @property
    def option(self) -> str:
        """The option of `muster check` that provides it."""
        options = {
            Need.MANY: "--plant-many",
            Need.PULLED: "--registry-address",
            Need.SIGNED: "--hyper-credentials",
        }
        return options.get(self, "--plant")


@dataclass(frozen=True, slots=True)
class Requirement:
    """One rule.

    Attributes:
        id: Stable name, e.g. `LIST-LABEL-AND`.
        level: How binding it is.
        rule: The rule in one sentence.
        clause: The words of the source that state it, or the observed behaviour of a real daemon.
        source: Where that is: a part of the seed, or a file of moby at a version.
        since: The first API version at which it holds.
        until: The last one; None for no end.
        need: The precondition for checking it; None for none.
        seen: Servers known to have failed it: public issues, or releases that were checked.
        why: The consequences for clients of a server that breaks it.
        unchecked: Why no check can verify it from outside; empty if the suite checks it.
    """

    id: str
    level: Level
    rule: str
    clause: str
    source: str
    since: ApiVersion = FIRST
    until: ApiVersion | None = None
    need: Need | None = None
    seen: tuple[str, ...] = ()
    why: str = ""
    unchecked: str = ""

    @property
    def planted(self) -> bool:
        """Whether it can only be checked on images that the suite planted."""
        return self.need is not None and self.need is not Need.SIGNED

    @property
    def scope(self) -> str:
        """Where it holds, in words; empty if at every version and for any images."""
        parts = [
            f"from API {self.since}" if self.since > FIRST else "",
            f"up to API {self.until}" if self.until else "",
            f"with {self.need.option}" if self.need else "",
            "not checked" if self.unchecked else "",
        ]
        return ", ".join(part for part in parts if part)

    def holds_at(self, version: ApiVersion) -> bool:
        """Whether it applies to *version*."""
        return self.since <= version and (self.until is None or version <= self.until)


@cache
def register() -> Mapping[str, Requirement]:
    """Return every rule by its id, in the order of the file, checked or not."""
    text = files("muster.register").joinpath("requirements.toml").read_text("utf-8")
    return MappingProxyType(
        {name: _requirement(name, entry) for name, entry in tomllib.loads(text).items()}
    )


@cache
def requirements() -> Mapping[str, Requirement]:
    """Return the rules that the suite checks."""
    checked = {name: rule for name, rule in register().items() if not rule.unchecked}
    return MappingProxyType(checked)


def find(name: str) -> Requirement:
    """Return the rule whose id is *name*, checked or not.

    Raises:
        UsageError: If there is none.
    """
    try:
        return register()[name]
    except KeyError:
        raise UsageError(f"there is no requirement {name}: `muster list` shows them all") from None


def _requirement(name: str, entry: Mapping[str, Any]) -> Requirement:
    return Requirement(
        id=name,
        level=Level(entry["level"]),
        rule=entry["rule"],
        clause=entry["clause"],
        source=entry["source"],
        since=ApiVersion.parse(entry["since"]) if "since" in entry else FIRST,
        until=ApiVersion.parse(entry["until"]) if "until" in entry else None,
        need=Need(entry["needs"]) if "needs" in entry else None,
        seen=tuple(entry.get("seen", ())),
        why=entry.get("why", ""),
        unchecked=entry.get("not-checked", ""),
    )
