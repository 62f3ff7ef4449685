"""Rules on names: `filter`, and `filters={"reference": ...}`, which replaced it."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from muster.checks import steps
from muster.checks.check import Context, Steps, check
from muster.checks.near_misses import OF_NAME, Miss, misses
from muster.model.image import SHORT_ID, Image, plain_id
from muster.model.names import ABSENT_IMAGE, SHORTENED
from muster.model.query import Query
from muster.model.reference import is_tagged, repository
from muster.register.verdict import Inconclusive, Passed

LAST = re.compile(r"(.*/)?([A-Za-z0-9])([^/]*)")
"""A name: the text before its last part, the first character of that part, and the rest."""

PATTERNS: tuple[Miss, ...] = (
    lambda name: LAST.sub(r"\1\2*", name),
    lambda name: LAST.sub(r"\1*\3", name),
    lambda name: LAST.sub(r"\1?\3", name),
    lambda name: LAST.sub(r"\1[\2]\3", name),
    lambda name: LAST.sub(r"\1[^\2]\3", name),
    lambda name: LAST.sub(r"\1[\2-\2]\3", name),
    lambda name: LAST.sub(r"\1[a-z0-9]*", name),
    lambda name: LAST.sub(r"\1\\\2\3", name),
    lambda name: f"*{name[-1]}",
    lambda name: name + "?",
    lambda name: name + "*",
    # Of the wildcards only a class stands for a slash too.
    lambda name: name.replace("/", "?", 1),
    lambda name: name.replace("/", "*", 1),
    lambda name: name.replace("/", "**", 1),
    lambda name: name.replace("/", "[/]", 1),
    lambda name: name.replace("/", "[^a]", 1),
    lambda name: name.replace("/", "[.-0]", 1),
    lambda name: f"{name.partition('/')[0]}/**",
    lambda name: f"**/{name.rpartition('/')[2]}",
)
"""Ways to turn the name of a repository into a pattern."""

PATTERNS_OF_TAGS: tuple[Miss, ...] = (
    lambda tag: f"{repository(tag)}:*",
    lambda tag: f"{tag[:-1]}*",
    lambda tag: f"{tag[:-1]}?",
    lambda tag: f"*:{tag.rpartition(':')[2]}",
    lambda tag: f"{repository(tag)}:[^{tag.rpartition(':')[2][0]}]*",
    lambda tag: f"{repository(tag)}?{tag.rpartition(':')[2]}",
)
"""Ways to turn a name with a tag into a pattern."""

OF_TAG: tuple[Miss, ...] = (
    lambda tag: tag[:-1],
    lambda tag: f"{tag}x",
    lambda tag: repository(tag) + tag.removeprefix(repository(tag)).swapcase(),
    lambda tag: tag[1:],
    lambda tag: tag.rpartition("/")[2],
)
"""Ways to change a name with a tag."""

MANY = 40
"""How many names to ask for at once: more, a server may refuse (`LIST-FILTERS-LONG`)."""

LONGEST = 6_000
"""Bytes of the longest request target: every server accepts it."""

By = Callable[[str], Query]
"""Builds the query for a name."""


def by_filter(name: str) -> Query:
    """Return the query for *name* with `filter`."""
    return Query(filter=name)


def by_reference(*names: str) -> Query:
    """Return the query for any of *names* with `reference`."""
    return Query(filters={"reference": names})


@check("LIST-FILTER-NAME")
def filter_takes_a_repository(context: Context) -> Steps[Passed]:
    """Every repository that images are in, and names that nearly are."""
    return (yield from _repository(context, by_filter))


@check("LIST-REFERENCE-NAME")
def reference_takes_a_repository(context: Context) -> Steps[Passed]:
    """Every repository that images are in, and names that nearly are."""
    return (yield from _repository(context, by_reference))


@check("LIST-FILTER-TAG")
def filter_takes_a_tagged_name(context: Context) -> Steps[Passed]:
    """Every `repository:tag` that images have, and tags that nearly are."""
    return (yield from _tagged(context, by_filter))


@check("LIST-REFERENCE-TAG")
def reference_takes_a_tagged_name(context: Context) -> Steps[Passed]:
    """Every `repository:tag` that images have, and tags that nearly are."""
    return (yield from _tagged(context, by_reference))


@check("LIST-REFERENCE-DIGEST")
def reference_takes_a_digest(context: Context) -> Steps[Passed]:
    """Every `repository@digest` that images have, and ones that nearly are."""
    everything = yield from steps.full_listing()
    digests = _digests(everything.images)
    if not digests:
        raise Inconclusive("no image has a digest: pull one")
    chosen = context.some(digests)
    near = {f"{digest[:-1]}{'1' if digest[-1] == '0' else '0'}" for digest in chosen}
    near |= {f"{ABSENT_IMAGE}@{digest.partition('@')[2]}" for digest in chosen}
    names = [*chosen, *sorted(near - {*digests})]
    yield from steps.compare_with_oracle(context, everything, [by_reference(n) for n in names])
    return Passed()


@check("LIST-FILTER-NARROWS")
def filter_leaves_only_matching_tags(context: Context) -> Steps[Passed]:
    """`RepoTags` of images with several names, requested by repository and by tag."""
    return (yield from _narrows(context, by_filter))


@check("LIST-REFERENCE-NARROWS")
def reference_leaves_only_matching_tags(context: Context) -> Steps[Passed]:
    """`RepoTags` of images with several names, requested by repository and by tag."""
    return (yield from _narrows(context, by_reference))


@check("LIST-FILTER-PATTERN")
def filter_takes_wildcards(context: Context) -> Steps[Passed]:
    """Patterns made from the repositories that images are in."""
    return (yield from _wildcards(context, by_filter))


@check("LIST-REFERENCE-PATTERN")
def reference_takes_wildcards(context: Context) -> Steps[Passed]:
    """Patterns made from the repositories and tags that images have."""
    return (yield from _wildcards(context, by_reference, tags=True))


@check("LIST-REFERENCE-OR")
def any_of_several_references_matches(context: Context) -> Steps[Passed]:
    """Two names in both orders, and very many names with the matching one at the end."""
    everything = yield from _with_tags()
    tags = context.some(_tags(everything.images))
    if len(tags) < 2:  # noqa: PLR2004 - it takes two
        raise Inconclusive("there is only one tag: add another")
    pairs = [(tags[0], tags[-1]), (tags[-1], tags[0])]
    pairs += [(tags[0], ABSENT_IMAGE), (ABSENT_IMAGE, tags[0])]
    # Ask twice: an engine that picks one of several at random may pick the right one once.
    yield from steps.compare_with_oracle(
        context, everything, [by_reference(*pair) for pair in pairs * 2]
    )
    many = list(_many(_tags(everything.images)))
    yield from steps.compare_with_oracle(context, everything, many)
    return Passed()


def _many(tags: Sequence[str]) -> Iterator[Query]:
    """Yield queries for many different names: ones that images have, and one at the end."""
    absent = [f"{ABSENT_IMAGE}-{number}" for number in range(MANY)]
    fit: list[str] = []
    for tag in tags[:MANY]:
        fit.append(tag)
        if len(by_reference(*fit).request().target) > LONGEST:
            fit.pop()
            break
    yield by_reference(*fit)
    yield by_reference(*absent, tags[0])
    yield by_reference(*absent, tags[-1])


@check("LIST-FILTER-IGNORED")
def filter_is_ignored_once_removed(_: Context) -> Steps[Passed]:
    """`filter` with names that images have and have not, beside the plain listing."""
    usual = yield from steps.default_listing()
    names = [*_tags(usual.images)[:1], ABSENT_IMAGE]
    for name in names:
        found = yield from steps.fetch_listing(by_filter(name).request())
        steps.require_same_images(usual, found, "filter changes the listing")
    return Passed()


def _tags(images: Sequence[Image]) -> list[str]:
    return sorted({tag for image in images for tag in image.tags if is_tagged(tag)})


def _repositories(images: Sequence[Image]) -> list[str]:
    return sorted({repository(reference) for reference in (*_tags(images), *_digests(images))})


def _digests(images: Sequence[Image]) -> list[str]:
    return sorted({each for image in images for each in image.digests or () if "@" in each})


def _with_tags() -> Steps[steps.Listing]:
    everything = yield from steps.full_listing()
    if not _tags(everything.images):
        raise Inconclusive("no image has a tag: tag one")
    return everything


def _repository(context: Context, by: By) -> Steps[Passed]:
    everything = yield from _with_tags()
    repositories = _repositories(everything.images)
    names = context.some(repositories)
    short = {name.removeprefix(prefix) for name in repositories for prefix in SHORTENED}
    near = [miss for miss in misses(context, names, OF_NAME) if miss not in short]
    ids = [image.id for image in everything.images[:2]]
    near += [*ids, *(plain_id(name)[:SHORT_ID] for name in ids)]
    yield from steps.compare_with_oracle(
        context, everything, [by(name) for name in (*names, *near)]
    )
    return Passed()


def _tagged(context: Context, by: By) -> Steps[Passed]:
    everything = yield from _with_tags()
    tags = context.some(_tags(everything.images))
    near = [miss for miss in misses(context, tags, OF_TAG) if is_tagged(miss)]
    yield from steps.compare_with_oracle(context, everything, [by(tag) for tag in (*tags, *near)])
    return Passed()


def _narrows(context: Context, by: By) -> Steps[Passed]:
    everything = yield from _with_tags()
    several = [image for image in everything.images if len(image.tags) > 1]
    if not several:
        raise Inconclusive("no image has two tags: tag one twice, in different repositories")
    names = context.some([*_tags(several), *_repositories(several)])
    yield from steps.compare_with_oracle(
        context, everything, [by(name) for name in names], tags=True
    )
    return Passed()


def _wildcards(context: Context, by: By, *, tags: bool = False) -> Steps[Passed]:
    everything = yield from _with_tags()
    names = [name for name in _repositories(everything.images) if LAST.fullmatch(name)]
    patterns = ["*", "**", "*/*", "*/*/*", *misses(context, names, PATTERNS)]
    if tags:
        patterns += misses(context, _tags(everything.images), PATTERNS_OF_TAGS)
    yield from steps.compare_with_oracle(context, everything, [by(pattern) for pattern in patterns])
    return Passed()
