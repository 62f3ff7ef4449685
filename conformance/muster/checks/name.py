"""Rules on names: `filter`, and `filters={"reference": ...}`, which took its place."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from muster import evidence
from muster.check import Context, Steps, check
from muster.image import Image
from muster.query import Query
from muster.reference import is_tagged, repository
from muster.verdict import Held, NoEvidence

SHORTENED = ("localhost/", "docker.io/", "docker.io/library/")
"""What some engines let a name leave out, so that the rest is a name as well."""

By = Callable[[str], Query]
"""How a name is asked for."""


def by_filter(name: str) -> Query:
    """The query that asks for *name* with `filter`."""
    return Query(filter=name)


def by_reference(*names: str) -> Query:
    """The query that asks for any of *names* with `reference`."""
    return Query(filters={"reference": names})


@check("LIST-FILTER-NAME")
def filter_takes_a_repository(context: Context) -> Steps[Held]:
    """Every repository that images are in, and names that nearly are."""
    return (yield from _repository(context, by_filter))


@check("LIST-REFERENCE-NAME")
def reference_takes_a_repository(context: Context) -> Steps[Held]:
    """Every repository that images are in, and names that nearly are."""
    return (yield from _repository(context, by_reference))


@check("LIST-FILTER-TAG")
def filter_takes_a_tagged_name(context: Context) -> Steps[Held]:
    """Every `repository:tag` that images have, and tags that nearly are."""
    return (yield from _tagged(context, by_filter))


@check("LIST-REFERENCE-TAG")
def reference_takes_a_tagged_name(context: Context) -> Steps[Held]:
    """Every `repository:tag` that images have, and tags that nearly are."""
    return (yield from _tagged(context, by_reference))


@check("LIST-FILTER-NARROWS")
def filter_leaves_only_matching_tags(context: Context) -> Steps[Held]:
    """`RepoTags` of images that have further names, asked for by repository and by tag."""
    return (yield from _narrows(context, by_filter))


@check("LIST-REFERENCE-NARROWS")
def reference_leaves_only_matching_tags(context: Context) -> Steps[Held]:
    """`RepoTags` of images that have further names, asked for by repository and by tag."""
    return (yield from _narrows(context, by_reference))


@check("LIST-FILTER-PATTERN")
def filter_takes_wildcards(context: Context) -> Steps[Held]:
    """Patterns made from the repositories that images are in."""
    return (yield from _wildcards(context, by_filter))


@check("LIST-REFERENCE-PATTERN")
def reference_takes_wildcards(context: Context) -> Steps[Held]:
    """Patterns made from the repositories and tags that images have."""
    return (yield from _wildcards(context, by_reference, tags=True))


@check("LIST-REFERENCE-OR")
def any_of_several_references_will_do(context: Context) -> Steps[Held]:
    """Two names at once, of two images, and one that no image has, in both orders."""
    everything = yield from _with_tags()
    tags = context.some(_tags(everything.images))
    if len(tags) < 2:  # noqa: PLR2004 - it takes two
        raise NoEvidence("there is only one tag: add another")
    pairs = [(tags[0], tags[-1]), (tags[-1], tags[0])]
    pairs += [(tags[0], "muster.test/none"), ("muster.test/none", tags[0])]
    # Asked twice, since an engine that takes one of several at random may be lucky once.
    yield from evidence.tried(context, everything, [by_reference(*pair) for pair in pairs * 2])
    return Held()


@check("LIST-FILTER-IGNORED")
def filter_is_no_parameter_any_more(_: Context) -> Steps[Held]:
    """`filter` with names that images have and have not, beside the plain listing."""
    usual = yield from evidence.plain()
    names = [*_tags(usual.images)[:1], "muster.test/none"]
    for name in names:
        found = yield from evidence.listed(by_filter(name).request())
        evidence.same_images(usual, found, "filter changes the listing")
    return Held()


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


def _repository(context: Context, by: By) -> Steps[Held]:
    everything = yield from _with_tags()
    repositories = _repositories(everything.images)
    names = context.some(repositories)
    short = {name.removeprefix(prefix) for name in repositories for prefix in SHORTENED}
    near = context.some(miss for name in names for miss in _near(name) if miss not in short)
    yield from evidence.tried(context, everything, [by(name) for name in (*names, *near)])
    return Held()


def _near(name: str) -> Iterator[str]:
    yield name + "x"
    if len(name) > 1:
        yield name[:-1]
    if "/" in name:
        yield name.rpartition("/")[2]


def _tagged(context: Context, by: By) -> Steps[Held]:
    everything = yield from _with_tags()
    tags = context.some(_tags(everything.images))
    near = context.some(miss for tag in tags for miss in (tag[:-1], tag + "x") if is_tagged(miss))
    yield from evidence.tried(context, everything, [by(tag) for tag in (*tags, *near)])
    return Held()


def _narrows(context: Context, by: By) -> Steps[Held]:
    everything = yield from _with_tags()
    several = [image for image in everything.images if len(image.tags) > 1]
    if not several:
        raise NoEvidence("no image has two tags: tag one twice, in different repositories")
    names = context.some([*_tags(several), *_repositories(several)])
    yield from evidence.tried(context, everything, [by(name) for name in names], tags=True)
    return Held()


def _wildcards(context: Context, by: By, *, tags: bool = False) -> Steps[Held]:
    everything = yield from _with_tags()
    names = context.some(_repositories(everything.images))
    made = [pattern for name in names for pattern in _patterns(name)]
    if tags:
        made += [f"{repository(tag)}:*" for tag in _tags(everything.images)]
    patterns = ["*", "*/*", *context.some(made)]
    yield from evidence.tried(context, everything, [by(pattern) for pattern in patterns])
    return Held()


def _patterns(name: str) -> Iterator[str]:
    head, slash, last = name.rpartition("/")
    first, rest = last[:1], last[1:]
    if not first.isalnum():
        return
    yield f"{head}{slash}{first}*"
    yield f"{head}{slash}?{rest}"
    yield f"{head}{slash}[{first}]{rest}"
    yield f"{head}{slash}[^{first}]{rest}"
