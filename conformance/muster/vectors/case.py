"""Cases: a request and what it means, from which the vectors of each API version are derived."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from types import MappingProxyType
from urllib.parse import quote

from muster.model.image import Image
from muster.model.oracle import Expected, Oracle
from muster.model.query import Query
from muster.model.version import FIRST, ApiVersion
from muster.register.requirements import find
from muster.vectors.vector import Alternative, CatalogueImage, Rule, VectorRequest

Expect = Callable[[Sequence[CatalogueImage], ApiVersion], tuple[Alternative, ...]]
"""Derives every correct answer from a catalogue at an API version."""

Members = Callable[[CatalogueImage, ApiVersion], dict[str, Rule]]
"""Returns the rules on some members of an image at an API version."""

ANY_ERROR = (400, 599)
Pair = tuple[str, str]
ERROR = Alternative(error=ANY_ERROR)


@dataclass(frozen=True, slots=True)
class Case:
    """A request with its correct answers.

    Attributes:
        id: Its name within the topic.
        requirement: The id of the requirement; the case is for the versions at which it holds.
        request: The request.
        expect: Derives the correct answers.
        catalogue: The name of the catalogue.
        until: The last API version; None for that of the requirement.
        since: The first API version, if it is later than that of the requirement.
    """

    id: str
    requirement: str
    request: VectorRequest
    expect: Expect
    catalogue: str = "docker"
    until: ApiVersion | None = None
    since: ApiVersion = FIRST

    def holds_at(self, version: ApiVersion) -> bool:
        """Whether the case is for *version*."""
        required = find(self.requirement).holds_at(version)
        return required and self.since <= version and (self.until is None or version <= self.until)


def request(*pairs: Pair) -> VectorRequest:
    """Return a request with the parameters *pairs*."""
    return VectorRequest(
        query="&".join(f"{quote(n)}={quote(v)}" for n, v in pairs), parameters=pairs
    )


def sent(query: Query, form: str = "list") -> VectorRequest:
    """Return the request of *query*, `filters` being in the form `list` or `map`."""
    pairs: list[Pair] = [("all", "1")] if query.all else []
    pairs += [("digests", "1")] if query.digests else []
    pairs += [("filter", query.filter)] if query.filter is not None else []
    if query.filters:
        pairs.append(("filters", filters(query.filters, form)))
    return request(*pairs)


def filters(values: Mapping[str, object], form: str = "list") -> str:
    """Return *values* as JSON; the form `map` makes maps of its lists."""
    if form == "map":
        values = {key: dict.fromkeys(each, True) for key, each in values.items()}  # type: ignore[call-overload]
    return json.dumps(values, ensure_ascii=False, separators=(",", ":"))


def model_images(catalogue: Sequence[CatalogueImage]) -> tuple[Image, ...]:
    """Return the images of *catalogue* as the oracle takes them."""
    return tuple(
        Image(
            id=image.id,
            parent=image.parent,
            tags=image.tags,
            digests=image.digests,
            nameless=not image.tags and not image.digests,
            created=image.created,
            labels=image.labels or {},
        )
        for image in catalogue
    )


def listed(query: Query, *, members: Members | None = None, ordered: bool = False) -> Expect:
    """Expect the images that the oracle derives for *query*.

    Args:
        query: The query.
        members: Rules on members of each image.
        ordered: Whether the newest image must come first.
    """
    by_name = bool(query.filter) or "reference" in query.filters

    def expect(catalogue: Sequence[CatalogueImage], version: ApiVersion) -> tuple[Alternative, ...]:
        rules = {image.id: members(image, version) for image in catalogue if members}
        found = Oracle(model_images(catalogue)).expected(query, version)
        return tuple(
            alternative(catalogue, each, rules=rules, tags=by_name, ordered=ordered)
            for each in found
        )

    return expect


def alternative(
    catalogue: Sequence[CatalogueImage],
    expected: Expected,
    *,
    rules: Mapping[str, Mapping[str, Rule]] = MappingProxyType({}),
    tags: bool = False,
    ordered: bool = False,
) -> Alternative:
    """Return an answer of the oracle as an alternative.

    Args:
        catalogue: The images that the server holds.
        expected: The answer.
        rules: Rules on members, by Id.
        tags: Whether to add a rule on the tags shown.
        ordered: Whether the newest image must come first.
    """
    names = {image.id: image.name for image in catalogue}
    members = {}
    for image in expected.images:
        shown = {"RepoTags": tags_rule(image.tags)} if tags else {}
        members[names[image.id]] = {**shown, **rules.get(image.id, {})}
    return Alternative(
        images=tuple(names[image.id] for image in expected.images),
        optional=tuple(names[i.id] for i in expected.images if i.id in expected.optional),
        members={name: each for name, each in members.items() if each},
        ordered=ordered,
    )


def tags_rule(tags: Sequence[str]) -> Rule:
    """Return the rule on `RepoTags` of an image that shows *tags*."""
    return Rule(values=(tuple(tags),) if tags else (None, [], ["<none>:<none>"]))


def chosen(
    accepts: Callable[[CatalogueImage], bool | None],
) -> Expect:
    """Expect the images of the plain listing that *accepts* takes.

    Args:
        accepts: Whether an image is listed; None if correct servers differ.
    """

    def expect(catalogue: Sequence[CatalogueImage], version: ApiVersion) -> tuple[Alternative, ...]:
        by_id = {image.id: accepts(image) for image in catalogue}
        [plain] = Oracle(model_images(catalogue)).expected(Query(), version)
        kept = tuple(image for image in plain.images if by_id[image.id] is not False)
        optional = frozenset(image.id for image in kept if by_id[image.id] is None)
        return (alternative(catalogue, Expected(kept, optional)),)

    return expect


def fixed(*alternatives: Alternative) -> Expect:
    """Expect one of *alternatives*, whatever the catalogue is."""
    return lambda _catalogue, _version: alternatives


def either(*expectations: Expect) -> Expect:
    """Expect what any of *expectations* does."""

    def expect(catalogue: Sequence[CatalogueImage], version: ApiVersion) -> tuple[Alternative, ...]:
        return tuple(one for each in expectations for one in each(catalogue, version))

    return expect


refused = fixed(ERROR)
"""Expect an error."""


def ask(name: str, requirement: str, query: Query, catalogue: str = "docker") -> Case:
    """Return the case of *query*, with the answer that the oracle derives."""
    return Case(name, requirement, sent(query), listed(query), catalogue)


def spelled(
    name: str, requirement: str, pairs: Iterable[Pair], meaning: Query, catalogue: str = "docker"
) -> Case:
    """Return the case of the parameters *pairs*, which mean *meaning*."""
    return Case(name, requirement, request(*pairs), listed(meaning), catalogue)


def mistake(name: str, requirement: str, *pairs: Pair) -> Case:
    """Return the case of the parameters *pairs*, which are an error."""
    return Case(name, requirement, request(*pairs), refused)
