"""Names of images as podman writes and finds them.

Source: containers/common v0.50.1 ``libimage/filters.go:filterReferences`` and
``libimage/normalize.go``; both are the same in container-libs ``common/v0.67.1``.
"""

from collections.abc import Iterable, Iterator

from musterd.departures.exchange import Image
from musterd.images.glob import BadPatternError, Pattern, PatternSet

LOCAL = "localhost/"
_HUB = "docker.io/"
_LIBRARY = "library/"


def full_tags(image: Image) -> list[str]:
    """Return the names of an image: those with a tag, or else those with a digest."""
    return _full(image, image["RepoTags"]) or full_digests(image)


def full_digests(image: Image) -> list[str]:
    """Return the names of an image with a digest."""
    return _full(image, image["RepoDigests"])


def _full(image: Image, names: Iterable[str] | None) -> list[str]:
    """Put the registry in front of names that have none: the Hub's if the image was pulled."""
    pulled = any("<none>" not in digest for digest in image["RepoDigests"] or ())
    return [_with_registry(name, pulled) for name in names or () if "<none>" not in name]


def _with_registry(name: str, pulled: bool) -> str:  # noqa: FBT001  # a fact about the image
    if _domain(name):
        return name
    if not pulled:
        return LOCAL + name
    return _HUB + (name if "/" in name else _LIBRARY + name)


def _domain(name: str) -> str:
    """Return the registry of a name with its slash; empty if there is none."""
    first, slash, _ = name.partition("/")
    return first + slash if slash and ("." in first or ":" in first or first == "localhost") else ""


def short(name: str) -> str:
    """Return the name under which the catalogue has what podman calls *name*."""
    return name.removeprefix(LOCAL).removeprefix(_HUB).removeprefix(_LIBRARY)


def matches(pattern: str, names: Iterable[str]) -> bool:
    """Tell whether a pattern is a name: with or without its registry, its path and its tag."""
    try:
        found = PatternSet([Pattern.parse(pattern)])
    except BadPatternError:
        return False
    return any(found.fits(spelling) for name in names for spelling in _spellings(name))


def _spellings(name: str) -> Iterator[str]:
    repository = name.partition("@")[0] if "@" in name else name[: name.rindex(":")]
    suffix = name[len(repository) :]
    path = repository.removeprefix(_domain(repository))
    for spelling in (repository, path, path.rpartition("/")[2]):
        yield spelling
        yield spelling + suffix
