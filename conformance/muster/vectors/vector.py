"""The format of test vectors; `vectors.schema.json` describes it for other languages."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

import msgspec

from muster.model.version import ApiVersion
from muster.register.requirements import Level

FORMAT = 1
"""Version of the format; it changes if runners have to."""

_WIDTH = 100


class _Struct(msgspec.Struct, frozen=True, omit_defaults=True, kw_only=True):
    pass


class Manifest(_Struct, frozen=True, kw_only=True):
    """A manifest in the index of an image.

    Attributes:
        digest: Its digest.
        kind: `image`, `attestation` or `unknown`.
        available: Whether all of its content is there.
        platform: `os` and `architecture`; only of an image.
    """

    digest: str
    kind: str = "image"
    available: bool = True
    platform: Mapping[str, str] = {}


class Layer(_Struct, frozen=True, kw_only=True):
    """A layer of an image.

    Attributes:
        digest: The digest of its content; images that share a layer have the same.
        size: Bytes.
    """

    digest: str
    size: int


class CatalogueImage(_Struct, frozen=True, kw_only=True):
    """An image that the server holds.

    Attributes:
        name: A short name, by which vectors refer to it; no server shows it.
        id: `sha256:` and 64 hexadecimal digits.
        parent: The id of its parent; empty for none.
        tags: Its references by tag.
        digests: Its references by digest.
        created: Unix time in seconds; None if its configuration has no date.
        size: Bytes, those of its parents included.
        labels: None if its configuration has none.
        layers: Its layers, the lowest first.
        containers: How many containers use it.
        manifests: The manifests of its index; empty if the store keeps no indexes.
    """

    name: str
    id: str
    parent: str = ""
    tags: tuple[str, ...] = ()
    digests: tuple[str, ...] = ()
    created: int | None
    size: int
    labels: dict[str, str] | None = None
    layers: tuple[Layer, ...] = ()
    containers: int = 0
    manifests: tuple[Manifest, ...] = ()


class VectorRequest(_Struct, frozen=True, kw_only=True):
    """A query of `GET /images/json`.

    Attributes:
        query: As sent, percent-encoded, without the question mark.
        parameters: The same as pairs of name and value, decoded; None if it cannot be decoded.
    """

    query: str
    parameters: tuple[tuple[str, str], ...] | None = ()


class Rule(_Struct, frozen=True, kw_only=True):
    """The accepted values of one member of an image.

    Attributes:
        values: Accepted values; the items of a list stand in any order.
        minimum: The least value of a whole number.
        contains: Strings that occur in the value, as JSON.
        absent: Whether the member may be absent; if there is no other rule, it must be.
    """

    values: tuple[Any, ...] | None = None
    minimum: int | None = None
    contains: tuple[str, ...] | None = None
    absent: bool = False


class Alternative(_Struct, frozen=True, kw_only=True):
    """A correct answer: `images`, `error` or `same`, of which one is there.

    Attributes:
        images: The names of the images listed; each is listed once.
        optional: Those of them that may be left out.
        members: Rules by image and member.
        ordered: Whether the newest image must come first.
        error: The least and the greatest status of an error.
        media: The media type of the error; empty for any.
        message: Whether the error must say what is wrong: as text, or as JSON with `message`.
        same: Requests whose answers together list the same images.
    """

    images: tuple[str, ...] | None = None
    optional: tuple[str, ...] = ()
    members: dict[str, dict[str, Rule]] = {}
    ordered: bool = False
    error: tuple[int, int] | None = None
    media: str = ""
    message: bool = False
    same: tuple[VectorRequest, ...] | None = None


class Vector(_Struct, frozen=True, kw_only=True):
    """One request to a catalogue, and every correct answer.

    Attributes:
        id: Stable name, e.g. `labels/two-of-one-key`.
        requirement: The id of the requirement.
        level: How binding it is.
        rule: The requirement in one sentence.
        source: The source of the requirement.
        catalogue: The name of the catalogue.
        since: The first API version at which this is the answer.
        until: The last one; empty for no end.
        request: The request.
        expect: The correct answers; one of them must come.
        recorded: API versions at which a real server gave one of them, by the server.
    """

    id: str
    requirement: str
    level: Level
    rule: str
    source: str
    catalogue: str
    since: str
    until: str = ""
    request: VectorRequest
    expect: tuple[Alternative, ...]
    recorded: dict[str, tuple[str, ...]] = {}

    def holds_at(self, version: ApiVersion) -> bool:
        """Whether this is the answer at *version*."""
        last = ApiVersion.parse(self.until) if self.until else version
        return ApiVersion.parse(self.since) <= version <= last


class Topic(_Struct, frozen=True, kw_only=True):
    """A file of vectors.

    Attributes:
        format: See FORMAT.
        topic: Its name, which is that of the file.
        about: The topic in one sentence.
        catalogues: The images that a server holds, by the name of the catalogue.
        vectors: The vectors.
    """

    format: int
    topic: str
    about: str
    catalogues: dict[str, tuple[CatalogueImage, ...]]
    vectors: tuple[Vector, ...]


def text(value: Topic) -> str:
    """Return *value* as JSON, with one short member or item a line."""
    return "".join(_written(msgspec.to_builtins(value), "")) + "\n"


def _written(value: Any, indent: str) -> Iterator[str]:
    short = json.dumps(value, ensure_ascii=False)
    if (
        len(indent) + len(short) <= _WIDTH
        or not isinstance(value, dict | list | tuple)
        or not value
    ):
        yield short
        return
    inner = indent + "  "
    mapping = isinstance(value, dict)
    yield "{" if mapping else "["
    for number, each in enumerate(value):
        yield f",\n{inner}" if number else f"\n{inner}"
        if mapping:
            yield f"{json.dumps(each, ensure_ascii=False)}: "
        yield from _written(value[each] if mapping else each, inner)
    yield f"\n{indent}" + ("}" if mapping else "]")
