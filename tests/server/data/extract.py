"""Make golden.json from recordings of real daemons; run where those are, then check the result in.

    python extract.py FOLDER > golden.json

FOLDER holds docker-1.11.2.json, docker-20.10.24.json, docker-main.json, fixture.json, fixtures.tar.
"""

# ruff: noqa: T201
import json
import re
import sys
import tarfile
from pathlib import Path
from typing import Any
from urllib.parse import unquote

# Whose answers are normal at which versions. The newest daemon was recorded at 1.56, which changes
# nothing in 1.55.
SERVERS = {
    "docker-1.11.2": ["1.23"],
    "docker-20.10.24": ["1.24", "1.25", "1.30", "1.39", "1.40", "1.41"],
    "docker-main": ["1.42", "1.43", "1.44", "1.47", "1.48", "1.51", "1.52", "1.54", "1.56"],
}
# Where 1.11.2 says "too new", and the others answer as to any version.
NOWHERE_NORMAL = "raw/version/v1.23.1"
# What a recording says of an answer.
ANSWER = ("status", "content_type", "location", "subset")


class Table:
    """Values, each kept once and known by its place."""

    def __init__(self) -> None:
        self.values: list[Any] = []
        self._places: dict[str, int] = {}

    def place(self, value: Any) -> int:
        text = json.dumps(value, sort_keys=True)
        if text not in self._places:
            self._places[text] = len(self.values)
            self.values.append(value)
        return self._places[text]


def main(folder: Path) -> None:
    images, bodies = Table(), Table()
    exchanges: dict[str, dict[str, Any]] = {}
    listings = {}
    for server, versions in SERVERS.items():
        recording = json.loads((folder / f"{server}.json").read_text())

        def body_of(body: Any, known: list[Any] = recording["bodies"]) -> int:
            if isinstance(body, dict) and set(body) == {"$ref"}:
                body = known[body["$ref"]]
            if isinstance(body, list):
                return bodies.place({"images": [images.place(image) for image in body]})
            return bodies.place({"text" if isinstance(body, str) else "json": body})

        listings[server] = {
            **{version: body_of(recording["listings"][version]) for version in versions},
            # For requests without a version of their own.
            "": body_of(recording["listings"][versions[-1]]),
        }
        for exchange in recording["exchanges"]:
            if not exchange.get("unstable") and server == normal(exchange):
                add(exchanges, server, exchange, body_of(exchange["body"]))
    result = {
        "listings": listings,
        "facts": facts(folder),
        "exchanges": list(exchanges.values()),
        "bodies": bodies.values,
        "images": images.values,
    }
    # One exchange, body or image a line.
    print("{")
    for number, (key, value) in enumerate(result.items()):
        lines = value.items() if isinstance(value, dict) else ((None, each) for each in value)
        texts = [
            (f"{json.dumps(name)}: " if name else "") + json.dumps(each, ensure_ascii=False)
            for name, each in lines
        ]
        start, end = "{}" if isinstance(value, dict) else "[]"
        comma = "," if number < len(result) - 1 else ""
        print(f'"{key}": {start}\n' + ",\n".join(texts) + f"\n{end}{comma}")
    print("}")


def normal(exchange: dict[str, Any]) -> str | None:
    """Return whose answer is normal, if anybody's; the newest's to a request without a version."""
    if exchange["version"]:
        return next((name for name, known in SERVERS.items() if exchange["version"] in known), None)
    if not exchange["id"].startswith("raw/") or exchange["id"] == NOWHERE_NORMAL:
        return None
    found = re.match(r"/v([0-9.]+)/", unquote(exchange["target"]))
    version = [int(part) for part in found[1].split(".")] if found else [2]
    if version <= [1, 23]:
        return "docker-1.11.2"
    return "docker-20.10.24" if version < [1, 42] else "docker-main"


def add(
    exchanges: dict[str, dict[str, Any]], server: str, exchange: dict[str, Any], body: int
) -> None:
    """Add an exchange to those of the same request, and to one with the same answer if there is."""
    # What was sent tells them apart: one request has the version in its path.
    sent = {key: exchange[key] for key in ("id", "method", "target", "headers") if key in exchange}
    kept = exchanges.setdefault(json.dumps(sent), {**sent, "answers": []})
    location = exchange.get("location")
    answer = {
        **{key: exchange[key] for key in ANSWER if exchange.get(key) is not None},
        "needs": exchange.get("needs", []),
        "body": body,
    }
    if location is not None and exchange["version"]:
        answer["location"] = location.replace(f"/v{exchange['version']}/", "/v{}/", 1)
    for known in kept["answers"]:
        if {**known, **answer, "server": server} == known and known.keys() == {
            *answer,
            "server",
            "versions",
        }:
            known["versions"].append(exchange["version"])
            return
    kept["answers"].append({"server": server, "versions": [exchange["version"]], **answer})


def facts(folder: Path) -> dict[str, Any]:
    """Return by Id what a listing lacks: the config, and the size of each layer."""
    sizes = layer_sizes(folder / "fixtures.tar")
    found = {}
    for image in json.loads((folder / "fixture.json").read_text()):
        digests = json.loads(image["raw"])["rootfs"]["diff_ids"] or []
        # Those that were pulled are not in the archive; they have one layer each.
        layers = [[digest, sizes.get(digest, image["size"])] for digest in digests]
        assert sum(size for _, size in layers) == image["size"], image["key"]
        found[image["id"]] = {"config": image["raw"], "layers": layers}
    return found


def layer_sizes(archive: Path) -> dict[str, int]:
    sizes = {}
    with tarfile.open(archive) as tar:
        for entry in json.load(tar.extractfile("manifest.json")):
            digests = json.load(tar.extractfile(entry["Config"]))["rootfs"]["diff_ids"] or []
            for digest, layer in zip(digests, entry["Layers"] or [], strict=True):
                with tarfile.open(fileobj=tar.extractfile(layer)) as files:
                    sizes[digest] = sum(file.size for file in files if file.isreg())
    return sizes


if __name__ == "__main__":
    main(Path(sys.argv[1]))
