import json
from collections.abc import Callable, Iterator
from contextlib import closing
from dataclasses import replace
from typing import Any

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from musterd.contract import rules
from musterd.contract.versions import ApiVersion
from musterd.errors import BadRequestError, NotFoundError
from musterd.images import reference
from musterd.images.glob import Pattern
from musterd.images.image import NEVER, Image, Layer
from musterd.listing import filters, prefilter, render
from musterd.listing.filters import (
    ExactName,
    Filters,
    NamePatterns,
    RepositoryPattern,
)
from musterd.listing.labels import LabelCondition
from musterd.listing.prefilter import LAST, Index, LabelRange, NameRange, Prefilter
from musterd.listing.query import ListQuery
from musterd.listing.source import Candidate, Images
from musterd.storage import catalogue
from musterd.storage.store import ImageStore

MakeImage = Callable[..., Image]

DIGEST = f"sha256:{0xD:064x}"


def label(*texts: str) -> Filters:
    conditions = (text.partition("=") for text in texts)
    return Filters(labels=tuple(LabelCondition(k, v if eq else None) for k, eq, v in conditions))


def fitting(*texts: str | None, full: bool = False) -> Filters:
    patterns = (None if text is None else Pattern.parse(text) for text in texts)
    return Filters(name=NamePatterns(tuple(patterns), full))


def names(found: Prefilter) -> list[tuple[str, str]] | None:
    return None if found.names is None else [(each.first, each.last) for each in found.names]


@pytest.mark.parametrize("asked", [Filters(), Filters(labels=()), Filters(dangling=True)])
def test_unindexed_filters_do_not_narrow(asked: Filters) -> None:
    assert Prefilter.of(asked) == Prefilter()


def test_a_label_narrows_to_one_hash_and_a_key_to_a_range() -> None:
    mark = prefilter.label_hash("a", "b")
    assert Prefilter.of(label("a=b")).label == LabelRange(mark, mark)
    of_key = Prefilter.of(label("a")).label
    assert of_key is not None
    assert of_key.first <= mark <= of_key.last
    assert of_key.last - of_key.first == 2**32 - 1
    assert not of_key.first <= prefilter.label_hash("A", "b") <= of_key.last


def test_the_first_label_with_a_value_narrows() -> None:
    mark = prefilter.label_hash("b", "c")
    assert Prefilter.of(label("a", "b=c", "d")).label == LabelRange(mark, mark)


@given(st.text(), st.text())
def test_every_label_hash_fits_64_bits(key: str, value: str) -> None:
    assert -(2**63) <= prefilter.label_hash(key, value) < 2**63


def test_labels_with_surrogates_can_be_hashed() -> None:
    assert prefilter.label_hash("\ud800", "\udfff") != prefilter.label_hash("\ud800", "")


@pytest.mark.parametrize(
    ("asked", "expected"),
    [
        (Filters(name=ExactName("a:1")), [("a:1", "a:1")]),
        (Filters(name=ExactName("a\0:1")), []),
        (Filters(name=RepositoryPattern(None)), []),
        (Filters(name=RepositoryPattern(Pattern.parse("a"))), [("a", "a")]),
        (Filters(name=RepositoryPattern(Pattern.parse("a/*"))), [("a/", f"a/{LAST}")]),
        (Filters(name=RepositoryPattern(Pattern.parse("*"))), None),
        (Filters(name=RepositoryPattern(Pattern.parse(r"a\*"))), [("a*", "a*")]),
        (fitting("a", "b?"), [("a", "a"), ("b", f"b{LAST}")]),
        (fitting(), []),
        (fitting(""), [("", "")]),
        (fitting("a", "[bc]"), None),
        # A malformed pattern is an error once it is matched, which any name may cause.
        (fitting("a", None), None),
        (fitting(*map(str, range(16))), [(str(n), str(n)) for n in range(16)]),
        (fitting(*map(str, range(17))), None),
        (fitting("docker.io/library/a", full=False), [("docker.io/library/a",) * 2]),
        (
            fitting("docker.io/library/a", full=True),
            [("docker.io/library/a",) * 2, ("library/a", "library/a"), ("a", "a")],
        ),
        (fitting("docker.io/*", full=True), None),
        (fitting("doc*", full=True), None),
        (fitting("doc", full=True), [("doc", "doc")]),
        (fitting("a*", full=True), [("a", f"a{LAST}")]),
    ],
)
def test_patterns_narrow_to_ranges_of_names(
    asked: Filters, expected: list[tuple[str, str]] | None
) -> None:
    assert names(Prefilter.of(asked)) == expected


def test_the_part_before_a_digest_is_the_repository() -> None:
    assert NameRange(f"a/b@{DIGEST}", f"a/b@{DIGEST}").repository == "a/b"
    assert NameRange("a/b", f"a/b{LAST}").repository == "a/b"


# Few words, so that queries match images, with special characters of patterns, paths and SQL.
REPOSITORIES = (
    "a",
    "b",
    "library/a",
    "user/a",
    "user/ab",
    "x.io/a",
    "x.io/user/a",
    "localhost:5/a",
)
TAGS = ("1", "2", "latest", "a", "1.0")
KEYS = ("k", "K", "", "k.k", "ключ", "nul\0", "=", "%", "_")
VALUES = ("", "v", "V", "v=w", "\0", "★", "v%")
VERSIONS = ("1.23", "1.24", "1.42", "1.56")
DIGESTS = tuple(f"sha256:{number:064x}" for number in (1, 2))
PATTERNS = (
    *("a", "a:1", "a:*", "*", "?", "user/*", "user/a*", "*/*", "[ab]", "[^a]", "x.io/a", "x.io/*"),
    *("x.io/user/[a-b]", "docker.io/library/a", "docker.io/*/a", "docker.io/library/a:1", "d*"),
    *(r"\a", r"a\*", "library/a", "localhost:5/a", "localhost:5/a:1", "l*", "", "[", "a\0", "A"),
    *("\U0010ffff", "a\U0010ffff*", f"a@{DIGESTS[0]}", f"user/a@{DIGESTS[1]}", "a@sha256:*"),
)
# Some are spellings of the same name.
ALL_TAGS = tuple(
    dict.fromkeys(reference.parse(f"{name}:{tag}") for name in REPOSITORIES for tag in TAGS)
)
ALL_DIGESTS = tuple(
    dict.fromkeys(
        reference.parse(f"{name}@{digest}") for name in REPOSITORIES for digest in DIGESTS
    )
)
IDS = 6


def of_some(*texts: str) -> st.SearchStrategy[str]:
    return st.sampled_from(texts)


@st.composite
def catalogues(draw: st.DrawFn) -> list[Image]:
    """Catalogues in which each tag belongs to one image, as everywhere."""
    tags = draw(st.lists(st.sampled_from(ALL_TAGS), max_size=2 * IDS, unique=True))
    return [
        Image(
            id=f"sha256:{number:064x}" if draw(st.booleans()) else f"{number:064x}",
            parent=draw(st.none() | st.integers(0, IDS).map(lambda n: f"sha256:{n:064x}")),
            created=draw(st.sampled_from((NEVER, -1, 0, 5, 6))),
            created_text=draw(st.none() | st.just("1970-01-01T00:00:05.5Z")),
            size=draw(st.sampled_from((0, 7, 2**41))),
            virtual_size=8,
            labels=draw(st.none() | st.dictionaries(of_some(*KEYS), of_some(*VALUES), max_size=3)),
            tags=tuple(tags[number::IDS]),
            digests=tuple(draw(st.lists(st.sampled_from(ALL_DIGESTS), max_size=2, unique=True))),
            own_order=draw(st.booleans()),
            has_config=draw(st.booleans()),
            layers=draw(st.none() | st.just((Layer(DIGEST, 3),))),
            shared_size=draw(st.none() | st.just(4)),
            containers=draw(st.none() | st.just(1)),
        )
        for number in range(draw(st.integers(0, IDS)))
    ]


@st.composite
def questions(draw: st.DrawFn) -> tuple[ListQuery, rules.Rules]:
    """Questions as they come in, among them some that are mistakes."""
    at = rules.at(ApiVersion(draw(of_some(*VERSIONS))))
    labels = st.one_of(of_some(*KEYS), st.builds("{}={}".format, of_some(*KEYS), of_some(*VALUES)))
    image_names = of_some("a", "a:1", "user/a:2", f"{1:064x}", "sha256:0", f"{2:063x}", "UPPER")
    possible = {
        "label": st.lists(labels, max_size=3),
        "dangling": of_some("true", "false").map(lambda value: [value]),
        "reference": st.lists(of_some(*PATTERNS), max_size=3),
        "before": st.lists(image_names, max_size=1),
        "since": st.lists(image_names, max_size=1),
    }
    asked = {
        key: draw(values)
        for key, values in possible.items()
        if key in at.filter_keys and draw(st.integers(0, 2)) == 0
    }
    name = draw(st.one_of(st.just(""), of_some(*PATTERNS)))
    query = ListQuery(
        all=draw(st.booleans()),
        digests=draw(st.booleans()),
        shared_size=draw(st.booleans()),
        filters=filters.parse(json.dumps(asked), name, at, 0),
    )
    return query, at


def outcome(source: Any, query: ListQuery, at: rules.Rules) -> Any:
    try:
        return json.loads(b"".join(render.pieces(source, query, at)))
    except (BadRequestError, NotFoundError) as error:
        return type(error), str(error)


@pytest.fixture(params=["memory", "postgresql"])
def emptied(request: pytest.FixtureRequest, make_image: MakeImage) -> Iterator[ImageStore]:
    """Open a store that each example refills."""
    memory = request.param == "memory"
    url = catalogue.MEMORY if memory else request.getfixturevalue("postgresql_confined")
    with closing(catalogue.open_store(url)) as store:
        # Others' images must not be in the way.
        store.of("other").put([make_image(1, tags=["a:1"], labels={"k": "v"})])
        yield store


@settings(
    max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture]
)
@given(images=catalogues(), asked=st.lists(questions(), min_size=1, max_size=4))
def test_a_narrowed_query_of_a_database_equals_a_full_scan(
    emptied: ImageStore, images: list[Image], asked: list[tuple[ListQuery, rules.Rules]]
) -> None:
    emptied.replace(images)
    with emptied.snapshot() as snapshot:
        for query, at in asked:
            assert outcome(snapshot, query, at) == outcome(Images(images), query, at)


class EveryOne(Images):
    """Images without an index: every query scans all of them."""

    def candidates(self, _prefilter: Prefilter, undated: int) -> list[Candidate]:
        return super().candidates(Prefilter(), undated)


@settings(max_examples=200, deadline=None)
@given(images=catalogues(), asked=st.lists(questions(), min_size=1, max_size=4))
def test_a_memory_index_drops_no_matching_image(
    images: list[Image], asked: list[tuple[ListQuery, rules.Rules]]
) -> None:
    narrowed, every = Images(images), EveryOne(images)
    for query, at in asked:
        assert outcome(narrowed, query, at) == outcome(every, query, at)


def test_a_memory_index_knows_the_positions_of_images(make_image: MakeImage) -> None:
    index = Index(
        [
            make_image(1, tags=["a:1", "b:1"], labels={"k": "v"}),
            make_image(2, tags=["a:2"], labels={"k": "w"}),
            make_image(3, digests=[f"a@{DIGEST}"], labels=None),
        ]
    )

    def positions(asked: Filters) -> list[int]:
        return index.positions(Prefilter.of(asked))

    repository = RepositoryPattern(Pattern.parse("a"))
    assert positions(Filters(name=repository)) == [0, 1, 2]
    assert positions(Filters(name=ExactName("a:2"))) == [1]
    assert positions(Filters(name=ExactName(f"a@{DIGEST}"))) == [2]
    assert positions(fitting("b", "a:2")) == [0, 1]
    assert positions(fitting("c")) == []
    assert positions(label("k")) == [0, 1]
    assert positions(label("k=v")) == [0]
    assert positions(replace(label("k=w"), name=repository)) == [1]
