"""Departures in which images a condition chooses."""

import re
from collections.abc import Callable, Sequence
from fnmatch import fnmatchcase

from musterd.departures.exchange import Answer, Apply, Ask, Image, Query

_NOT_FOUND = 404


async def key_is_pattern(query: Query, ask: Ask) -> Answer:
    """Take the key of a label for a pattern."""
    labels = query.filters.get("label", []) if query.lists else []
    patterns = [label for label in labels if "=" not in label]
    if not patterns:
        return await ask(query)
    rest = [label for label in labels if "=" in label]
    answer = await ask(query.filtered(label=rest or None))
    images = answer.images
    if images is None:
        return answer
    chosen = [
        image
        for image in images
        if all(
            any(fnmatchcase(key, pattern) for key in image["Labels"] or ()) for pattern in patterns
        )
    ]
    return answer.showing(chosen)


def empty_value_is_any(query: Query) -> Query:
    """Read `label=key=` as `label=key`."""
    labels = query.filters.get("label", [])
    read = [
        label[:-1] if label.endswith("=") and label.count("=") == 1 else label for label in labels
    ]
    return query if read == labels else query.filtered(label=read)


async def any_label(query: Query, ask: Ask) -> Answer:
    """List the images that have any of several labels."""
    labels = query.filters.get("label", []) if query.lists else []
    if len(labels) < 2:  # noqa: PLR2004  # one means the same
        return await ask(query)
    return await _union([query.filtered(label=[label]) for label in labels], ask, query)


async def _union(queries: Sequence[Query], ask: Ask, whole: Query) -> Answer:
    """Return the images of the full listing that any of the queries lists."""
    listed: dict[str, Image] = {}
    for query in queries:
        answer = await ask(query)
        listed |= {image["Id"]: image for image in answer.images or ()}
    answer = await ask(whole.having("filters", None))
    images = [listed.get(image["Id"]) for image in answer.images or ()]
    return answer.showing([image for image in images if image is not None])


async def false_with_all(query: Query, ask: Ask) -> Answer:
    """List intermediate images with `dangling=false` and `all=1`."""
    answer = await ask(query)
    filters = query.filters if query.lists else {}
    if filters.get("dangling") != ["false"] or not query.asks("all") or answer.images is None:
        return answer
    without = await ask(query.filtered(dangling=None))
    dangling = await ask(query.filtered(dangling=["true"]))
    hidden = {image["Id"] for image in dangling.images or ()}
    return without.showing([each for each in without.images or () if each["Id"] not in hidden])


def only_label(query: Query) -> Query:
    """Leave out `dangling` beside a label."""
    both = {"label", "dangling"} <= query.filters.keys()
    return query.filtered(dangling=None) if both else query


def first_of(*names: str) -> Callable[[Query], Query]:
    """Return a change that takes only the first of several values of filters."""

    def change(query: Query) -> Query:
        found = query.filters
        several = {name: found[name][:1] for name in names if len(found.get(name, ())) > 1}
        return query.filtered(**several) if several else query

    change.__doc__ = "Take only the first of several values."
    return change


def including(name: str) -> Apply:
    """Return a departure whose listing contains the image that `before` or `since` names."""

    async def apply(query: Query, ask: Ask) -> Answer:
        answer = await ask(query)
        named = query.filters.get(name) if query.lists else None
        if not named or len(query.filters) > 1 or len(named) > 1 or answer.images is None:
            return answer
        listed = {image["Id"] for image in answer.images}
        every = (await ask(query.having("filters", None))).images or []
        return answer.showing(
            [image for image in every if image["Id"] in listed or _is(image, named[0])]
        )

    apply.__doc__ = "List the image that `before` or `since` names, too."
    return apply


def _is(image: Image, name: str) -> bool:
    return name in (image["RepoTags"] or ()) or image["Id"].removeprefix("sha256:").startswith(
        name.removeprefix("sha256:")
    )


async def unknown_is_empty(query: Query, ask: Ask) -> Answer:
    """List no image before or since one that is not there."""
    answer = await ask(query)
    timed = query.lists and {"before", "since"} & query.filters.keys()
    none = query.having("filters", '{"label":["no such label"]}')
    return await ask(none) if timed and answer.status == _NOT_FOUND else answer


def names(image: Image) -> list[str]:
    """Return the tags of an image, without the placeholder."""
    return [tag for tag in image["RepoTags"] or () if "<none>" not in tag]


def trailing(kind: str, parameter: str) -> Apply:
    """Return a departure that takes any trailing part of a name.

    Args:
        kind: What is compared: `name`, `tag` or `pattern`.
        parameter: `filter`, or the filter `reference`.
    """

    async def apply(query: Query, ask: Ask) -> Answer:
        answer = await ask(query)
        if not query.lists or answer.images is None:
            return answer
        given = query.filters.get("reference", []) if parameter == "reference" else []
        text = (
            query.get("filter")
            if parameter == "filter"
            else (given[0] if len(given) == 1 else None)
        )
        if not text or _kind(text) != kind or (len(query.filters) > len(given[:1])):
            return answer
        every = (await ask(_without(query, parameter))).images or []
        listed = {image["Id"]: image for image in answer.images}
        chosen = []
        for image in every:
            if image["Id"] in listed:
                chosen.append(listed[image["Id"]])
            elif tags := [tag for tag in names(image) if _ends(tag, text, kind)]:
                chosen.append({**image, "RepoTags": tags})
        return answer.showing(chosen)

    apply.__doc__ = "Take any trailing part of a name."
    return apply


def _without(query: Query, parameter: str) -> Query:
    return query.having("filter", None) if parameter == "filter" else query.filtered(reference=None)


def _kind(text: str) -> str:
    if re.search(r"[*?\[\\]", text):
        return "pattern"
    return "tag" if ":" in text.rpartition("/")[2] else "name"


def _ends(tag: str, text: str, kind: str) -> bool:
    repository = tag[: tag.rindex(":")]
    for whole in (tag, repository):
        parts = whole.split("/")
        tails = ["/".join(parts[start:]) for start in range(1, len(parts))]
        if any(fnmatchcase(tail, text) if kind == "pattern" else tail == text for tail in tails):
            return True
    return False


def whole_tags(parameter: str) -> Apply:
    """Return a departure that shows all tags of an image that a name chose."""

    async def apply(query: Query, ask: Ask) -> Answer:
        answer = await ask(query)
        given = query.get("filter") if parameter == "filter" else query.filters.get("reference")
        if not query.lists or not given or answer.images is None:
            return answer
        every = (await ask(_without(query, parameter).having("all", "1"))).images or []
        tags = {image["Id"]: image["RepoTags"] for image in every}
        return answer.showing(
            [
                {**image, "RepoTags": tags.get(image["Id"], image["RepoTags"])}
                for image in answer.images
            ]
        )

    apply.__doc__ = "Show all tags of an image that a name chose."
    return apply


def no_dangling_in_map(query: Query) -> Query:
    """Leave out `dangling` in the map form."""
    if not re.search(r'"dangling"\s*:\s*\{', query.get("filters") or ""):
        return query
    spelled = query.filters.get("dangling", ()) in (["true"], ["false"])
    return query.filtered(dangling=None) if spelled else query


async def any_until(query: Query, ask: Ask) -> Answer:
    """Ignore the filter `until`."""
    answer = await ask(query)
    if answer.images is None or "until" not in query.filters:
        return answer
    return await ask(query.filtered(until=None))
