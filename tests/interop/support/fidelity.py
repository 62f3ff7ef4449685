"""Drawn requests to a real engine and to its imitation, and what their answers have in common."""

from __future__ import annotations

import http.client
import json
import socket
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from random import Random
from typing import Any, Self

from muster.fuzzing.conditions import Trait
from muster.fuzzing.drawn_query import draw
from muster.fuzzing.parts import DrawnQuery
from muster.fuzzing.values import SampleValues, sample_values
from muster.model import image
from muster.model.exchange import Response
from muster.model.version import ApiVersion
from musterd.contract import engines
from musterd.contract.engines import Engine

# Each imitation and the engine of `tools.engines` that it is compared with.
PAIRS = {
    "docker-20.10": "docker-20.10",
    "docker-28": "docker-28.5",
    "docker-28-containerd": "docker-28.5-containerd",
    "podman-4.3": "podman-4.3",
    "podman-5.8": "podman-5.8",
}
REQUESTS = 2000
# Parameters that no drawn query has, and the first version at which Docker knows each.
_FLAGS = {"shared-size=1": "1.42", "manifests=1": "1.47"}
# One of so many requests gets a flag.
_FLAGGED = 6
_OK = 200
_MISTAKE = 400
_MINOR = 1

ORDER = "Images of the same second come in any order, which counts as the same."
SEVERAL = (
    "Of several values of `before` or `since`, this Docker picks any one, because a Go map has no "
    "order. Only the status is compared."
)
STORED = (
    "podman lists images in the order in which they were stored, and their names likewise. The "
    "catalogue does not keep that order: the oldest image comes first, and names are sorted."
)
SIZES = (
    "podman's `Size` and `VirtualSize` add the config and what the storage driver takes. A "
    "catalogue without the layers' blocks cannot know that."
)
DIGESTS = (
    "podman makes a manifest for each image that it loads, and shows its digest in `RepoDigests`; "
    "musterd shows digests of pulled images only."
)
OWN = "podman's own `Names`, `Digest`, `History` and `Dangling` are left out."
LOADED = (
    "`Created` of an image without a date is the time when podman loaded it; in musterd, the start "
    "of the server."
)
WORDS = "The texts of errors are not podman's; statuses, media types and members are."
CASES = (
    "Requests that give a parameter in two cases (`all` and `ALL`) are not sent: podman picks "
    "either, because a Go map has no order."
)
REASONS = {
    "docker-20.10": (ORDER, SEVERAL),
    "docker-28": (ORDER,),
    "docker-28-containerd": (ORDER,),
    "podman-4.3": (STORED, SIZES, DIGESTS, OWN, LOADED, WORDS, CASES),
    "podman-5.8": (STORED, SIZES, DIGESTS, OWN, LOADED, WORDS, CASES),
}


@dataclass(frozen=True)
class Answer:
    """A response."""

    status: int
    content_type: str | None
    body: bytes


class Connection:
    """A connection to a server's Unix socket, kept for all requests."""

    def __init__(self, path: str) -> None:
        """Connect to the socket at *path*."""
        self._connection = http.client.HTTPConnection("localhost", timeout=120)
        self._path = path

    def ask(self, target: str) -> Answer:
        """Send a request, again if the server closed the connection, which was idle for long."""
        try:
            response = self._send(target)
        except (ConnectionError, http.client.BadStatusLine):
            self._connection.close()
            response = self._send(target)
        body = response.read()
        return Answer(response.status, response.getheader("Content-Type"), body)

    def _send(self, target: str) -> http.client.HTTPResponse:
        if self._connection.sock is None:
            self._connection.sock = socket.socket(socket.AF_UNIX)
            self._connection.sock.connect(self._path)
        self._connection.request("GET", target)
        return self._connection.getresponse()

    def __enter__(self) -> Self:
        """Return the connection."""
        return self

    def __exit__(self, *_: object) -> None:
        """Close it."""
        self._connection.close()


@dataclass(frozen=True)
class Found:
    """What a comparison found.

    Attributes:
        same: How many answers were the same, octets of JSON aside.
        documented: How many were the same but for documented reasons.
        different: The others: the targets.
    """

    same: int
    documented: int
    different: tuple[str, ...]


def samples_of(real: Connection) -> SampleValues:
    """Return values to ask for, from the engine's own listing."""
    answer = real.ask("/images/json?all=1")
    listed = image.listing(Response(answer.status, {}, answer.body))
    # Engines list images of the same second in any order.
    return sample_values(sorted(listed, key=lambda each: each.id))


def requests(name: str, samples: SampleValues, count: int) -> Iterator[tuple[str, DrawnQuery]]:
    """Draw requests over all versions of an engine, the same in every run."""
    engine = engines.find(name)
    versions = _versions(engine)
    # The same requests in every run.
    random = Random(name)  # noqa: S311  # no secret
    flags = Random(name)  # noqa: S311  # no secret
    sent = 0
    while sent < count:
        version = versions[sent % len(versions)]
        query = draw(random.randrange, samples, ApiVersion.parse(version))
        if name.startswith("podman") and Trait.OTHER_CASE in query.traits:
            continue
        sent += 1
        yield f"/v{version}{query.request.target}{_flag(flags, query, name, version)}", query


def _flag(random: Random, query: DrawnQuery, name: str, version: str) -> str:
    """Draw what to add to a request: a flag now and then."""
    flag = random.choice([None] * (_FLAGGED - 1) + [random.choice(list(_FLAGS))])
    if flag is None or not name.startswith("docker"):
        return ""
    if ApiVersion.parse(version) < ApiVersion.parse(_FLAGS[flag]):
        return ""
    return f"{'&' if '?' in query.request.target else '?'}{flag}"


def _versions(engine: Engine) -> list[str]:
    first, last = (int(str(each).split(".")[_MINOR]) for each in (engine.oldest, engine.newest))
    return [f"1.{minor}" for minor in range(first, last + 1)]


def compare(name: str, real: Connection, imitation: Connection, count: int = REQUESTS) -> Found:
    """Ask both the same, and compare their answers."""
    same, documented, different = 0, 0, []
    for target, query in requests(name, samples_of(real), count):
        theirs, ours = real.ask(target), imitation.ask(target)
        if essence(name, theirs, query) != essence(name, ours, query):
            different.append(target)
        elif _varies(name, query) or _ordered(name, theirs) != _ordered(name, ours):
            documented += 1
        else:
            same += 1
    return Found(same, documented, tuple(different))


def _json(answer: Answer) -> Any:
    """Return the JSON of an answer, or else its octets."""
    try:
        return json.loads(answer.body)
    except ValueError:
        return answer.body


def _varies(name: str, query: DrawnQuery) -> bool:
    """Tell whether an engine answers a request now so, now otherwise."""
    return name == "docker-20.10" and Trait.SEVERAL_TIMES in query.traits


def _ordered(name: str, answer: Answer) -> Any:
    """Return an answer; images of the same second, which Docker lists in any order, by their Id."""
    status, kind, value = answer.status, answer.content_type, _json(answer)
    if name.startswith("docker") and status == _OK and isinstance(value, list):
        dates = [each["Created"] for each in value]
        return kind, dates, sorted(value, key=lambda each: str(each["Id"]))
    return status, kind, value


def essence(name: str, answer: Answer, query: DrawnQuery) -> Any:
    """Return what must be the same of an answer, whatever the documented reasons."""
    podman = name.startswith("podman")
    kind = (answer.status, answer.content_type)
    value = _json(answer)
    if _varies(name, query):
        return kind
    if answer.status >= _MISTAKE and podman:
        return kind, sorted(value)
    if answer.status != _OK or not isinstance(value, list):
        return kind, value
    shown = [_of_podman(each) if podman else each for each in value]
    return kind, sorted(shown, key=lambda each: str(each["Id"]))


_NOT_COMPARED = frozenset(
    {"Names", "Digest", "History", "Dangling", "Size", "VirtualSize", "RepoDigests"}
)
# No image of the archive is from between these, in seconds since 1970; those without a date are.
_LOADED = range(1_700_000_000, 4_000_000_000)


def _of_podman(shown: Mapping[str, Any]) -> Mapping[str, Any]:
    kept = {key: value for key, value in shown.items() if key not in _NOT_COMPARED}
    if kept["RepoTags"]:
        kept["RepoTags"] = sorted(kept["RepoTags"])
    if kept["Created"] in _LOADED:
        kept["Created"] = "when it was loaded"
    return kept
