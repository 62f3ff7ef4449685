"""Takes from a recording of a real daemon what the contract must accept; see README.md.

Usage: extract.py RECORDING VERSION PATH... >FILE
"""

import json
import sys
from pathlib import Path
from typing import Any


def main(recording: str, version: str, *paths: str) -> None:
    """Writes the distinct answers to GET requests for `paths` at API `version`."""
    recorded = json.loads(Path(recording).read_bytes())
    images: list[Any] = []
    answers: dict[str, dict[str, Any]] = {}
    for exchange in recorded["exchanges"]:
        target = exchange["target"]
        if not exchange["version"]:
            if not target.startswith(f"/v{version}/"):
                continue
            target = target.removeprefix(f"/v{version}")
        elif exchange["version"] != version:
            continue
        path = target.partition("?")[0]
        if exchange["method"] != "GET" or path not in paths:
            continue
        body = exchange["body"]
        if isinstance(body, dict) and "$ref" in body:
            body = recorded["bodies"][body["$ref"]]
        answer = {"path": path, "status": exchange["status"], "type": exchange["content_type"]}
        if isinstance(body, list):
            images += [image for image in body if image not in images]
            answer["images"] = [images.index(image) for image in body]
        else:
            answer["body"] = body
        key = json.dumps(answer)
        answers.setdefault(key, {"targets": []} | answer)["targets"].append(target)
    name = recorded["server"]["name"]
    sys.stdout.write(f'{{"server": {json.dumps(name)}, "images": [\n')
    sys.stdout.write(",\n".join(map(json.dumps, images)))
    sys.stdout.write('\n], "answers": [\n')
    sys.stdout.write(",\n".join(map(json.dumps, answers.values())))
    sys.stdout.write("\n]}\n")


main(*sys.argv[1:])
