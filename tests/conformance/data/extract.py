"""Write `listings.json` from recordings of real daemons.

    python extract.py RECORDING... | gzip -9n >listings.json.gz

Kept of each recording are the full listing of each API version and, of every other listing, which
images it has and which of their tags it shows.
"""

from __future__ import annotations

import json
import sys
from pathlib import Path
from typing import Any

MEMBERS = ("Id", "ParentId", "RepoTags", "RepoDigests", "Created", "Labels")


def reduced(recording: dict[str, Any]) -> dict[str, Any]:
    """Return the part of one recording that `listings.json` holds."""
    ids = sorted({image["Id"] for images in recording["listings"].values() for image in images})
    answers: dict[str, list[str]] = {}
    for exchange in recording["exchanges"]:
        shown = listing(recording, exchange)
        if shown is not None:
            images = [[ids.index(image["Id"]), image["RepoTags"]] for image in shown]
            key = json.dumps([exchange["target"], images], ensure_ascii=False)
            answers.setdefault(key, []).append(exchange["version"])
    return {
        "server": recording["server"]["name"] + ", " + recording["server"]["store"].split(" (")[0],
        "ids": ids,
        "listings": {
            version: [{name: image[name] for name in MEMBERS if name in image} for image in images]
            for version, images in recording["listings"].items()
            if version
        },
        "answers": [[versions, *json.loads(key)] for key, versions in answers.items()],
    }


def listing(recording: dict[str, Any], exchange: dict[str, Any]) -> list[dict[str, Any]] | None:
    """Return the images of a recorded answer; None if it is no listing or not reliable."""
    path = exchange["target"].partition("?")[0]
    if not exchange["version"] or exchange.get("unstable") or exchange["status"] != 200:
        return None
    if exchange["method"] != "GET" or path != "/images/json":
        return None
    body = exchange["body"]
    images: list[dict[str, Any]] = recording["bodies"][body["$ref"]] if "$ref" in body else body
    return images


if __name__ == "__main__":
    recordings = [json.loads(Path(name).read_text(encoding="utf-8")) for name in sys.argv[1:]]
    json.dump([reduced(each) for each in recordings], sys.stdout, ensure_ascii=False)
