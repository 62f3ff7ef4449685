"""Real daemons' recorded answers, replayed as a server."""

from __future__ import annotations

import json
import lzma
import re
from collections.abc import Collection
from pathlib import Path
from typing import Any
from urllib.parse import parse_qsl

from muster.model.exchange import Request, Response
from tests.mutants.stand_in import StandIn

DATA = Path(__file__).parents[1] / "data" / "recordings.json.xz"
NAMES = ("RepoTags", "RepoDigests")


def recordings() -> list[dict[str, Any]]:
    """Load the recordings of each daemon; data/README.md describes their members."""
    found: list[dict[str, Any]] = json.loads(lzma.decompress(DATA.read_bytes()))
    return found


class Replayed(StandIn):
    """Replays a daemon's recorded responses.

    To all else it gives the answer of the correct stand-in from the daemon's own listing, so that
    checks come to their end.

    Attributes:
        used: the recorded questions that were asked.
    """

    def __init__(self, recording: dict[str, Any], version: str) -> None:
        super().__init__(version)
        self.listed_as = {image["Id"]: image for image in recording["listings"][version]}
        self.images = [nameless(image) for image in self.listed_as.values()]
        self.answers: dict[object, Response] = {}
        for exchange in recording["exchanges"]:
            if exchange["method"] == "GET" and not exchange.get("unstable"):
                key = question(exchange["version"], exchange["target"])
                # The times that stores keep differ from those that the stand-in compares.
                if exchange["version"] in {"", version} and "until" not in exchange["target"]:
                    self.answers.setdefault(key, answer(recording, exchange))
        self.used: set[object] = set()
        self.dangling_ids: dict[str, Collection[str] | None] = {}
        shared = self.answers.get(question(version, "/images/json?shared-size=1"))
        self.shared = {image["Id"]: image.get("SharedSize") for image in ids_of(shared).values()}

    def answer(self, request: Request) -> Response | None:
        if request.version is None:
            key = question(f"1.{self.minor}", request.target)
        else:
            key = question("", request.version + request.target)
        if request.method == "GET" and key in self.answers:
            self.used.add(key)
            return self.answers[key]
        return super().answer(request)

    def oldest(self) -> tuple[int, ...]:
        told = self.answers.get(question("", "/version"))
        least = told.json().get("MinAPIVersion") if told else None
        return tuple(map(int, least.split("."))) if least else super().oldest()

    def listed(
        self, each: dict[str, Any], dangling: bool | None, *, everything: bool, by_name: bool
    ) -> bool:
        # Engines differ in what is dangling: the recorded answer says what this one takes for it.
        asked = "/images/json?" + ("all=1&" if everything else "")
        asked += f'filters={{"dangling":["{str(dangling).lower()}"]}}'
        if asked not in self.dangling_ids:
            known = self.answers.get(question(f"1.{self.minor}", asked))
            self.dangling_ids[asked] = known and ids_of(known).keys()
        ids = self.dangling_ids[asked]
        if ids is None or by_name:
            return super().listed(each, dangling, everything=everything, by_name=by_name)
        return each["Id"] in ids

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        ours = super().shown(each, parameters)
        known = self.listed_as[each["Id"]] | {name: ours[name] for name in NAMES if name in ours}
        asked = self.truth(parameters.get("shared-size", ""))
        if asked and self.shared.get(each["Id"]) is not None:
            known["SharedSize"] = self.shared[each["Id"]]
        return known


def ids_of(response: Response | None) -> dict[str, dict[str, Any]]:
    """Return the images of an answer by their Ids."""
    return {image["Id"]: image for image in response.json()} if response else {}


def nameless(image: dict[str, Any]) -> dict[str, Any]:
    """*image* as the stand-in keeps it: with every member, and without placeholders for names."""
    members: dict[str, Any] = {"ParentId": "", "VirtualSize": image["Size"], "Labels": None}
    names = {
        member: [name for name in image[member] or () if "<none>" not in name] or None
        for member in NAMES
    }
    return members | image | names


def answer(recording: dict[str, Any], exchange: dict[str, Any]) -> Response:
    body = exchange["body"]
    if isinstance(body, dict) and "$ref" in body:
        body = recording["bodies"][body["$ref"]]
    media_type = exchange["content_type"]
    text = body if isinstance(body, str) and media_type != "application/json" else json.dumps(body)
    headers = {"content-type": media_type} if media_type else {}
    return Response(exchange["status"], headers, text.encode())


def question(version: str, target: str) -> object:
    """Return the meaning of a query without its spelling: order, form of filters, value of all."""
    path, _, query = target.partition("?")
    if not version or path != "/images/json" or re.search("%(00|(?![0-9A-Fa-f]{2}))", query):
        return version, target
    parameters = dict(reversed(parse_qsl(query, keep_blank_values=True)))
    truth = parameters.pop("all", "").strip().lower() not in {"", "0", "no", "false", "none"}
    filters = parameters.get("filters", "")
    return version, truth, conditions(filters), *sorted({**parameters, "filters": ""}.items())


def conditions(filters: str) -> object:
    """Return the conditions of *filters* in either form, or the text if it has neither."""
    try:
        value = json.loads(filters or "{}")
    except ValueError:
        return filters
    if not isinstance(value, dict) or not all(value.values()):
        return filters
    for form in (list, dict):
        if all(isinstance(texts, form) and holds(texts) for texts in value.values()):
            return tuple(sorted((key, *sorted(set(texts))) for key, texts in value.items()))
    return filters


def holds(texts: list[Any] | dict[str, Any]) -> bool:
    values = texts.values() if isinstance(texts, dict) else [True]
    return all(isinstance(text, str) for text in texts) and all(value is True for value in values)
