from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from muster.model.image import Image
from muster.model.oracle import (
    Expected,
    expected,
    find,
    has_labels,
    intermediate,
    with_children,
)
from muster.model.query import Query
from muster.model.version import ApiVersion

BASE = Image("sha256:" + "b" * 64, tags=("base:1", "h:5/base:2"), labels={"stage": "base"})
MID = Image("sha256:" + "c" * 64, parent=BASE.id, labels={"stage": "mid", "k": "v"})
LEAF = Image("sha256:" + "d" * 64, parent=MID.id, nameless=True, labels={"k": "v"})
PULLED = Image("sha256:" + "e" * 64, digests=("team/x@sha256:00",), labels={"k": ""})
FULL = (PULLED, LEAF, MID, BASE)


def only(query: Query) -> Expected:
    """Return the answer to *query*, where engines agree."""
    (answer,) = expected(FULL, query)
    return answer


def ids(images: tuple[Image, ...]) -> list[str]:
    return [image.id for image in images]


def dangling(value: str, *, everything: bool = False) -> Query:
    return Query(all=everything, filters={"dangling": [value]})


@pytest.mark.parametrize(
    ("query", "images"),
    [
        (Query(), [PULLED, LEAF, BASE]),
        (Query(all=True), [PULLED, LEAF, MID, BASE]),
        (Query(digests=True), [PULLED, LEAF, BASE]),
        (Query(filter=""), [PULLED, LEAF, BASE]),
        (Query(filters={"label": ["k"]}), [PULLED, LEAF]),
        (Query(all=True, filters={"label": ["k"]}), [PULLED, LEAF, MID]),
        (Query(all=True, filters={"label": ["k=v"]}), [LEAF, MID]),
        (Query(all=True, filters={"label": ["k="]}), [PULLED]),
        (Query(all=True, filters={"label": ["k=v", "stage"]}), [MID]),
        (Query(all=True, filters={"label": ["k", "none"]}), []),
        (Query(filter="none"), []),
        (Query(filter="base", filters={"label": ["k"]}), []),
    ],
)
def test_the_expected_images_of_a_query(query: Query, images: list[Image]) -> None:
    assert only(query) == Expected(tuple(images))


@pytest.mark.parametrize("everything", [True, False])
def test_dangling_false_lists_named_images_regardless_of_all(*, everything: bool) -> None:
    no = only(dangling("false", everything=everything))
    assert no == Expected((PULLED, BASE), frozenset({PULLED.id}))


def test_dangling_true_lists_untagged_images_and_optionally_intermediates() -> None:
    assert only(dangling("true")) == Expected((PULLED, LEAF), frozenset({PULLED.id}))
    yes = only(dangling("true", everything=True))
    assert yes == Expected((PULLED, LEAF, MID), frozenset({PULLED.id, MID.id}))


@pytest.mark.parametrize(
    ("name", "tags", "digests"),
    [
        ("base", ("base:1",), ()),
        ("base:1", ("base:1",), ()),
        ("h:5/base", ("h:5/base:2",), ()),
        ("h:5/base:2", ("h:5/base:2",), ()),
        ("h:5/*", ("h:5/base:2",), ()),
        ("*/*", ("h:5/base:2",), ("team/x@sha256:00",)),
        ("team/x", (), ("team/x@sha256:00",)),
        ("[^h]*/?", (), ("team/x@sha256:00",)),
    ],
)
def test_filter_keeps_the_matching_names(
    name: str, tags: tuple[str, ...], digests: tuple[str, ...]
) -> None:
    answer = only(Query(filter=name))
    assert [image.tags for image in answer.images if image.tags] == ([tags] if tags else [])
    assert [i.digests for i in answer.images if i.digests] == ([digests] if digests else [])
    assert not answer.optional


@pytest.mark.parametrize(
    ("pattern", "later"),
    [("base:*", BASE.id), ("team/x@*", PULLED.id), ("h:5/base:?", BASE.id)],
)
def test_a_pattern_for_a_full_reference_has_two_interpretations(pattern: str, later: str) -> None:
    before, after = expected(FULL, Query(filter=pattern))
    assert before.images == ()
    assert ids(after.images) == [later]


def test_a_malformed_pattern_matches_nothing() -> None:
    assert expected(FULL, Query(filter="[")) == (Expected(()),)


def test_with_hidden_digests_an_untagged_image_may_be_named() -> None:
    parent, leaf = Image("a" * 64, digests=None), Image("b" * 64, "a" * 64, digests=None)
    full = (leaf, parent)

    def optional(query: Query) -> list[set[str]]:
        (answer,) = expected(full, query)
        assert set(answer.optional) <= set(ids(answer.images))
        return [set(ids(answer.images)), set(answer.optional)]

    both = {leaf.id, parent.id}
    assert optional(Query(all=True)) == [both, set()]
    assert optional(Query()) == [both, {parent.id}]
    assert optional(Query(filter="x")) == [both, both]
    assert optional(dangling("true")) == [both, both]
    assert optional(dangling("false")) == [both, both]


@pytest.mark.parametrize("parent", ["sha256:" + "a" * 64, "a" * 64, "sha256:" + "a" * 12, "aaa"])
def test_a_parent_is_found_by_its_full_or_short_id(parent: str) -> None:
    one, other = Image("sha256:" + "a" * 64), Image("b" * 64, parent)
    assert with_children([one, other]) == {one.id}


def test_an_unlisted_parent_is_ignored() -> None:
    assert with_children([Image("a" * 64, parent="f" * 64)]) == frozenset()


def test_only_untagged_images_with_children_are_intermediate() -> None:
    assert intermediate(FULL) == [MID]


@pytest.mark.parametrize(
    ("labels", "wanted", "has"),
    [
        ({}, [], True),
        ({}, ["a"], False),
        ({"a": "b"}, ["a"], True),
        ({"ab": ""}, ["a"], False),
        ({"a": "b"}, ["a=b", "a"], True),
        ({"a": "b"}, ["a=b", "a=c"], False),
        ({"a": "b"}, ["a="], False),
        ({"a": ""}, ["a="], True),
        ({"a": "b=c"}, ["a=b=c"], True),
        ({"a": "b=c"}, ["a=b"], False),
        ({"": "b"}, ["=b"], True),
    ],
)
def test_labels_match_by_key_or_by_exact_value(
    labels: dict[str, str], wanted: list[str], *, has: bool
) -> None:
    assert has_labels(Image("a", labels=labels), wanted) is has


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("sha256:" + "a" * 64, 0),
        ("a" * 64, 0),
        ("a" * 12, 0),
        ("a" * 11, None),
        ("b" * 12, None),
        ("x:1", 0),
        ("x", None),
        ("y", 1),
        ("y:latest", 1),
        ("y@sha256:f", 1),
    ],
)
def test_an_image_is_found_by_any_unambiguous_name(name: str, found: int | None) -> None:
    images = [
        Image("sha256:" + "a" * 64, tags=("x:1",)),
        Image("b" * 64, tags=("y:latest",), digests=("y@sha256:f",)),
        Image("b" * 63 + "c"),
    ]
    assert find(images, name) == (None if found is None else images[found])


@pytest.mark.parametrize("created", [0, -62135596800])
def test_before_and_since_an_undated_image_are_undetermined(created: int) -> None:
    dateless, other = Image("a" * 64, created=created), Image("b" * 64, created=5)
    for name in ("before", "since"):
        query = Query(all=True, filters={name: [dateless.id]})
        (answer,) = expected([dateless, other], query, ApiVersion(1, 24))
        assert answer.optional == {dateless.id, other.id}


KEYS = st.sampled_from(["a", "b", "c"])
NAMES = st.sampled_from(["x", "y/x", "h:5/x", "xx"])
TAGS = st.sampled_from(["1", "2"])
CONDITIONS = st.one_of(KEYS, st.builds("{}={}".format, KEYS, KEYS))


@st.composite
def listings(draw: st.DrawFn) -> list[Image]:
    """Full listings as a server may have them; digests are known."""
    images: list[Image] = []
    count = draw(st.integers(0, 6))
    free = draw(st.permutations([f"{n}:{t}" for n in ("x", "y/x", "h:5/x", "xx") for t in "12"]))
    for position in range(count):
        own = draw(st.integers(0, 2))
        tags, free = free[:own], free[own:]
        parents = ["", *(image.id for image in images)]
        images.append(
            Image(
                id=f"sha256:{position:064x}",
                parent=draw(st.sampled_from(parents)),
                tags=tuple(tags),
                digests=(f"d/{position}@sha256:0",) if draw(st.booleans()) else (),
                labels=draw(st.dictionaries(KEYS, KEYS)),
            )
        )
    return images


def answer_to(full: list[Image], query: Query) -> Expected:
    (answer,) = expected(full, query)
    return answer


@given(listings(), st.lists(CONDITIONS), st.booleans())
def test_a_label_filter_only_removes_images(
    full: list[Image], labels: list[str], all_: bool
) -> None:
    without = answer_to(full, Query(all=all_)).images
    having = answer_to(full, Query(all=all_, filters={"label": labels})).images
    assert having == tuple(image for image in without if has_labels(image, labels))
    every = [answer_to(full, Query(all=all_, filters={"label": [one]})).images for one in labels]
    assert set(having) == set(without).intersection(*every)


@given(listings())
def test_dangling_true_and_false_partition_the_plain_listing(full: list[Image]) -> None:
    yes, no = answer_to(full, dangling("true")), answer_to(full, dangling("false"))
    usual = answer_to(full, Query())
    assert set(yes.images) | set(no.images) == set(usual.images)
    assert {image.id for image in set(yes.images) & set(no.images)} == yes.optional == no.optional
    assert all(not image.tags for image in yes.images)
    assert all(image.references for image in no.images)


@given(listings())
def test_all_adds_only_the_intermediate_images(full: list[Image]) -> None:
    usual, everything = answer_to(full, Query()), answer_to(full, Query(all=True))
    assert everything.images == tuple(full)
    hidden = intermediate(full)
    assert usual.images == tuple(image for image in full if image not in hidden)


@given(listings(), NAMES, st.one_of(st.none(), TAGS))
def test_engines_agree_on_a_plain_name(full: list[Image], name: str, tag: str | None) -> None:
    wanted = name if tag is None else f"{name}:{tag}"
    answer = answer_to(full, Query(filter=wanted))
    shown = {reference for image in answer.images for reference in image.tags}
    held = {reference for image in full for reference in image.tags}
    assert shown == {r for r in held if r == wanted or r.rpartition(":")[0] == wanted}
    assert not answer.optional


@given(listings(), st.sampled_from(["*/*", "?", "[xy]*", "*:1", "h:5/*", "x*"]), st.booleans())
def test_a_pattern_only_narrows(full: list[Image], pattern: str, all_: bool) -> None:
    names = {image.id: set(image.references) for image in full}
    for answer in expected(full, Query(all=all_, filter=pattern)):
        for image in answer.images:
            assert image.references
            assert names[image.id].issuperset(image.references)


def test_a_pattern_may_list_untagged_images_as_containerd_does() -> None:
    (answer,) = expected([LEAF, BASE], Query(filter="*"))
    assert ids(answer.images) == [LEAF.id, BASE.id]
    assert answer.optional == {LEAF.id}


def at(created: int | None, letter: str) -> Image:
    return Image(letter * 64, tags=(f"{letter}:1",), created=created)


OLD, MIDDLE, TWIN, NEW = at(1, "a"), at(5, "b"), at(5, "c"), at(9, "d")
DATELESS, UNKNOWN = at(0, "e"), at(None, "f")
DATED = (NEW, TWIN, MIDDLE, OLD, DATELESS, UNKNOWN)


@pytest.mark.parametrize("name", ["b:1", "b" * 64, "sha256:" + "b" * 64])
@pytest.mark.parametrize(
    ("key", "images", "optional"),
    [
        ("before", [TWIN, OLD, DATELESS, UNKNOWN], [TWIN, DATELESS, UNKNOWN]),
        ("since", [NEW, TWIN, UNKNOWN], [TWIN, UNKNOWN]),
    ],
)
def test_before_and_since_compare_dates_and_ties_are_undetermined(
    key: str, images: list[Image], optional: list[Image], name: str
) -> None:
    (answer,) = expected(DATED, Query(filters={key: [name]}), ApiVersion(1, 24))
    assert answer == Expected(tuple(images), frozenset(image.id for image in optional))


@pytest.mark.parametrize("name", ["f:1", "none:1"])
def test_everything_is_optional_beside_an_undated_or_unknown_image(name: str) -> None:
    (answer,) = expected((NEW, OLD), Query(filters={"before": [name]}), ApiVersion(1, 24))
    assert answer.optional == {NEW.id, OLD.id}


@pytest.mark.parametrize("manifests", [None, ("image", "image"), ("unknown",)])
def test_another_platform_of_an_image_may_have_a_label(manifests: tuple[str, ...] | None) -> None:
    held = Image(BASE.id, tags=BASE.tags, labels={"arch": "amd64"}, manifests=manifests)
    (answer,) = expected([held], Query(filters={"label": ["arch=arm64"]}))

    assert answer == Expected((held,), frozenset({held.id}))


def test_a_shown_label_matches_regardless_of_other_platforms() -> None:
    held = Image(BASE.id, tags=BASE.tags, labels={"arch": "amd64"}, manifests=None)
    (answer,) = expected([held], Query(filters={"label": ["arch=amd64"]}))

    assert answer == Expected((held,))


@pytest.mark.parametrize("name", [f"team/x@sha256:{'0' * 64}", "team/x@*"])
def test_a_tagged_image_may_or_may_not_match_by_digest(name: str) -> None:
    held = Image(BASE.id, tags=("team/x:1",), digests=(f"team/x@sha256:{'0' * 64}",))
    answers = expected([held], Query(filters={"reference": [name]}), ApiVersion(1, 25))

    assert [answer.optional for answer in answers] == [{held.id}] * len(answers)
    assert [answer.images[0].tags for answer in answers] == [()] * len(answers)
