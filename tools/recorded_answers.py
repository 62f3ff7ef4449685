"""Write the recorded responses that the test vectors are based on.

    python -m tools.recorded_answers

`conformance/muster/vectors/recorded.json` has the images that the recorded daemons held, and which
daemon answered which query of a vector at which API versions. A test compares the answers
themselves with the vectors.
"""

from __future__ import annotations

import json
import lzma
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import msgspec

from muster.vectors import build
from muster.vectors.recorded import FILE, parameters_of
from muster.vectors.vector import CatalogueImage, Layer

ROOT = Path(__file__).parents[1]
RECORDINGS = ROOT / "tests" / "conformance" / "data" / "recordings.json.xz"
GOLDEN = ROOT / "tests" / "server" / "data" / "golden.json"
PLACEHOLDERS = {"<none>:<none>", "<none>@<none>"}
NEVER = -62135596800
"""`Created` of an image without a date at Docker 20.10."""

NORMAL = {"1.11.2": ("1.23", "1.23"), "20.10.24": ("1.24", "1.41"), "main": ("1.42", "1.56")}
"""The API versions at which each recorded release is what the contract follows."""


def recordings() -> list[dict[str, Any]]:
    """Load the recordings of the daemons with graph drivers."""
    found: list[dict[str, Any]] = json.loads(lzma.decompress(RECORDINGS.read_bytes()))
    return [each for each in found if each["server"]["store"].startswith("graph driver")]


def images(recording: dict[str, Any]) -> Iterator[CatalogueImage]:
    """Yield the images that Docker 20.10 held, newest first."""
    facts = json.loads(GOLDEN.read_text("utf-8"))["facts"]
    names = {identifier: name for name, identifier in recording["ids"].items()}
    for row in recording["listings"]["1.41"]:
        yield CatalogueImage(
            name=names[row["Id"]],
            id=row["Id"],
            parent=row["ParentId"],
            tags=_names(row["RepoTags"]),
            digests=_names(row["RepoDigests"]),
            created=None if row["Created"] == NEVER else row["Created"],
            size=row["Size"],
            labels=row["Labels"],
            layers=tuple(Layer(digest=d, size=s) for d, s in facts[row["Id"]]["layers"]),
            containers=int(names[row["Id"]] == "child"),
        )


def _names(value: list[str] | None) -> tuple[str, ...]:
    return tuple(name for name in value or () if name not in PLACEHOLDERS)


def answered(recording: dict[str, Any]) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Yield the version, the query and the exchange of each recorded listing."""
    [(first, last)] = [
        span
        for release, span in NORMAL.items()
        if recording["server"]["version"].startswith(release)
    ]
    for exchange in recording["exchanges"]:
        path, _, query = exchange["target"].partition("?")
        wanted = exchange["method"] == "GET" and path == "/images/json"
        version = exchange["version"]
        if wanted and version and not exchange.get("unstable") and first <= version <= last:
            yield version, query, exchange


def text() -> str:
    """Return the text of recorded.json."""
    asked = {parameters_of(case.request.query) for case in build.cases()}
    answers: dict[str, dict[str, list[str]]] = {}
    for recording in recordings():
        name = recording["server"]["name"]
        for version, query, _ in answered(recording):
            key = parameters_of(query)
            if key in asked:
                versions = answers.setdefault(key, {}).setdefault(name, [])
                versions.extend([version] if version not in versions else [])
    held = msgspec.to_builtins(list(images(recordings()[1])))
    lines = [json.dumps(each, ensure_ascii=False) for each in held]
    found = [
        f"{json.dumps(key, ensure_ascii=False)}: {json.dumps(answers[key])}"
        for key in sorted(answers)
    ]
    return (
        '{"images": [\n' + ",\n".join(lines) + '\n], "answers": {\n' + ",\n".join(found) + "\n}}\n"
    )


if __name__ == "__main__":
    FILE.write_text(text(), encoding="utf-8")
