"""A correct server in memory, written from the contract alone, for the suite to be tested on.

It shares no code with the suite or with musterd. Each rule is a method of its own, so that a mutant
can break just one.
"""

from __future__ import annotations

import json
import re
from copy import deepcopy
from typing import Any
from urllib.parse import parse_qsl, unquote_plus

from muster.exchange import Exchange, Request, Response

NONE_TAG, NONE_DIGEST = "<none>:<none>", "<none>@<none>"
DIGEST = "sha256:" + "ab" * 32


def image(name: str, created: int, **members: Any) -> dict[str, Any]:
    return {
        "Id": "sha256:" + name.encode().hex().ljust(64, "0"),
        "ParentId": "",
        "RepoTags": None,
        "RepoDigests": None,
        "Created": created,
        "Size": 4096,
        "VirtualSize": 4096,
        "Labels": None,
    } | members


def catalogue() -> list[dict[str, Any]]:
    """Every kind of image that a rule needs, newest first."""
    base = image(
        "base",
        1451606400,
        RepoTags=["busybox:1.24", "busybox:latest", "localhost:5000/test/busybox:latest"],
        RepoDigests=[f"localhost:5000/test/busybox@{DIGEST}"],
        Labels={"stage": "base", "empty": "", "eq": "a=b=c", "neq": "x!=y", "note": "a b+c&d"},
    )
    mid = image("mid", 1454320800, ParentId=base["Id"], Labels={"stage": "mid", "common": "yes"})
    leaf = image("leaf", 1456833600, ParentId=mid["Id"], Labels={"stage": "leaf", "common": "yes"})
    child = image(
        "child",
        1456833600,
        ParentId=mid["Id"],
        RepoTags=["app:v1"],
        Labels={"stage": "child", "common": "yes"},
    )
    return [
        image(
            "digestonly", 1480636800, RepoDigests=[f"pulled/only@{DIGEST}"], Labels={"k": "ключ"}
        ),
        image("x", 1467331200, RepoTags=["team/x:v1", "team/x:v1v1", "team/x:v2"], Labels={}),
        image("empty", 1462060800, RepoTags=["user/tools:2"]),
        leaf,
        child,
        mid,
        base,
    ]


class Mistake(Exception):
    """A client's mistake; answered with an error."""


class StandIn:
    def __init__(self) -> None:
        self.images = catalogue()

    # --- HTTP -------------------------------------------------------------------------------------

    def send(self, request: Request) -> Exchange:
        response = self.answer(request)
        return Exchange(request, response, "" if response else "the server closed the connection")

    def answer(self, request: Request) -> Response | None:
        path, _, query = request.target.partition("?")
        if path == "/version":
            return self.json({"Version": "1", "Components": [{"Name": "Stand-in"}]})
        if request.method != "GET" or path != "/images/json":
            return self.error(404, "404 page not found")
        if request.version not in {None, ""}:
            return self.error(400, "client is newer than server")
        try:
            return self.listing(self.parameters(query))
        except Mistake as mistake:
            return self.error(400, str(mistake))

    def json(self, value: Any) -> Response:
        return Response(200, {"content-type": "application/json"}, json.dumps(value).encode())

    def error(self, status: int, message: str) -> Response:
        return Response(
            status, {"content-type": "text/plain; charset=utf-8"}, f"{message}\n".encode()
        )

    # --- Parameters -------------------------------------------------------------------------------

    def parameters(self, query: str) -> dict[str, str]:
        if re.search("%(?![0-9A-Fa-f]{2})", query):
            raise Mistake("invalid URL escape")
        return self.first(parse_qsl(query, keep_blank_values=True))

    def first(self, pairs: list[tuple[str, str]]) -> dict[str, str]:
        return dict(reversed(pairs))

    def truth(self, text: str) -> bool:
        return text.strip().lower() not in {"", "0", "no", "false", "none"}

    def filters(self, text: str) -> dict[str, list[str]]:
        try:
            value = json.loads(text) if text else {}
        except ValueError as error:
            raise Mistake(f"filters: {error}") from error
        filters = self.form(value)
        for key in filters:
            self.known(key)
        return filters

    def form(self, value: Any) -> dict[str, list[str]]:
        if value is None:
            return {}
        if isinstance(value, dict):
            if all(
                isinstance(v, list) and all(isinstance(t, str) for t in v) for v in value.values()
            ):
                return value
            if all(
                isinstance(v, dict) and all(t is True for t in v.values()) for v in value.values()
            ):
                return {key: list(texts) for key, texts in value.items()}
        raise Mistake("filters: neither a map of lists nor a map of maps")

    def known(self, key: str) -> None:
        if key not in {"dangling", "label"}:
            raise Mistake(f"Invalid filter '{key}'")

    def dangling(self, filters: dict[str, list[str]]) -> bool | None:
        if "dangling" not in filters:
            return None
        for value in (True, False):
            if str(value).lower() in filters["dangling"]:
                return value
        raise Mistake(f"Invalid filter 'dangling={filters['dangling']}'")

    # --- The listing ------------------------------------------------------------------------------

    def listing(self, parameters: dict[str, str]) -> Response:
        filters = self.filters(parameters.get("filters", ""))
        wanted, everything = self.dangling(filters), self.truth(parameters.get("all", ""))
        name = parameters.get("filter", "")
        shown = [
            self.narrowed(each, name) if name else deepcopy(each)
            for each in self.images
            if self.labelled(each, filters.get("label", []))
        ]
        chosen = [each for each in shown if self.listed(each, wanted, name, everything=everything)]
        return self.json(self.ordered([self.shown(each, parameters) for each in chosen]))

    def labelled(self, each: dict[str, Any], conditions: list[str]) -> bool:
        return all(self.has_label(each["Labels"] or {}, condition) for condition in conditions)

    def has_label(self, labels: dict[str, str], condition: str) -> bool:
        key, equals, value = condition.partition("=")
        return key in labels and (not equals or labels[key] == value)

    def narrowed(self, each: dict[str, Any], name: str) -> dict[str, Any]:
        kept = deepcopy(each)
        for member in ("RepoTags", "RepoDigests"):
            kept[member] = [r for r in each[member] or () if self.named(r, name)] or None
        return kept

    def named(self, reference: str, name: str) -> bool:
        if re.search(r":[A-Za-z0-9_][A-Za-z0-9_.-]*$", name):
            return reference == name
        return self.pattern(name).fullmatch(self.repository(reference)) is not None

    def repository(self, reference: str) -> str:
        return re.sub(r"(@.*|:[^:/]*)$", "", reference)

    def pattern(self, name: str) -> re.Pattern[str]:
        parts = re.split(r"(\[[^\]]+\]|\*|\?)", name)
        written = {"*": "[^/]*", "?": "[^/]"}
        return re.compile(
            "".join(
                part if part.startswith("[") else written.get(part, re.escape(part))
                for part in parts
            )
        )

    def listed(
        self, each: dict[str, Any], dangling: bool | None, name: str, *, everything: bool
    ) -> bool:
        if each["RepoTags"] or each["RepoDigests"]:
            return dangling is not True
        if name or dangling is False:
            return False
        return (everything and dangling is None) or not self.has_children(each)

    def has_children(self, each: dict[str, Any]) -> bool:
        return any(other["ParentId"] == each["Id"] for other in self.images)

    def shown(self, each: dict[str, Any], _parameters: dict[str, str]) -> dict[str, Any]:
        if not each["RepoTags"] and not each["RepoDigests"]:
            return each | {"RepoTags": [NONE_TAG], "RepoDigests": [NONE_DIGEST]}
        return each

    def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return sorted(images, key=lambda each: -each["Created"])


def asked(request: Request) -> str:
    """The query of *request*, decoded, for mutants that fail on particular questions."""
    return unquote_plus(request.target.partition("?")[2])
