"""The catalogues of the vectors: which images a server holds.

`docker` is what the recorded daemons held. The others have what it lacks.
"""

from __future__ import annotations

from functools import cache

from muster.vectors.recorded import recorded
from muster.vectors.vector import CatalogueImage, Layer, Manifest

DAY = 86_400
MONDAY = 1_462_147_200
"""2 May 2016, 00:00 UTC."""


def _image(number: int, name: str, **members: object) -> CatalogueImage:
    """Return an image whose digests show its *number*; a later number is an older image."""
    given: dict[str, object] = {
        "id": _digest(number),
        "created": MONDAY - number * DAY,
        "size": 1024 * number,
        "layers": (Layer(digest=_digest(0x1A00 + number), size=1024 * number),),
    }
    return CatalogueImage(name=name, **(given | members))  # type: ignore[arg-type]


def _digest(number: int) -> str:
    return f"sha256:{number:04x}{'c0de' * 15}"


LABELS = (
    _image(1, "number", tags=("labels/number:1",), labels={"n": "07", "long": "v" * 200}),
    _image(2, "plain-number", tags=("labels/number:2",), labels={"n": "7", "CASE": "Upper"}),
    _image(
        3,
        "composed",
        tags=("labels/form:c",),
        labels={"name": "\N{LATIN SMALL LETTER A WITH RING ABOVE}ngstrom", "a.b": "dot"},
    ),
    _image(4, "decomposed", labels={"name": "a\N{COMBINING RING ABOVE}ngstrom", "axb": "no dot"}),
    _image(5, "spaces", tags=("labels/space:1",), labels={"space": " padded ", "a_b": "under"}),
    _image(6, "escaped", labels={"html": "a&amp;b", "plus": "a+b", "value": "n"}),
    _image(7, "unescaped", labels={"html": "a&b", "plus": "a b", "key!": "exclamation mark"}),
    _image(
        8,
        "several",
        tags=("labels/several:1", "labels/several:latest"),
        labels={"k1": "v1", "k2": "v2", "k3": "v3", "k4": "v4", "k5": "v5", "k2.more": ""},
    ),
    _image(9, "fewer", labels={"k1": "v1", "k2": "v2", "k3": "v3", "k4": "other"}),
    _image(10, "none", tags=("labels/none:1",), labels=None),
    _image(11, "empty", tags=("labels/empty:1",), labels={}),
)
"""Values that are alike, and are not the same."""

NAMES = (
    _image(1, "short", tags=("app:1", "app:10", "app:1-alpine")),
    _image(2, "longer", tags=("apps:1", "apps:latest")),
    _image(3, "team", tags=("team/app:1", "team/app:Mixed")),
    _image(4, "deep", tags=("a/b/app:1",)),
    _image(5, "registry", tags=("registry.test:5000/app:1", "registry.test:5000/team/app:1")),
    _image(
        6,
        "pulled",
        tags=("registry.test:5000/pulled:1",),
        digests=(f"registry.test:5000/pulled@{_digest(0xD6)}",),
    ),
    _image(7, "by-digest", digests=(f"team/pinned@{_digest(0xD7)}",)),
    _image(8, "several", tags=("one/app:1", "two/app:1", "two/app:2", "ab/x:v1", "ab/x:v2")),
    _image(9, "base", labels={"stage": "base"}),
    _image(10, "intermediate", parent=_digest(9), labels={"stage": "middle"}),
    _image(11, "untagged", parent=_digest(10), labels={"stage": "leaf"}),
    _image(12, "big", tags=("big:latest",), size=5 * 2**30, created=2**32 + 1),
)
"""Names that contain one another."""

ONE = (_image(1, "only", tags=("only:latest",), labels={"k": "v"}),)

PLATFORMS = (
    _image(
        1,
        "two",
        tags=("platforms/two:1",),
        manifests=(
            Manifest(digest=_digest(0xA1), platform={"os": "linux", "architecture": "amd64"}),
            Manifest(digest=_digest(0xA2), platform={"os": "linux", "architecture": "arm64"}),
        ),
    ),
    _image(
        2,
        "attested",
        tags=("platforms/attested:1",),
        manifests=(
            Manifest(digest=_digest(0xA3), platform={"os": "linux", "architecture": "amd64"}),
            Manifest(digest=_digest(0xA4), kind="attestation"),
        ),
    ),
    _image(
        3,
        "partial",
        tags=("platforms/partial:1",),
        manifests=(
            Manifest(digest=_digest(0xA5), platform={"os": "linux", "architecture": "amd64"}),
            Manifest(
                digest=_digest(0xA6),
                available=False,
                platform={"os": "linux", "architecture": "s390x"},
            ),
        ),
    ),
)
"""For servers that keep indexes."""


@cache
def catalogues() -> dict[str, tuple[CatalogueImage, ...]]:
    """Return every catalogue by its name."""
    return {
        "docker": recorded().images,
        "labels": LABELS,
        "names": NAMES,
        "one": ONE,
        "none": (),
        "platforms": PLATFORMS,
    }
