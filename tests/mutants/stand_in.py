"""A correct server in memory, written from the contract alone, for the suite to be tested on.

It shares no code with the suite or with musterd. Each rule is a method of its own, so that a mutant
can break just one.
"""

from __future__ import annotations

import hashlib
import http.client
import io
import json
import math
import re
import tarfile
import threading
import time
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from datetime import UTC, datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, unquote, unquote_plus

from muster.model.exchange import Exchange, Request, Response

OLDEST = (1, 12)
NONE_TAG, NONE_DIGEST = "<none>:<none>", "<none>@<none>"
DIGEST = "sha256:" + "ab" * 32
UNITS = {"h": 3600, "m": 60, "s": 1, "ms": 1e-3, "us": 1e-6, "ns": 1e-9}
DURATION = r"(\d+(?:\.\d+)?)(h|ms|m|us|ns|s)"


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
        Labels={"stage": "base", "empty": "", "eq": "a=b=c", "neq": "x!=y", "note": "a b+c&d <x>"},
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
            "digestonly", 1480636800, RepoDigests=[f"pulled/only@{DIGEST}"], Labels={"k": "ключ é"}
        ),
        image("x", 1467331200, RepoTags=["team/x:v1", "team/x:v1v1", "team/x:v2"], Labels={}),
        image("empty", 1462060800, RepoTags=["user/tools:2"], Labels={"n": "07"}),
        image("plain", 1459468800, RepoTags=["team/deep/y:Mixed", "y:1"]),
        leaf,
        child,
        mid,
        base,
        image("old", 499168800, RepoTags=["old:1"], Labels={"stage": "old", "CASE": "Upper"}),
    ]


class Mistake(Exception):
    """A client's mistake; answered with an error."""


class StandIn:
    def __init__(self, version: str = "1.23") -> None:
        self.lock = threading.Lock()
        self.images = catalogue()
        self.layers: dict[str, list[str]] = {}
        self.fractions: dict[str, int] = {}
        self.minor = int(version.partition(".")[2])

    # --- HTTP -------------------------------------------------------------------------------------

    def send(self, request: Request) -> Exchange:
        with self.lock:
            response = self.answer(request)
        return Exchange(request, response, "" if response else "the server closed the connection")

    def answer(self, request: Request) -> Response | None:
        path, _, query = request.target.partition("?")
        path = unquote(path)
        if path.startswith("//"):
            return Response(301, {"location": path[1:]}, b"")
        if request.method in {"POST", "DELETE"}:
            return self.change(request, path.removeprefix("/images/"), query)
        answers = self.routes(path, query)
        if request.method != "GET" or answers is None:
            return self.error(404, "404 page not found")
        return self.refused(request.version or "") or answers()

    def refused(self, segment: str) -> Response | None:
        """Return the error for the version prefix of a path."""
        asked = self.numbers(segment) if segment else self.oldest()
        if asked is None:
            return self.error(404, "404 page not found")
        if asked > (1, self.minor):
            return self.error(400, "client is newer than server")
        return self.error(400, "client version is too old") if asked < self.oldest() else None

    def routes(self, path: str, query: str) -> Callable[[], Response] | None:
        """Return the handler of *path*; None if there is none."""
        if path == "/images/json":
            return lambda: self.listed_as_asked(query)
        if path == "/info":
            return lambda: self.json(self.info())
        if path == "/version":
            return lambda: self.json(self.about())
        name = re.fullmatch("/images/(.+)/json", path)
        return (lambda: self.inspected_as_asked(name[1], dict(parse_qsl(query)))) if name else None

    def numbers(self, segment: str) -> tuple[int, ...] | None:
        """Return the version prefix of a path; None if it is not a version."""
        if not re.fullmatch(r"/v\d+(\.\d+)*", segment):
            return None
        parts = [int(part) for part in segment[2:].split(".")]
        while len(parts) > 2 and parts[-1] == 0:
            parts.pop()
        return tuple(parts)

    def listed_as_asked(self, query: str) -> Response:
        try:
            return self.listing(self.parameters(query))
        except Mistake as error:
            return self.error(400, str(error))

    def about(self) -> dict[str, Any]:
        oldest = ".".join(map(str, self.oldest()))
        versions = {"ApiVersion": f"1.{self.minor}", "MinAPIVersion": oldest}
        return {"Version": "1", "Components": [{"Name": "Stand-in"}]} | versions

    def oldest(self) -> tuple[int, ...]:
        return OLDEST

    def info(self) -> dict[str, Any]:
        return {"Images": len(self.images)}

    def inspected_as_asked(self, name: str, parameters: dict[str, str]) -> Response:
        answer, platform = self.inspected(name), parameters.get("platform")
        if answer.status == 200 and platform and self.minor >= 49:
            shown = json.loads(answer.body)
            if not self.runs_on(json.loads(platform), shown["Os"], shown["Architecture"]):
                return self.error(404, f"{name} does not provide the specified platform")
        return answer

    def runs_on(self, platform: dict[str, str], system: str, architecture: str) -> bool:
        return platform == {"os": system, "architecture": architecture}

    def inspected(self, name: str) -> Response:
        for each in self.images:
            if name in self.image_ids(each):
                return self.json(self.details(each))
        return self.error(404, f"No such image: {name}")

    def details(self, each: dict[str, Any]) -> dict[str, Any]:
        created = datetime(1970, 1, 1) + timedelta(seconds=min(each["Created"], 253402300799))  # noqa: DTZ001 - UTC
        return {
            "Id": each["Id"],
            "Parent": each["ParentId"],
            "RepoTags": each["RepoTags"] or [],
            "RepoDigests": each["RepoDigests"] or [],
            "Created": created.isoformat() + "Z",
            "Size": each["Size"],
            "Os": "linux",
            "Architecture": "amd64",
            "Config": {"Labels": each["Labels"]},
        }

    def json(self, value: Any) -> Response:
        return Response(200, {"content-type": "application/json"}, json.dumps(value).encode())

    def error(self, status: int, message: str) -> Response:
        if self.minor >= 24:
            body = json.dumps({"message": message}).encode()
            return Response(status, {"content-type": "application/json"}, body)
        return Response(
            status, {"content-type": "text/plain; charset=utf-8"}, f"{message}\n".encode()
        )

    # --- Images in and out ------------------------------------------------------------------------

    def change(self, request: Request, path: str, query: str) -> Response:
        try:
            if request.method == "DELETE":
                return self.removed(path)
            if path == "load":
                return self.loaded(request.body)
            if path == "create":
                return self.pulled(dict(parse_qsl(query)))
            if path.endswith("/tag"):
                return self.tagged(path.removesuffix("/tag"), dict(parse_qsl(query)))
            return self.error(404, "404 page not found")
        except Mistake as error:
            return self.error(404, str(error))

    def unpacked(self, archive: bytes) -> dict[str, bytes]:
        with tarfile.open(fileobj=io.BytesIO(archive)) as tar:
            files = {member.name: tar.extractfile(member) for member in tar}
            return {name: file.read() for name, file in files.items() if file}

    def loaded(self, archive: bytes) -> Response:
        texts = self.unpacked(archive)
        if "manifest.json" not in texts:
            raise Mistake("the archive has no manifest.json")
        for entry in json.loads(texts["manifest.json"]):
            config = json.loads(texts[entry["Config"]])
            self.images.append(self.from_config(entry, config))
        return self.json([])

    def from_config(self, entry: dict[str, Any], config: dict[str, Any]) -> dict[str, Any]:
        identifier = "sha256:" + entry["Config"].removesuffix(".json")
        self.layers[identifier] = entry["Layers"]
        self.fractions[identifier] = self.nanoseconds(config)
        return image("", self.date(config)) | {
            "Id": identifier,
            "ParentId": entry.get("Parent", ""),
            "RepoTags": sorted(entry["RepoTags"] or []) or None,
            "Labels": config["config"].get("Labels"),
        }

    def date(self, config: dict[str, Any]) -> int:
        if "created" not in config:
            return -62135596800
        return math.floor(datetime.fromisoformat(config["created"]).timestamp())

    def nanoseconds(self, config: dict[str, Any]) -> int:
        """Return the nanoseconds of the date in *config* behind its whole seconds."""
        digits = re.search(r"\.(\d{1,9})", config.get("created", ""))
        return int(digits[1].ljust(9, "0")) if digits else 0

    def tagged(self, name: str, parameters: dict[str, str]) -> Response:
        found, tag = self.find(name), f"{parameters['repo']}:{parameters['tag']}"
        self.untag(tag)
        found["RepoTags"] = sorted([*(found["RepoTags"] or ()), tag])
        return Response(201, {}, b"")

    def pulled(self, parameters: dict[str, str]) -> Response:
        name, reference = parameters["fromImage"], parameters["tag"]
        top = self.fetched(name, "manifests", reference)
        for digest in self.chosen(top, name, reference):
            manifest = json.loads(self.fetched(name, "manifests", digest))
            self.add_pulled(name, reference, sha256(top), manifest)
        return self.json({"status": "Pull complete"})

    def chosen(self, top: bytes, name: str, reference: str) -> list[str]:
        """Digests of the manifests to pull: of an index that for this platform."""
        index = json.loads(top).get("manifests", [])
        platforms = {each["platform"]["architecture"]: each["digest"] for each in index}
        return [platforms["amd64"] if platforms else sha256(top)]

    def add_pulled(self, name: str, reference: str, digest: str, manifest: dict[str, Any]) -> None:
        identifier = manifest["config"]["digest"]
        config = json.loads(self.fetched(name, "blobs", identifier))
        if not any(each["Id"] == identifier for each in self.images):
            entry = {
                "Config": identifier.removeprefix("sha256:"),
                "RepoTags": None,
                "Layers": [identifier],
            }
            self.images.append(self.from_config(entry, config))
        self.name_pulled(self.find(identifier), name, reference, digest)

    def name_pulled(self, each: dict[str, Any], name: str, reference: str, digest: str) -> None:
        each["RepoDigests"] = sorted({*(each["RepoDigests"] or ()), f"{name}@{digest}"})
        if ":" not in reference:
            each["RepoTags"] = sorted({*(each["RepoTags"] or ()), f"{name}:{reference}"})

    def fetched(self, name: str, kind: str, reference: str) -> bytes:
        registry, _, repository = name.partition("/")
        connection = http.client.HTTPConnection(registry, timeout=10)
        with closing(connection):
            connection.request("GET", f"/v2/{repository}/{kind}/{reference}")
            response = connection.getresponse()
            body = response.read()
        if response.status != 200:
            raise Mistake(f"{name}: not found")
        return body

    def removed(self, name: str) -> Response:
        found, plain = self.find(name), name.removeprefix("sha256:")
        names = [*(found["RepoTags"] or ()), *(found["RepoDigests"] or ())]
        for each in names if found["Id"].removeprefix("sha256:").startswith(plain) else [name]:
            self.untag(each)
        nameless = not found["RepoTags"] and not found["RepoDigests"]
        if nameless and (names == [] or not self.has_children(found)):
            self.forget(found)
        return self.json([])

    def forget(self, each: dict[str, Any]) -> None:
        self.images.remove(each)

    def untag(self, name: str) -> None:
        for each in self.images:
            if name in (each["RepoDigests"] or ()):
                each["RepoDigests"] = [d for d in each["RepoDigests"] if d != name] or None
            if name in (each["RepoTags"] or ()):
                each["RepoTags"] = [t for t in each["RepoTags"] if t != name] or None
                self.drop_digests(each, self.repository(name))

    def drop_digests(self, each: dict[str, Any], repository: str) -> None:
        """Drop a repository's digests with its last tag."""
        if repository not in map(self.repository, each["RepoTags"] or ()):
            kept = [d for d in each["RepoDigests"] or () if self.repository(d) != repository]
            each["RepoDigests"] = kept or None

    def find(self, name: str) -> dict[str, Any]:
        for each in self.images:
            names = (each["Id"], *(each["RepoTags"] or ()), *(each["RepoDigests"] or ()))
            plain = each["Id"].removeprefix("sha256:")
            if name in names or (len(name) >= 12 and plain.startswith(name)):
                return each
        raise Mistake(f"No such image: {name}")

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
                isinstance(v, dict) and all(isinstance(t, bool) for t in v.values())
                for v in value.values()
            ):
                return {key: list(texts) for key, texts in value.items()}
        raise Mistake("filters: neither a map of lists nor a map of maps")

    def known(self, key: str) -> None:
        since = {
            "dangling": 1,
            "label": 18,
            "before": 24,
            "since": 24,
            "reference": 25,
            "until": 44,
        }
        if self.minor < since.get(key, 99):
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
        if self.minor >= 54 and "identity" in parameters and "manifests" not in parameters:
            raise Mistake("conflicting options: identity requires manifests=1")
        filters = self.filters(parameters.get("filters", ""))
        self.times_known(filters)
        wanted, everything = self.dangling(filters), self.truth(parameters.get("all", ""))
        names = self.names(filters, parameters)
        shown = [
            dict(each) if names is None else self.narrowed(each, names)
            for each in self.images
            if self.labelled(each, filters.get("label", [])) and self.in_time(each, filters)
        ]
        chosen = [
            each
            for each in shown
            if self.listed(each, wanted, everything=everything, by_name=names is not None)
        ]
        return self.json(self.ordered([self.shown(each, parameters) for each in chosen]))

    def names(self, filters: dict[str, list[str]], parameters: dict[str, str]) -> list[str] | None:
        """Return the patterns that images must match: from `filter`, `reference` or none."""
        if self.minor < 41 and parameters.get("filter"):
            return [parameters["filter"]]
        return filters.get("reference")

    def in_time(self, each: dict[str, Any], filters: dict[str, list[str]]) -> bool:
        own = self.instant(each)
        return (
            all(own < self.time_of(name) for name in filters.get("before", ()))
            and all(own > self.time_of(name) for name in filters.get("since", ()))
            and all(sum(own) < self.moment(text) for text in filters.get("until", ()))
        )

    def instant(self, each: dict[str, Any]) -> tuple[int, float]:
        """Return an image's creation time: whole seconds and fraction."""
        return each["Created"], self.fractions.get(each["Id"], 0) / 1e9

    def times_known(self, filters: dict[str, list[str]]) -> None:
        """Refuse a time that makes no sense, even if no image is compared with it."""
        for name in (*filters.get("before", ()), *filters.get("since", ())):
            self.time_of(name)
        for text in filters.get("until", ()):
            self.moment(text)

    def time_of(self, name: str) -> tuple[int, float]:
        for each in self.images:
            if name in self.image_ids(each):
                return self.instant(each)
        raise Mistake(f"No such image: {name}")

    def image_ids(self, each: dict[str, Any]) -> set[str]:
        """Return what names an image: its Id, whole or short, and its names, `:latest` optional."""
        plain = each["Id"].removeprefix("sha256:")
        names = {*(each["RepoTags"] or ()), *(each["RepoDigests"] or ())}
        unsaid = {name.removesuffix(":latest") for name in names}
        return {each["Id"], plain, plain[:12]} | names | unsaid

    def moment(self, text: str) -> float:
        """Seconds since 1970, as such, as a date, or as a duration that has passed."""
        if re.fullmatch(r"\d+(\.\d{1,9})?", text):
            return float(text)
        if re.fullmatch(rf"({DURATION})+", text):
            passed = re.findall(DURATION, text)
            return time.time() - sum(float(number) * UNITS[unit] for number, unit in passed)
        # Python reads no zone behind a date alone.
        day = re.sub(r"^(\d{4}-\d\d-\d\d)(Z|[+-]\d\d:\d\d)$", r"\1T00\2", text)
        try:
            date = datetime.fromisoformat(day)
        except ValueError as error:
            raise Mistake(f"invalid value for 'until' filter: {text}") from error
        return (date if date.tzinfo else date.replace(tzinfo=UTC)).timestamp()

    def labelled(self, each: dict[str, Any], conditions: list[str]) -> bool:
        return all(self.has_label(each["Labels"] or {}, condition) for condition in conditions)

    def has_label(self, labels: dict[str, str], condition: str) -> bool:
        key, equals, value = condition.partition("=")
        return key in labels and (not equals or labels[key] == value)

    def narrowed(self, each: dict[str, Any], names: list[str]) -> dict[str, Any]:
        kept = dict(each)
        for member in ("RepoTags", "RepoDigests"):
            kept[member] = [
                reference
                for reference in each[member] or ()
                if any(self.named(reference, name) for name in names)
            ] or None
        return kept

    def named(self, reference: str, name: str) -> bool:
        if self.minor >= 25:
            pattern = self.pattern(name)
            return bool(
                pattern.fullmatch(reference) or pattern.fullmatch(self.repository(reference))
            )
        if re.search(r":[A-Za-z0-9_][A-Za-z0-9_.-]*$", name):
            return reference == name
        return self.pattern(name).fullmatch(self.repository(reference)) is not None

    def repository(self, reference: str) -> str:
        return re.sub(r"(@.*|:[^:/]*)$", "", reference)

    def pattern(self, name: str) -> re.Pattern[str]:
        parts = re.split(r"(\\.|\[[^\]]+\]|\*|\?)", name)
        try:
            return re.compile("".join(map(self.as_expression, parts)))
        except re.error:
            return re.compile(r"(?!)")

    def as_expression(self, part: str) -> str:
        """Return a part of a pattern as a regular expression."""
        if part in {"*", "?"}:
            return {"*": "[^/]*", "?": "[^/]"}[part]
        if part.startswith("["):
            return part
        return re.escape(part.removeprefix("\\"))

    def listed(
        self, each: dict[str, Any], dangling: bool | None, *, everything: bool, by_name: bool
    ) -> bool:
        if each["RepoTags"] or each["RepoDigests"]:
            return dangling is not True
        if by_name or dangling is False:
            return False
        return (everything and dangling is None) or not self.has_children(each)

    def has_children(self, each: dict[str, Any]) -> bool:
        return any(other["ParentId"] == each["Id"] for other in self.images)

    def shown(self, each: dict[str, Any], parameters: dict[str, str]) -> dict[str, Any]:
        shown = dict(each)
        if self.minor >= 43:
            shown |= {name: each[name] or [] for name in ("RepoTags", "RepoDigests")}
        elif not each["RepoTags"] and not each["RepoDigests"]:
            shown |= {"RepoTags": [NONE_TAG], "RepoDigests": [NONE_DIGEST]}
        if self.minor >= 25:
            asked = self.minor >= 42 and self.truth(parameters.get("shared-size", ""))
            counted = self.minor >= 51
            shared = self.shared_size(each) if asked else -1
            containers = each.get("Containers", 0) if counted else -1
            shown |= {"SharedSize": shared, "Containers": containers}
        if self.minor >= 44:
            del shown["VirtualSize"]
        return shown

    def shared_size(self, each: dict[str, Any]) -> int:
        """Return the size of the layers that other images have as well: 1024 for each."""
        owners = Counter(layer for other in self.images for layer in self.layers_of(other))
        shared = 1024 * sum(owners[layer] > 1 for layer in self.layers_of(each))
        return min(shared, each["Size"])

    def layers_of(self, each: dict[str, Any]) -> list[str]:
        """Return the layers of an image: those in its archive, or one on top of its parent's."""
        if each["Id"] in self.layers:
            return self.layers[each["Id"]]
        parents = [other for other in self.images if other["Id"] == each["ParentId"]]
        return [*(self.layers_of(parents[0]) if parents else ()), each["Id"]]

    def ordered(self, images: list[dict[str, Any]]) -> list[dict[str, Any]]:
        return sorted(images, key=lambda each: -each["Created"])


def sha256(data: bytes) -> str:
    return "sha256:" + hashlib.sha256(data).hexdigest()


def asked(request: Request) -> str:
    """Return the query of *request*, decoded, for mutants that fail on particular queries."""
    return unquote_plus(request.target.partition("?")[2])
