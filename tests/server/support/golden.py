"""Real daemons' answers from data/golden.json, and a comparison of musterd's with them."""

from __future__ import annotations

import asyncio
import functools
import json
import textwrap
from collections import Counter
from collections.abc import Iterable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, urlsplit

import msgspec

from musterd.app import create_app
from musterd.archives import listing_json
from musterd.contract import engines, rules
from musterd.contract.engines import Engine
from musterd.contract.versions import ApiVersion, documented
from musterd.images import platform
from musterd.images.image import NEVER, Image, Layer
from musterd.listing import source

from . import imitations
from .asgi import Answer, ask

GOLDEN = json.loads((Path(__file__).parents[1] / "data" / "golden.json").read_text())
# These never get past the web server, which test_cli.py runs.
NOT_HTTP = ("raw/path/raw-space", "raw/path/no-leading-slash")
# How messages of Go's JSON decoder begin, which an other decoder need not repeat.
GOS_JSON = ("json: ", "invalid character ", "unexpected ", "EOF")

# How musterd, and how the daemons, tell which versions they serve.
OURS = {
    '"ApiVersion": "1.56"': ('"ApiVersion": "1.23"',),
    '"MinAPIVersion": "1.12"': ('"MinAPIVersion": "1.40"',),
    "API version is 1.12": ("API version is 1.40",),
}
# Deliberate differences, by subject.
STATUS, SHAPE, PING, RANGE = "status", "shape", "ping", "range"


@dataclass(frozen=True, eq=False)
class Recorded:
    """A daemon's answer to a request at one version."""

    #: Its position: the number of the request, and of the response to it.
    place: tuple[int, int]
    id: str
    server: str
    version: str
    method: str
    target: str
    headers: Mapping[str, str]
    status: int
    content_type: str | None
    location: str | None
    #: Images; any other JSON; or a text.
    body: Any
    subset: bool
    #: Data that listings lack and the response depends on.
    needs: tuple[str, ...]


class AllImages(tuple[Image, ...]):
    """Images compared by identity, since labels are not hashable."""

    __slots__ = ()
    __hash__ = object.__hash__

    def __eq__(self, other: object) -> bool:
        return self is other


class Snapshot(source.Images):
    """Images that have their configs with them."""

    def of_platform(self, image: Image, wanted: platform.Platform | None, name: str) -> Image:
        platform.check(wanted, image.config, name)
        return image

    def everything(self) -> list[Image]:
        return list(self.all())

    def everything_as_stored(self) -> list[Any]:
        assert not self.all()
        return []

    def rendered(self, _key: Any) -> None:
        return None

    def events(self, after: int = 0) -> list[Any]:
        del after
        return []

    def in_memory(self, _candidates: list[source.Candidate], _undated: int) -> source.Images:
        return self


class Images:
    """A store with fixed images."""

    account = "default"

    def __init__(self) -> None:
        self.now: tuple[Image, ...] = ()

    def revision(self) -> int:
        return id(self.now)

    def of(self, _account: str) -> Images:
        return self

    def change_token(self) -> None:
        return None

    @contextmanager
    def snapshot(self) -> Iterator[Snapshot]:
        yield Snapshot(self.now, self.revision())


@dataclass(frozen=True)
class Outcome:
    """The comparison of a response of musterd with a recorded one."""

    #: The deliberate difference, if any.
    decided: str | None
    #: Whether it depends on data that listings lack.
    lacking: bool
    #: How it differs nevertheless.
    difference: str | None


class Replay:
    """One application that serves the images of each recorded server in turn."""

    def __init__(self, engine: Engine = engines.ANY) -> None:
        self._store = Images()
        self._app = create_app(self._store, engine=engine)
        self._loop = asyncio.new_event_loop()
        self._outcomes: dict[tuple[tuple[int, int], str], Outcome] = {}

    def close(self) -> None:
        self._loop.close()

    def outcome(self, recorded: Recorded) -> Outcome:
        """Ask the same of the images from the daemon's listing, and with more facts if it takes."""
        # Versions with the same document and the same rules are answered alike.
        key = (recorded.place, _alike(recorded.version))
        if key not in self._outcomes:
            self._outcomes[key] = self._outcome(recorded)
        return self._outcomes[key]

    def as_recorded(self, recorded: Recorded) -> bool:
        """Tell whether the response equals the daemon's, ignoring deliberate differences."""
        images = from_listing(recorded.server, recorded.version)
        if recorded.needs or recorded.id.startswith("inspect/"):
            images = AllImages(with_facts(images))
        return difference(recorded, self._ask(recorded, images)) is None

    def _outcome(self, recorded: Recorded) -> Outcome:
        about, expected = decided(recorded)
        images = from_listing(recorded.server, recorded.version)
        found = difference(expected, self._ask(recorded, images))
        if found is None or not (recorded.needs or recorded.id.startswith("inspect/")):
            return Outcome(about, lacking=False, difference=found)
        found = difference(expected, self._ask(recorded, with_facts(images)))
        return Outcome(about, lacking=True, difference=found)

    def _ask(self, recorded: Recorded, images: tuple[Image, ...]) -> Answer:
        self._store.now = images
        prefix = f"/v{recorded.version}" if recorded.version else ""
        target = prefix + recorded.target
        octets = target.encode().decode("latin-1")
        answer = self._loop.run_until_complete(
            ask(self._app, octets, recorded.method, headers=recorded.headers)
        )
        # The web server drops the body of a response to HEAD.
        return replace(answer, body=b"") if recorded.method == "HEAD" else answer


@functools.cache
def exchanges() -> list[list[Recorded]]:
    """Return the answers to each request, at every version for which there is one."""
    return [
        [
            _recorded((place, number), exchange, answer, version)
            for number, answer in enumerate(exchange["answers"])
            for version in answer["versions"]
        ]
        for place, exchange in enumerate(GOLDEN["exchanges"])
        if exchange["id"] not in NOT_HTTP
    ]


def _recorded(
    place: tuple[int, int], exchange: Mapping[str, Any], answer: Mapping[str, Any], version: str
) -> Recorded:
    location = answer.get("location")
    return Recorded(
        place=place,
        id=exchange["id"],
        server=answer["server"],
        version=version,
        method=exchange["method"],
        target=exchange["target"],
        headers=exchange.get("headers", {}),
        status=answer["status"],
        content_type=answer.get("content_type"),
        location=None if location is None else location.format(version),
        body=body(answer["body"]),
        subset=answer.get("subset", False),
        needs=tuple(answer["needs"]),
    )


def body(number: int) -> Any:
    (kind, value) = next(iter(GOLDEN["bodies"][number].items()))
    return [GOLDEN["images"][image] for image in value] if kind == "images" else value


@functools.cache
def _alike(version: str) -> str:
    """Return what versions have in common that are answered by the same code."""
    if not version:
        return ""
    found = ApiVersion(version)
    return f"{documented(found)} {rules.at(found)}"


@functools.cache
def from_listing(server: str, version: str) -> AllImages:
    """Return a server's images as they come by its listing at a version."""
    listings = GOLDEN["listings"][server]
    listing = body(listings[version])
    return AllImages(listing_json.parse(json.dumps(listing).encode(), "the listing"))


@functools.cache
def with_facts(images: AllImages) -> tuple[Image, ...]:
    """Add the config data that listings lack."""
    return tuple(_with_facts(image, GOLDEN["facts"][image.id]) for image in images)


def _with_facts(image: Image, facts: Mapping[str, Any]) -> Image:
    config = json.loads(facts["config"])
    created = config.get("created")
    return msgspec.structs.replace(
        image,
        created=NEVER if created is None else image.created,
        created_text=created,
        has_config="config" in config,
        config=facts["config"].encode(),
        layers=tuple(Layer(digest, size) for digest, size in facts["layers"]),
    )


def decided(recorded: Recorded) -> tuple[str | None, Recorded]:
    """Return the deliberate difference from the daemon, and the intended response."""
    if recorded.id.startswith("raw/") and (
        (changed := _in_our_range(recorded)).body != recorded.body
    ):
        return RANGE, changed
    if recorded.id == "sibling/ping-head" and recorded.server == "docker-1.11.2":
        return PING, replace(recorded, status=200)
    if recorded.status == 500 or (recorded.status >= 400 and "Invalid filter" in recorded.body):
        return STATUS, replace(recorded, status=400)
    if recorded.server == "docker-1.11.2" and isinstance(recorded.body, list):
        query = parse_qs(urlsplit(recorded.target).query)
        digests = query.get("digests", ["0"])[0] in ("1", "true", "True")
        images = [_as_the_seed_shows(image, digests=digests) for image in recorded.body]
        if images != recorded.body:
            return SHAPE, replace(recorded, body=images)
    return None, recorded


def _in_our_range(recorded: Recorded) -> Recorded:
    """Change what is said of the versions that are served: here they are 1.12 to 1.56."""
    text = json.dumps(recorded.body)
    for ours, theirs in OURS.items():
        for each in theirs:
            text = text.replace(each, ours)
    return replace(recorded, body=json.loads(text))


def _as_the_seed_shows(image: dict[str, Any], *, digests: bool) -> dict[str, Any]:
    """Change an image from the daemon's shape to the one that was decided on for v1.23."""
    image = dict(image, Labels=image["Labels"] or {})
    if not image["ParentId"]:
        del image["ParentId"]
    has_tags = image["RepoTags"] not in (None, ["<none>:<none>"])
    if has_tags and not digests:
        del image["RepoDigests"]
    return image


def difference(recorded: Recorded, answer: Answer) -> str | None:
    """Describe how a response differs from the recorded one; None if it does not."""
    headers = (answer.headers.get("content-type"), answer.headers.get("location"))
    if answer.status != recorded.status:
        return f"status {answer.status} {answer.body!r}"
    if recorded.method != "OPTIONS" and headers != (recorded.content_type, recorded.location):
        return f"headers {headers}"
    if recorded.method == "HEAD":
        return None
    if recorded.content_type != "application/json":
        return _difference_of_texts(recorded.body, answer.body.decode())
    got = answer.json
    if isinstance(recorded.body, list):
        dates = [image["Created"] for image in got]
        same = _multiset(got) == _multiset(recorded.body) and dates == sorted(dates, reverse=True)
    elif recorded.subset:
        same = {key: got.get(key) for key in recorded.body} == recorded.body
        # Storage is all that was left out of what was recorded of an image.
        same = same and ("Id" not in got or set(got) <= {*recorded.body, "DockerVersion"})
    elif set(recorded.body) == {"message"}:
        return _difference_of_texts(recorded.body["message"], got["message"])
    else:
        same = got == recorded.body
    return None if same else f"body {got}"


def _difference_of_texts(expected: str, got: str) -> str | None:
    return None if expected == got or expected.startswith(GOS_JSON) else f"text {got!r}"


def _multiset(images: Iterable[dict[str, Any]]) -> Counter[str]:
    return Counter(json.dumps(image, sort_keys=True) for image in images)


_START = """# How closely musterd matches the daemons

This page compares the responses of musterd with those of Docker to the same requests about the same
images: Docker 1.11.2 at v1.23, Docker 20.10.24 at v1.24 to v1.41, and the development branch of
Docker 29 with graph drivers from v1.42 on. It compares statuses, media types, bodies with every
field of every image, and the texts of errors. Images of the same second may be in any order.

The images are imported from each daemon's own `GET /images/json?all=1&digests=1`. If a response
depends on data that such a listing lacks, it is compared again with these data added.

The engines `docker-28-containerd` and `docker-29-containerd` were sent 5206 requests that Docker
28.5.2 and 29 with the containerd store had answered, with the same archives loaded. All
responses are the same, except `GraphDriver` and `Metadata`, which depend on a daemon's storage.
`tests/server/api/test_containerd.py` sends some of them again, and also requests that a newer
Docker 29 answered, about images imported from its listing, which does not name shared layers.

`tests/server/support/golden.py` writes this page (`make docs`); a test checks it.

| server | version | requests | as recorded | deliberately different | with added data | different |
|---|---|---|---|---|---|---|
"""

_DECISIONS = {
    STATUS: (
        "A client's mistake gets status 400 at every version, as the contract says. Before 23.0 "
        "Docker answered most of them with 500, as it still does for a malformed pattern, and "
        "1.11.2 chose 403 and 404 by words in the message. The messages are Docker's, except "
        "those of Go's JSON decoder."
    ),
    SHAPE: (
        "At v1.23 images have the fields of the examples in the Hyper reference: `ParentId` only "
        "if there is a parent, `RepoDigests` only with `digests=1` or without a tag, and `Labels` "
        "always."
    ),
    PING: "`HEAD /_ping` works at v1.23 too: clients send it before they know the version.",
    RANGE: "musterd serves and advertises 1.12 to 1.56, whatever the daemon serves.",
}

_LACKING = {
    "fraction": "The fraction of a second of `Created`. An archive has the exact time.",
    "created": (
        "Whether a `Created` of 0 is a date or the lack of one. A listing of a daemon before 25.0 "
        "distinguishes them (-62135596800 means no date), and so does an archive."
    ),
    "config": "Whether an image has a config: without one it looks like an image without labels.",
    "layers": "The layers that images share, for `SharedSize`. An archive has them.",
    "inspect": (
        "The image's config and layers, for `GET /images/{name}/json`. An archive has them; "
        "without them the response has empty texts, no `Layers`, and only labels in `Config`."
    ),
}


def fidelity(replay: Replay) -> str:
    """Return the page that compares musterd with the daemons."""
    rows: dict[tuple[str, str], Counter[str]] = {}
    decisions: dict[str, set[str]] = {about: set() for about in _DECISIONS}
    lacking: dict[str, set[str]] = {need: set() for need in _LACKING}
    for recorded in (each for answers in exchanges() for each in answers):
        outcome = replay.outcome(recorded)
        row = rows.setdefault((recorded.server, recorded.version), Counter())
        row["requests"] += 1
        if outcome.difference:
            row["different"] += 1
        elif outcome.lacking:
            row["lacking"] += 1
        else:
            row["decided" if outcome.decided else "same"] += 1
        if outcome.decided:
            decisions[outcome.decided].add(recorded.id)
        if outcome.lacking:
            for need in recorded.needs or ("inspect",):
                lacking[need].add(recorded.id)
    columns = ("requests", "same", "decided", "lacking", "different")
    lines = [
        f"| {server} | {version or 'none'} | {' | '.join(str(row[name]) for name in columns)} |"
        for (server, version), row in sorted(rows.items(), key=lambda item: _order(*item[0]))
    ]
    return (
        _START
        + "\n".join(lines)
        + "\n\n## Deliberate differences\n"
        + "".join(map(_section, _DECISIONS.values(), decisions.values()))
        + "\n## What a listing lacks\n"
        + "".join(map(_section, _LACKING.values(), lacking.values()))
        + imitations.sections()
    )


def _order(server: str, version: str) -> tuple[str, list[int]]:
    return server, [int(part) for part in version.split(".") if part]


def _section(text: str, ids: set[str]) -> str:
    paragraph = textwrap.fill(text, 100)
    listed = textwrap.fill(
        ", ".join(f"`{each}`" for each in sorted(ids)), 100, break_on_hyphens=False
    )
    summary = f"<details><summary>{len(ids)} requests</summary>"
    return f"\n{paragraph}\n\n{summary}\n\n{listed}\n</details>\n"


def main() -> None:
    """Write the page."""
    replay = Replay()
    (Path(__file__).parents[3] / "docs" / "fidelity.md").write_text(fidelity(replay))
    replay.close()


if __name__ == "__main__":
    main()
