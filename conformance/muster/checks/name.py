"""Rules on `filter`: only images with the specified name."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from muster import evidence
from muster.check import Context, Steps, check
from muster.image import Image
from muster.query import Query
from muster.reference import is_tagged, repository
from muster.verdict import Held, NoEvidence

SHORTENED = ("localhost/", "docker.io/")
"""What some engines let a name leave out, so that the rest is a name as well."""


def _tags(images: Sequence[Image]) -> list[str]:
    return sorted({tag for image in images for tag in image.tags if is_tagged(tag)})


def _repositories(images: Sequence[Image]) -> list[str]:
    digests = [digest for image in images for digest in image.digests or () if "@" in digest]
    return sorted({repository(reference) for reference in (*_tags(images), *digests)})


def _with_tags() -> Steps[evidence.Listing]:
    everything = yield from evidence.full()
    if not _tags(everything.images):
        raise NoEvidence("no image has a tag: tag one")
    return everything


@check("LIST-FILTER-NAME")
def a_repository_matches_its_images(context: Context) -> Steps[Held]:
    """Every repository that images are in, and names that nearly are."""
    everything = yield from _with_tags()
    repositories = _repositories(everything.images)
    names = context.some(repositories)
    short = {name.removeprefix(prefix) for name in repositories for prefix in SHORTENED}
    near = context.some(miss for name in names for miss in _near(name) if miss not in short)
    yield from evidence.tried(everything, [Query(filter=name) for name in (*names, *near)])
    return Held()


def _near(name: str) -> Iterator[str]:
    yield name + "x"
    if len(name) > 1:
        yield name[:-1]
    if "/" in name:
        yield name.rpartition("/")[2]


@check("LIST-FILTER-TAG")
def a_tagged_name_matches_exactly(context: Context) -> Steps[Held]:
    """Every `repository:tag` that images have, and tags that nearly are."""
    everything = yield from _with_tags()
    tags = context.some(_tags(everything.images))
    near = context.some(miss for tag in tags for miss in (tag[:-1], tag + "x") if is_tagged(miss))
    yield from evidence.tried(everything, [Query(filter=tag) for tag in (*tags, *near)])
    return Held()


@check("LIST-FILTER-NARROWS")
def only_the_matching_tags_are_shown(context: Context) -> Steps[Held]:
    """`RepoTags` of images that have further names, asked for by repository and by tag."""
    everything = yield from _with_tags()
    several = [image for image in everything.images if len(image.tags) > 1]
    if not several:
        raise NoEvidence("no image has two tags: tag one twice, in different repositories")
    names = context.some([*_tags(several), *_repositories(several)])
    yield from evidence.tried(everything, [Query(filter=name) for name in names], tags=True)
    return Held()


@check("LIST-FILTER-PATTERN")
def wildcards_match_within_one_segment(context: Context) -> Steps[Held]:
    """Patterns made from the repositories that images are in."""
    everything = yield from _with_tags()
    names = context.some(_repositories(everything.images))
    patterns = context.some(
        ["*", "*/*", *(pattern for name in names for pattern in _patterns(name))]
    )
    yield from evidence.tried(everything, [Query(filter=pattern) for pattern in patterns])
    return Held()


def _patterns(name: str) -> Iterator[str]:
    head, slash, last = name.rpartition("/")
    first, rest = last[0], last[1:]
    yield f"{head}{slash}{first}*"
    yield f"{head}{slash}?{rest}"
    yield f"{head}{slash}[{first}]{rest}"
    yield f"{head}{slash}[^{first}]{rest}"
