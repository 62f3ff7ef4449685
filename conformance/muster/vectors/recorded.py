"""Recorded responses of Docker that the vectors are based on.

`recorded.json` has the images that Docker 1.11.2, 20.10.24 and the development branch of August
2026 held, and which of them answered which query. `tools/recorded_answers.py` writes it.
"""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping
from functools import cache
from pathlib import Path
from urllib.parse import parse_qsl

import msgspec

from muster.model.version import ApiVersion
from muster.vectors.vector import CatalogueImage

FILE = Path(__file__).with_name("recorded.json")


class Recorded(msgspec.Struct, frozen=True):
    """The content of `recorded.json`.

    Attributes:
        images: The images that the daemons held.
        answers: By the parameters of a query: API versions by daemon.
    """

    images: tuple[CatalogueImage, ...]
    answers: Mapping[str, Mapping[str, tuple[str, ...]]]


@cache
def recorded() -> Recorded:
    """Return the recorded images and answers."""
    return msgspec.json.decode(FILE.read_bytes(), type=Recorded)


def servers(query: str, versions: Iterable[ApiVersion]) -> dict[str, tuple[str, ...]]:
    """Return which of *versions* each daemon answered *query* at; empty if none did."""
    answers = recorded().answers.get(parameters_of(query), {})
    asked = [*map(str, versions)]
    shared = {name: tuple(v for v in asked if v in there) for name, there in answers.items()}
    return {name: found for name, found in shared.items() if found}


def parameters_of(query: str) -> str:
    """Return the decoded parameters of *query* as JSON: the same for all its encodings."""
    pairs = parse_qsl(query, keep_blank_values=True, errors="surrogateescape")
    return json.dumps(pairs, separators=(",", ":"))
