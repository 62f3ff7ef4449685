"""The catalogue's images as the containerd store has them."""

from collections.abc import Callable
from typing import Any

import pytest
from msgspec.structs import replace

from musterd.contract import engines
from musterd.contract.versions import ApiVersion
from musterd.errors import BadRequestError, FilterError, NotFoundError, TimestampError
from musterd.images.image import Image
from musterd.images.target import ATTESTATION, Descriptor, Manifest, Target
from musterd.listing import containerd, filters, labels, render
from musterd.listing.containerd import ContainerdImage, in_style
from musterd.listing.deadline import UNLIMITED
from musterd.listing.query import ListQuery
from musterd.listing.select import select
from musterd.listing.shared_content import shared_content
from musterd.listing.source import Images

MakeImage = Callable[..., Image]
OLD = engines.DOCKER_28_CONTAINERD.rules_at(ApiVersion("1.48"))
NEW = engines.DOCKER_29_CONTAINERD.rules_at(ApiVersion("1.48"))


def descriptor(number: int) -> Descriptor:
    return Descriptor(media_type="m", digest=f"sha256:{number:064x}", size=number)


def target(number: int, *manifests: Manifest, **more: Any) -> Target:
    return Target(descriptor=descriptor(number), manifests=manifests, **more)


def only(image: Image, *, old: bool = False) -> ContainerdImage:
    (found,) = in_style([image], 0, old=old).by_id.values()
    return found


def listed(*images: Image, query: ListQuery | None = None) -> Any:
    source = in_style(images, 0, old=False)
    text = b"".join(render.pieces(source, query or ListQuery(), NEW))
    return render.msgspec.json.decode(text)


def test_an_image_of_unknown_content_keeps_its_id(make_image: MakeImage) -> None:
    image = make_image(1, tags=["a:1"], labels={"k": "v"})
    (shown,) = listed(image, query=ListQuery(manifests=True))
    assert (shown["Id"], shown["RepoDigests"]) == (image.id, [f"a@{image.id}"])
    assert "Descriptor" not in shown
    assert "Manifests" not in shown


def test_a_name_with_a_digest_counts_where_there_is_no_other(make_image: MakeImage) -> None:
    digest = descriptor(9).digest
    other = descriptor(8).digest
    pulled = make_image(1, digests=[f"a@{digest}", f"b@{other}"], targets=(target(9),))
    assert [name.familiar for name in only(pulled).tags] == [f"a@{digest}"]
    named = replace(pulled, tags=make_image(1, tags=["a:1"]).tags)
    assert [name.familiar for name in only(named).tags] == ["a:1"]


def test_one_target_stands_once_with_all_its_names(make_image: MakeImage) -> None:
    images = [make_image(number, tags=[f"a:{number}"], targets=(target(9),)) for number in (1, 2)]
    (shown,) = listed(*images)
    assert shown["RepoTags"] == ["a:1", "a:2"]


def test_a_target_without_a_name_stands_for_an_image_that_has_none(make_image: MakeImage) -> None:
    both = (target(8), target(9))
    assert len(in_style([make_image(1, targets=both)], 0, old=False).by_id) == 2
    named = make_image(1, tags=["a:1"], targets=both)
    assert only(named).id == both[0].digest


def test_the_image_for_this_machine_is_shown(
    make_image: MakeImage, monkeypatch: pytest.MonkeyPatch
) -> None:
    host = containerd.Platform("linux", "amd64")
    monkeypatch.setattr(containerd, "of_host", lambda: host)
    config = '{"created":"2020-01-01T00:00:00Z","config":{"Labels":{"a":"1"}}}'
    arm = Manifest(descriptor=descriptor(1), platform={"os": "linux", "architecture": "arm64"})
    amd = Manifest(
        descriptor=descriptor(2),
        platform={"os": "linux", "architecture": "amd64"},
        image="sha256:x",
        config=config,
    )
    note = Manifest(descriptor=descriptor(3), kind=ATTESTATION)
    image = make_image(1, labels={"b": "2"}, targets=(target(9, arm, amd, note),))
    shown = only(image)
    assert shown.best == amd
    assert (shown.labels, shown.created_text) == ({"a": "1"}, "2020-01-01T00:00:00Z")
    assert shown.label_sets() == ({"b": "2"}, {"a": "1"})
    assert only(image, old=True).label_sets() == ({"b": "2"}, {"a": "1"}, {})


def test_shared_size_counts_only_listed_images(make_image: MakeImage) -> None:
    def image(number: int) -> Image:
        one = Manifest(
            descriptor=descriptor(number),
            blobs=(("config", 1), ("layer", 10), (f"own {number}", 5)),
            snapshots=(100, 200),
        )
        return make_image(number, targets=(target(number, one),))

    first, second = only(image(1)), only(image(2))
    beside = make_image(3, shared_size=7)
    assert shared_content([first, second, only(beside)], UNLIMITED, packed=False) == {
        first.id: 100,
        second.id: 100,
        beside.id: 7,
    }
    assert shared_content([first, second], UNLIMITED, packed=True)[first.id] == 111
    assert shared_content([first, make_image(4)], UNLIMITED, packed=True) == {
        first.id: 0,
        make_image(4).id: 0,
    }


def parsed(text: str, rules: Any = NEW) -> filters.Filters:
    return filters.parse(text, "", rules, 0)


def test_conditions_on_labels_can_be_turned_around() -> None:
    found = parsed('{"label":["a","b!=1"],"label!":["c=2","d!"]}')
    assert found.labels == (
        labels.LabelCondition("a", None),
        labels.LabelCondition("b", "1", negated=True),
        labels.LabelCondition("c", "2", negated=True),
        labels.LabelCondition("d", None),
    )
    turned = labels.LabelCondition("c", "2", negated=True)
    assert [turned.admits(each) for each in ({}, {"c": "2"}, {"c": "3"})] == [True, False, True]
    assert not replace_lenient(turned).admits({})
    assert labels.LabelCondition("c", None, negated=True).admits({})
    assert parsed('{"label":[]}').labels is None
    with pytest.raises(BadRequestError, match="greater than maximum size"):
        parsed('{"label":["' + "a" * 5000 + '"]}')


def replace_lenient(condition: labels.LabelCondition) -> labels.LabelCondition:
    return labels.LabelCondition(condition.key, condition.value, negated=True, lenient=False)


def test_references_need_no_value_and_may_be_malformed() -> None:
    assert parsed('{"reference":{}}').name is None
    assert parsed('{"reference":["a["]}').name is not None


def test_an_invalid_value_is_refused_after_the_named_images_were_looked_up() -> None:
    for text, rules, words in (
        ('{"until":["x"]}', OLD, r'^failed to parse value as time or duration: "x"$'),
        ('{"until":["x"]}', None, r"^invalid value for 'until' filter: "),
        ('{"dangling":["x"]}', OLD, r"^invalid filter 'dangling=\[x\]'$"),
        ('{"dangling":["x"],"until":["x"]}', OLD, r"^failed to parse value"),
    ):
        error = (parsed(text) if rules is None else parsed(text, rules)).error
        with pytest.raises(BadRequestError, match=words):
            refused(error)
        with pytest.raises(NotFoundError):
            refused(error, since=("nosuch",))
        with pytest.raises(NotFoundError):
            refused(error, before=("nosuch",))


def test_graph_drivers_refuse_an_invalid_time_before_they_look_up_since() -> None:
    rules = engines.DOCKER_28.rules_at(ApiVersion("1.51"))
    error = filters.parse('{"until":["x"]}', "", rules, 0).error
    with pytest.raises(TimestampError):
        refused(error, rules, since=("nosuch",))
    with pytest.raises(NotFoundError):
        refused(error, rules, before=("nosuch",))
    with pytest.raises(FilterError):
        filters.parse('{"dangling":["x"]}', "", rules, 0)


def refused(error: Any, rules: Any = OLD, **names: Any) -> None:
    query = ListQuery(filters=filters.Filters(error=error, **names))
    list(select(Images(()), query, rules))


def test_an_image_was_stored_now_if_nobody_knows(make_image: MakeImage) -> None:
    image = only(make_image(1))
    assert not image.was_stored_before(1)
    assert image.was_stored_before(2**62)
    known = only(make_image(1, targets=(target(9, stored=5),)))
    assert (known.was_stored_before(5), known.was_stored_before(6)) == (False, True)


def test_a_listing_without_manifests_shows_what_is_no_image() -> None:
    from musterd.archives import listing_json  # noqa: PLC0415

    digest = descriptor(9).digest
    shown = {
        "Id": digest,
        "Created": 0,
        "Size": 438,
        "RepoTags": ["a:1"],
        "RepoDigests": [digest],
        "Descriptor": {"mediaType": "m", "digest": digest, "size": 1},
    }
    images = listing_json.parse(listing_json.msgspec.json.encode([shown]), "x")
    (again,) = listed(*images)
    assert (again["RepoDigests"], again["Size"], again["Containers"]) == ([digest], 438, -1)
