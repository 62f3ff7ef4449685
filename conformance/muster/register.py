"""The register of requirements: what the endpoint must do, one rule at a time."""

from __future__ import annotations

import tomllib
from dataclasses import dataclass
from enum import StrEnum
from functools import cache
from importlib.resources import files
from types import MappingProxyType
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping


class Level(StrEnum):
    """How binding a requirement is.

    MUST: the contract says it, or every real engine agrees. SHOULD: good practice that some real
    engines miss. OBSERVE: engines differ legitimately; recorded, never judged.
    """

    MUST = "MUST"
    SHOULD = "SHOULD"
    OBSERVE = "OBSERVE"


@dataclass(frozen=True, slots=True)
class Requirement:
    """One rule.

    Attributes:
        id: stable name, e.g. `LIST-LABEL-AND`.
        level: how binding it is.
        rule: the rule in one sentence.
        clause: the words of the source that say so, or what a real daemon was seen to do.
        source: where that stands: a part of the seed, or a file of moby at a version.
    """

    id: str
    level: Level
    rule: str
    clause: str
    source: str


@cache
def requirements() -> Mapping[str, Requirement]:
    """Every requirement by its id, in the order of the register."""
    text = files("muster").joinpath("requirements.toml").read_text("utf-8")
    entries = tomllib.loads(text)
    return MappingProxyType(
        {
            name: Requirement(
                id=name,
                level=Level(entry["level"]),
                rule=entry["rule"],
                clause=entry["clause"],
                source=entry["source"],
            )
            for name, entry in entries.items()
        }
    )
