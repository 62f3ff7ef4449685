"""The fixture images: one for every kind of image that some server listed wrongly.

The kinds come from the faults of moby, podman and others; the requirements name them.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum


class Origin(StrEnum):
    """How an image gets to the server.

    ARCHIVE: loaded. MANY: loaded, as one of hundreds of similar images. PULLED: from the registry.
    PLATFORMS: loaded as an OCI layout, with all platforms that it is for.
    """

    ARCHIVE = "archive"
    MANY = "many"
    PULLED = "pulled"
    PLATFORMS = "platforms"


@dataclass(frozen=True, slots=True)
class Fixture:
    """The properties of an image to build.

    Attributes:
        key: Its name among the fixtures.
        tags: Names under the run's namespace, e.g. `base:1`; with the prefix `:5000/` or `:65535/`,
            in the registry with that port.
        created: RFC 3339; None leaves the date out of the config.
        labels: None leaves them out of the config.
        parent: Key of the parent.
        layers: Names of layers on top of the parent's; the same name is the same layer.
        digits: Whether the Id must begin with twelve decimal digits.
        origin: How it gets to the server.
    """

    key: str
    tags: tuple[str, ...] = ()
    created: str | None = "2016-01-01T00:00:00Z"
    labels: Mapping[str, str] | None = field(default_factory=dict)
    parent: str | None = None
    layers: tuple[str, ...] = ()
    digits: bool = False
    origin: Origin = Origin.ARCHIVE


@dataclass(frozen=True, slots=True)
class PlantedManifest:
    """A manifest of a planted image, as `Manifests` must show it.

    Attributes:
        id: Its digest.
        kind: `image`, `attestation` or `unknown`.
        size: The size of the manifest itself, in bytes.
        content: The size of all its blobs that were planted, the manifest included, in bytes.
        available: Whether all of them were.
        platform: The platform of an image, as OCI's image specification writes it.
        created: Unix time in whole seconds, of an image.
        labels: Key to value, of an image.
        attested: The digest of the manifest that an attestation is about.
    """

    id: str
    kind: str
    size: int
    content: int
    available: bool = True
    platform: Mapping[str, str] = field(default_factory=dict)
    created: int = 0
    labels: Mapping[str, str] = field(default_factory=dict)
    attested: str = ""


@dataclass(frozen=True, slots=True)
class Planted:
    """An image that the suite put on the server, as a listing must show it.

    Attributes:
        key: Its name among the fixtures.
        id: `sha256:` and the digest of its config; of an image with manifests that of its index, or
            of its only manifest.
        tags: Full references.
        created: Unix time in whole seconds; None if the config has no date.
        labels: Key to value; empty if there are none.
        parent: Id of the parent; empty if there is none.
        origin: How it got there.
        digests: Full references by digest that the pull used or produced; empty if it was loaded.
        other_ids: Ids that it has on a server of another platform, or in another kind of store.
        other_digests: Further references by digest that a server may show: those of its platforms.
        manifests: Its manifests, of an image that was planted as an OCI layout.
    """

    key: str
    id: str
    tags: tuple[str, ...]
    created: int | None
    labels: Mapping[str, str]
    parent: str
    origin: Origin = Origin.ARCHIVE
    digests: tuple[str, ...] = ()
    other_ids: tuple[str, ...] = ()
    other_digests: tuple[str, ...] = ()
    manifests: tuple[PlantedManifest, ...] = ()

    @property
    def ids(self) -> tuple[str, ...]:
        """Every Id that it may have, depending on the platform."""
        return (self.id, *self.other_ids)


ODD_LABELS = {
    "com.example.version": "v1",
    "empty": "",
    "eq": "a=b=c",
    "neq": "x!=y",
    "ключ-ünï": "значение ★",
    "html": "<a href=\"x\">R&D</a> 'q'",
    "note": "a b+c",
}

ODDER_LABELS = {
    "comma": "a,b,,c",
    "quotes": "'single' \"double\" `back`",
    "backslash": "C:\\path\\n",
    "newline": "one\ntwo\r\nthree\ttab",
    "percent": "100%20%zz",
    "braces": '{"a":["b"]}',
    "glob": "*?[a-z]",
    "spaces": " around ",
    "plane": "\N{GRINNING FACE}",
    "combining": "e\N{COMBINING ACUTE ACCENT}",
    "separators": "a\N{LINE SEPARATOR}b\N{PARAGRAPH SEPARATOR}c",
    "number": "0123",
    "float": "1e3",
    "boolean": "true",
    "nothing": "null",
    "case": "lower",
    "CASE": "UPPER",
    "com.example": "prefix of com.example.more",
    "com.example.more": "longer",
    "long": "0123456789abcdef" * 128,
    "k" * 256: "long key",
}
"""Values that need escaping, or that a server may convert or cut."""

UNICODE_LABELS = {
    "joiners": "a\N{ZERO WIDTH JOINER}b\N{ZERO WIDTH NON-JOINER}c\N{WORD JOINER}d",
    "direction": "a\N{LEFT-TO-RIGHT MARK}b\N{RIGHT-TO-LEFT OVERRIDE}c",
    "ligature": "\N{LATIN SMALL LIGATURE FI}",
    "family": "\N{MAN}\N{ZERO WIDTH JOINER}\N{WOMAN}",
    "hangul": "\N{HANGUL CHOSEONG KIYEOK}\N{HANGUL JUNGSEONG A}",
    "byte order": "\N{ZERO WIDTH NO-BREAK SPACE}text",
    "\N{LATIN SMALL LETTER A WITH RING ABOVE}": "composed",
    "a\N{COMBINING RING ABOVE}": "decomposed",
    "jo\N{ZERO WIDTH JOINER}in": "with a joiner",
    "join": "without",
}
"""Labels that a server may normalise, with keys that are then alike."""

MANY_LABELS = {f"n{number:03}": str(number) for number in range(130)} | {
    "a": "a",
    "a.": "a, and a dot",
    "a.b": "below a",
    "a..b": "two dots",
    "a/b": "a slash",
    " a": "a space",
    "A": "a capital",
}
"""More labels than some stores hold, and keys that a store may take for paths."""

LONG_LABELS = {"long": "0123456789" * 7000, "behind": "the long one"}
"""Longer than 65,535 bytes, which is the most that some text columns hold."""

NORMAL = {"\N{LATIN SMALL LETTER A WITH RING ABOVE}": "composed", "join": "without"}
"""Labels of which another image has ones that are alike after normalisation."""

INSTANT = "2016-10-06T12:00:00"
"""The second of images that only fractions tell apart."""

NOON = "2016-10-01T12:00:00Z"
LONG_NAME = "/".join(["long" * 10] * 4)

PLAIN = {"k": "plain"}

FIXTURES = (
    Fixture(
        "base",
        ("base:1", "base:latest", "other/tools:2", ":5000/base:1", ":65535/other/base:1"),
        labels=ODD_LABELS,
        layers=("base",),
    ),
    Fixture(
        "mid",
        (),
        "2016-02-01T10:00:00.5Z",
        {"com.example.version": "v1", "stage": "mid"},
        "base",
        ("mid",),
    ),
    Fixture(
        "leaf", (), "2016-03-01T12:00:00.25Z", {"com.example.version": "v2", "stage": "leaf"}, "mid"
    ),
    Fixture(
        "child",
        ("app:v1",),
        "2016-03-01T12:00:00.75Z",
        {"com.example.version": "v2", "stage": "child"},
        "mid",
        ("child",),
    ),
    Fixture("nolabels", ("nolabels:latest",), "2016-04-01T00:00:00Z", None, layers=("nolabels",)),
    Fixture("emptylabels", ("emptylabels:latest",), "2016-05-01T00:00:00Z", layers=("empty",)),
    Fixture("oddlabels", ("oddlabels:latest",), NOON, ODDER_LABELS, layers=("oddlabels",)),
    Fixture("unicode", ("unicode:1",), "2016-10-03T00:00:00Z", UNICODE_LABELS, layers=("uni",)),
    Fixture("manylabels", ("manylabels:1",), "2016-10-03T12:00:00Z", MANY_LABELS, layers=("ml",)),
    Fixture("longlabels", ("longlabels:1",), "2016-10-04T00:00:00Z", LONG_LABELS, layers=("ll",)),
    Fixture("normal", ("normal:1",), "2016-10-05T00:00:00Z", NORMAL, layers=("normal",)),
    *(
        Fixture(
            f"instant{n}", (f"instant:{n}",), f"{INSTANT}.{fraction}Z", PLAIN, layers=(f"i{n}",)
        )
        for n, fraction in enumerate(("25", "75", "750000001"))
    ),
    Fixture("nocreated", ("nocreated:latest",), None, PLAIN, layers=("nocreated",)),
    Fixture("before1970", ("before1970:1",), "1969-12-31T23:59:59Z", PLAIN, layers=("before",)),
    Fixture("epoch", ("epoch:latest",), "1970-01-01T00:00:00Z", PLAIN, layers=("epoch",)),
    Fixture("from2038", ("from2038:latest",), "2038-01-19T03:14:08Z", PLAIN, layers=("2038",)),
    Fixture("future", ("future:latest",), "2100-01-01T00:00:00Z", PLAIN, layers=("future",)),
    Fixture(
        "nanoseconds",
        ("nanoseconds:latest",),
        "2016-05-31T23:59:59.999999999Z",
        PLAIN,
        layers=("nanoseconds",),
    ),
    Fixture("nested", ("a/b/c:Mixed",), "2016-11-01T02:00:00+02:00", PLAIN, layers=("nested",)),
    Fixture("second1", ("second:1",), NOON, PLAIN, layers=("second1",)),
    Fixture("second2", ("second:2",), NOON, PLAIN, layers=("second2",)),
    Fixture("layerless", ("layerless:latest",), "2016-06-01T00:00:00Z", PLAIN),
    Fixture("x", ("x:v1", "x:v1v1", "x:v2"), "2016-07-01T00:00:00Z", {"K": "upper"}, layers=("x",)),
    Fixture(
        "shared1",
        ("shared1:latest",),
        "2016-08-01T00:00:00Z",
        PLAIN,
        layers=("shared", "one"),
    ),
    Fixture(
        "shared2",
        ("shared2:latest",),
        "2016-08-01T00:00:01Z",
        PLAIN,
        layers=("shared", "two"),
    ),
    Fixture("json", ("json:latest",), "2016-09-01T00:00:00Z", PLAIN, layers=("json",)),
    Fixture(
        "digits",
        ("digits:1",),
        "2016-09-02T00:00:00Z",
        PLAIN,
        layers=("digits",),
        digits=True,
    ),
    Fixture("ofdigits", ("digits:child",), "2016-09-03T00:00:00Z", PLAIN, "digits", ("of",)),
    Fixture(
        "names",
        (f"{LONG_NAME}:{'t' * 128}", "se.pa_ra__tor-s/0:_.-A", "0:0"),
        "2016-09-04T00:00:00Z",
        PLAIN,
        layers=("names",),
    ),
    Fixture("tagged", ("tagged:1",), "2016-09-05T00:00:00Z", PLAIN, layers=("tagged",)),
    Fixture(
        "untagged",
        ("untagged:1", "untagged:2"),
        "2016-09-06T00:00:00Z",
        PLAIN,
        layers=("untagged",),
    ),
    Fixture("retagged", ("retagged:1",), "2016-09-07T00:00:00Z", PLAIN, layers=("retagged",)),
    Fixture(
        "ofretagged",
        ("retagged:child",),
        "2016-09-07T12:00:00Z",
        PLAIN,
        "retagged",
        ("ofretagged",),
    ),
    Fixture("removed", ("removed:1",), "2016-09-08T00:00:00Z", PLAIN, layers=("removed",)),
    Fixture("byid", ("byid:1",), "2016-09-09T00:00:00Z", PLAIN, layers=("byid",)),
    Fixture(
        "several",
        ("several:1", "several:2", "other/several:1", ":5000/several:1", ":65535/several:1"),
        "2016-09-11T00:00:00Z",
        {"role": "several"},
        layers=("several",),
    ),
    Fixture("sidetag", ("side/tag:1",), "2016-09-12T00:00:00Z", {"role": "tag"}, layers=("st",)),
    Fixture(
        "sideparent",
        ("side/parent:1", "side/parent:2"),
        "2016-09-13T00:00:00Z",
        {"role": "parent"},
        layers=("sideparent",),
    ),
    Fixture(
        "sidechild",
        ("side/child:1",),
        "2016-09-14T00:00:00Z",
        {"role": "child"},
        "sideparent",
        ("sidechild",),
    ),
    Fixture(
        "sidename",
        ("side/name:1", "side/name:1-rc", "side/name-more:1"),
        "2016-09-15T00:00:00Z",
        PLAIN,
        layers=("sidename",),
    ),
    Fixture("sideid", ("side/id:1",), "2016-09-16T00:00:00Z", PLAIN, layers=("sideid",)),
    Fixture("sideshort", ("side/short:1",), "2016-09-17T00:00:00Z", PLAIN, layers=("sideshort",)),
    *(
        Fixture(f"going{n}", (f"going:{n}",), "2016-09-10T00:00:00Z", None, layers=(f"going{n}",))
        for n in range(8)
    ),
)


def many(count: int) -> tuple[Fixture, ...]:
    """Return *count* similar images with one layer, some with the same creation time."""
    return tuple(
        Fixture(
            f"many{number}",
            (f"many:{number}",),
            f"2015-01-{1 + number % 28:02}T{number % 24:02}:00:00Z",
            {"number": str(number), "many": "yes"},
            layers=("many",),
            origin=Origin.MANY,
        )
        for number in range(count)
    )
