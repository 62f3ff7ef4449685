"""Takes from a recording of a real daemon what the contract must accept; see README.md.

Usage: extract.py RECORDING >FILE
"""

import json
import re
import sys
from pathlib import Path
from typing import Any


def place(exchange: dict[str, Any], newest: str) -> tuple[str, str]:
    """Return the API version that was asked for, and the target without it."""
    if exchange["version"]:
        return exchange["version"], exchange["target"]
    target = exchange["target"].replace("/%76", "/v")
    match = re.fullmatch(r"/v([0-9]+)(?:\.([0-9]+))?[0-9.]*(/.*)", target)
    if match is None:
        return newest, exchange["target"]
    return f"{int(match[1])}.{int(match[2] or 0)}", match[3]


def main(recording: str) -> None:
    """Write each distinct image and other answer, with the versions it came at."""
    recorded = json.loads(Path(recording).read_bytes())
    newest = recorded["server"]["api"]
    images: dict[str, dict[str, None]] = {}
    answers: dict[str, tuple[dict[str, Any], dict[str, None]]] = {}
    for exchange in recorded["exchanges"]:
        version, target = place(exchange, newest)
        body = exchange["body"]
        if isinstance(body, dict) and "$ref" in body:
            body = recorded["bodies"][body["$ref"]]
        answer = {
            "method": exchange["method"],
            "path": target.partition("?")[0],
            "status": exchange["status"],
            "type": exchange["content_type"],
        }
        if isinstance(body, list):
            for image in body:
                images.setdefault(json.dumps(image), {})[version] = None
            # Of a list itself no more is to be seen; the images are looked at by themselves.
            answer["images"] = bool(body)
        else:
            answer["body"] = body
        key = json.dumps(answer)
        answers.setdefault(key, ({"target": target} | answer, {}))[1][version] = None
    lines = [
        f'{{"server": {json.dumps(recorded["server"]["name"])}, "images": [',
        ",\n".join(f"[{json.dumps(list(versions))}, {key}]" for key, versions in images.items()),
        '], "answers": [',
        ",\n".join(
            json.dumps({"versions": list(versions)} | answer)
            for answer, versions in answers.values()
        ),
        "]}",
    ]
    sys.stdout.write("\n".join(lines) + "\n")


main(*sys.argv[1:])
