import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from musterd.archives import listing_json
from musterd.errors import ListingError
from musterd.images import reference
from musterd.images.image import NEVER, Image, Layer
from musterd.images.reference import Reference

MakeImage = Callable[..., Image]

ID = "a" * 64
DIGEST = "sha256:" + "b" * 64
LEAST = {"Id": ID, "Created": 1, "Size": 2}


def parse(document: Any) -> list[Image]:
    return listing_json.parse(json.dumps(document).encode(), "x.json")


def parse_one(**members: Any) -> Image:
    (image,) = parse([LEAST | members])
    return image


def refused(document: Any) -> str:
    data = document if isinstance(document, bytes) else json.dumps(document).encode()
    with pytest.raises(ListingError) as error:
        listing_json.parse(data, "x.json")
    message = str(error.value)
    assert "\n" not in message
    return message


def test_id_date_and_size_suffice() -> None:
    assert parse([LEAST]) == [
        Image(id=ID, parent=None, created=1, size=2, virtual_size=2, labels=None)
    ]


def test_an_empty_listing_has_no_images() -> None:
    assert parse([]) == []


def test_unneeded_members_are_ignored() -> None:
    assert parse_one(Containers=-1, Descriptor={"x": [1]}) == parse([LEAST])[0]


@pytest.mark.parametrize("absent", [{}, {"ParentId": ""}, {"ParentId": None}])
def test_an_image_without_a_parent_has_none(absent: dict[str, Any]) -> None:
    assert parse_one(**absent).parent is None


def test_a_short_parent_id_is_kept() -> None:
    assert parse_one(ParentId="27cf784147099545").parent == "27cf784147099545"


def test_size_and_virtual_size_may_differ() -> None:
    image = parse_one(VirtualSize=2**63 - 1)
    assert (image.size, image.virtual_size) == (2, 2**63 - 1)
    assert parse_one(VirtualSize=None).virtual_size == 2


@pytest.mark.parametrize("labels", [None, {}, {"a": "", "ключ": "★"}])
def test_labels_are_kept_unchanged(labels: Any) -> None:
    assert parse_one(Labels=labels).labels == labels


@pytest.mark.parametrize("names", [None, [], ["<none>:<none>"], ["<none>@<none>"], ["a:<none>"]])
def test_placeholder_names_are_dropped(names: Any) -> None:
    image = parse_one(RepoTags=names, RepoDigests=names)
    assert (image.tags, image.digests) == ((), ())


def test_names_are_made_familiar_and_deduplicated() -> None:
    image = parse_one(
        RepoTags=["docker.io/library/a:1", "a:1", f"a@{DIGEST}"],
        RepoDigests=[f"docker.io/library/a@{DIGEST}", DIGEST],
    )
    assert image.tags == (Reference("a", "1"),)
    assert image.digests == (Reference("a", digest=DIGEST),)


@pytest.mark.parametrize(
    ("tags", "own"),
    [
        (["ubuntu:12.04", "ubuntu:precise", "ubuntu:latest"], True),
        (["ubuntu:12.10", "ubuntu:quantal"], False),
        (["busybox:1", "localhost:5000/busybox:1", "user/tools:2"], False),
        (["busybox:1", "user/tools:2", "localhost:5000/busybox:1"], False),
        (["localhost:5000/busybox:1", "busybox:1", "user/tools:2"], True),
    ],
)
def test_a_tag_order_that_no_daemon_sorts_by_is_kept(tags: Any, own: bool) -> None:
    assert parse_one(RepoTags=tags).own_order is own


@pytest.mark.parametrize(
    ("member", "value", "message"),
    [
        ("Id", 5, '"Id" must be 64 hexadecimal digits in lower case, after sha256: or not, not 5'),
        ("Id", "", 'not ""'),
        ("Id", "sha256:abc", 'not "sha256:abc"'),
        ("Id", ID + "\n", "64 hexadecimal digits"),
        ("Created", "yesterday", '"Created" must be a whole number of seconds, not "yesterday"'),
        ("Created", 1.5, "not 1.5"),
        ("Created", 1e3, "a whole number of seconds"),
        ("Created", True, "not true"),
        ("Created", None, "not null"),
        ("Created", 2**63, f"not {2**63}"),
        ("Size", -1, '"Size" must be a whole number of bytes, 0 or more, not -1'),
        ("VirtualSize", "2", '"VirtualSize" must be a whole number of bytes, 0 or more, or absent'),
        ("ParentId", "<missing>", '"ParentId" must be the Id of an image, or absent'),
        ("RepoTags", "a:1", '"RepoTags" must be a list of names with a tag, or null, not "a:1"'),
        ("RepoTags", [1], "not [1]"),
        ("RepoTags", ["a b:1"], '"RepoTags" holds "a b:1", which is not a name with a tag'),
        ("RepoTags", ["ubuntu"], 'holds "ubuntu"'),
        ("RepoDigests", {}, '"RepoDigests" must be a list of names with a digest, or null, not {}'),
        ("RepoDigests", ["a:1"], '"RepoDigests" holds "a:1", which is not a name with a digest'),
        ("Labels", ["a"], '"Labels" must be an object whose values are texts, or null, not ["a"]'),
        ("Labels", {"a": 1}, 'not {"a":1}'),
        ("Labels", "x" * 200, 'not "' + "x" * 56 + "..."),
    ],
)
def test_a_wrong_value_is_reported_with_its_location(member: str, value: Any, message: str) -> None:
    problem = refused([LEAST, LEAST | {member: value}])
    assert problem.startswith("x.json: image 2: ")
    assert message in problem


@pytest.mark.parametrize("member", ["Id", "Created", "Size"])
def test_a_missing_member_is_reported(member: str) -> None:
    assert refused([{key: value for key, value in LEAST.items() if key != member}]) == (
        f'x.json: image 1: "{member}" is missing'
    )


def test_an_element_that_is_not_an_object_is_reported() -> None:
    assert refused([LEAST, "a"]) == 'x.json: image 2 is "a", not an object'


def test_an_error_from_a_server_is_quoted() -> None:
    assert refused({"message": "no such host"}) == (
        'x.json is not a listing but a server\'s error: "no such host"'
    )


@pytest.mark.parametrize("document", [{"message": 1}, {}, "x", 1, None])
def test_json_that_is_not_a_listing_is_refused(document: Any) -> None:
    assert refused(document) == "x.json is not a listing, which is a JSON array of images"


@pytest.mark.parametrize(
    "data", [b"[", b"[{", b"[}", b'[{"Id": "\xff"}]', b"[" * 100_000, b"[]x", b"{}x"]
)
def test_invalid_json_is_reported(data: Path) -> None:
    assert refused(data).startswith("x.json is damaged or cut short: ")


def test_a_duplicate_member_with_a_wrong_value_is_reported() -> None:
    twice = b'[{"Id": 5, "Id": "%s", "Created": 0, "Size": 0}]' % ID.encode()
    assert refused(twice) == (
        "x.json has a member twice in an image, once with a value of another kind"
    )


def test_two_images_cannot_have_the_same_id() -> None:
    assert refused([LEAST, LEAST]) == f"x.json: image 2: image 1 is {ID} already"


def test_two_images_cannot_have_the_same_tag() -> None:
    images = [LEAST | {"Id": str(number) * 64, "RepoTags": ["a:1"]} for number in range(3)]
    assert refused(images) == "x.json: image 2: image 1 is a:1 already"


def test_two_images_may_have_the_same_digest() -> None:
    images = [LEAST | {"Id": str(number) * 64, "RepoDigests": [f"a@{DIGEST}"]} for number in (1, 2)]
    assert [image.digests for image in parse(images)] == [(Reference("a", digest=DIGEST),)] * 2


_names = st.builds(
    lambda repository, tag: reference.parse(f"{repository}:{tag}"),
    st.sampled_from(["a", "b/c", "localhost:5000/d"]),
    st.sampled_from(["1", "2", "latest"]),
)
_texts = st.text(st.characters(codec="utf-8"), max_size=5)
_images = st.builds(
    lambda created, size, extra, labels, tags: Image(
        id=ID,
        parent=None,
        created=created,
        size=size,
        virtual_size=size + extra,
        labels=labels,
        tags=tuple(tags),
        own_order=reference.in_own_order(tags),
    ),
    st.integers(-(2**63), 2**63 - 1),
    st.integers(0, 2**40),
    st.integers(0, 2**40),
    st.none() | st.dictionaries(_texts, _texts, max_size=3),
    st.lists(_names, unique=True, max_size=4),
)


@given(_images)
def test_an_exported_image_can_be_imported_again(image: Image) -> None:
    exported = listing_json.export([image])
    assert listing_json.export(listing_json.parse(exported, "x.json")) == exported


def read(data: bytes) -> list[Image]:
    return listing_json.parse(data, "x")


@pytest.fixture
def images(make_image: MakeImage) -> list[Image]:
    return [
        make_image(9, tags=["z:1", "b:1", "c:1"], own_order=True, labels={}),
        make_image(8, tags=["a.io/b:1", "z:1"][:1], digests=[f"a@{DIGEST}", f"b@{DIGEST}"]),
        make_image(7, parent=8, labels={"b": "", "a": "é"}, size=1, virtual_size=2),
        make_image(6, shared_size=0, containers=2),
        make_image(
            5,
            created_text="1970-01-12T13:46:45.25Z",
            config=b'{ "as": "it is\\u00e9" }',
            layers=(Layer("sha256:1", 2), Layer("sha256:3", 4)),
        ),
        make_image(4, has_config=False, config=b"{}", layers=()),
        make_image(3, created=-5, id="3" * 64),
        make_image(2, created=NEVER),
    ]


def test_an_import_restores_the_exported_images(images: list[Image]) -> None:
    assert read(listing_json.export(images)) == images


def test_re_exporting_an_import_gives_the_same_text(images: list[Image]) -> None:
    exported = listing_json.export(images)
    assert listing_json.export(read(exported)) == exported
    assert exported.endswith(b"]\n")


def test_an_export_contains_only_known_values(make_image: MakeImage) -> None:
    (shown,) = json.loads(listing_json.export([make_image(1, tags=["a:1"])]))
    assert shown == {
        "Id": make_image(1).id,
        "RepoTags": ["a:1"],
        "RepoDigests": None,
        "Created": 1_000_001,
        "Size": 10,
        "VirtualSize": 10,
        "Labels": None,
    }


def test_listings_of_real_daemons_survive_export_and_import(data: Path) -> None:
    golden = json.loads((data / "golden.json").read_text())
    for listings in golden["listings"].values():
        for number in listings.values():
            listed = [golden["images"][image] for image in golden["bodies"][number]["images"]]
            imported = read(json.dumps(listed).encode())
            again = {image.id: image for image in read(listing_json.export(imported))}
            assert all(again[image.id] == image for image in imported)


def test_unordered_tags_are_imported_sorted(make_image: MakeImage) -> None:
    image = make_image(1, tags=["z:1", "a:1", "b:1"])
    (again,) = read(listing_json.export([image]))
    assert again == replace(image, tags=tuple(sorted(image.tags, key=str)))


@pytest.mark.parametrize(
    ("muster", "problem"),
    [
        ({"Created": "yesterday"}, '"Muster" has "Created": "yesterday", no date'),
        ({"Config": "[]"}, '"Muster" has a "Config" that is not a JSON object'),
        ({"Config": "{"}, '"Muster" has a "Config" that is not a JSON object'),
        (
            {"Layers": [1]},
            '"Muster" must be what `musterd export` has written, or absent, not {"Layers":[1]}',
        ),
    ],
)
def test_values_that_an_export_never_contains_are_refused(
    make_image: MakeImage, muster: Any, problem: str
) -> None:
    (shown,) = json.loads(listing_json.export([make_image(1)]))
    with pytest.raises(ListingError) as refused:
        read(json.dumps([shown | {"Muster": muster}]).encode())
    assert str(refused.value) == f"x: image 1: {problem}"


def test_uncounted_values_are_imported_as_unknown(make_image: MakeImage) -> None:
    (shown,) = json.loads(listing_json.export([make_image(1)]))
    assert read(json.dumps([shown | {"SharedSize": -1, "Containers": -1}]).encode()) == [
        make_image(1)
    ]


def test_an_image_with_too_many_layers_is_refused(make_image: MakeImage) -> None:
    (shown,) = json.loads(listing_json.export([make_image(1)]))
    assert refused([shown | {"Muster": {"Layers": [{"digest": "1", "size": 1}] * 1001}}]) == (
        'x.json: image 1: "Muster" has more than 1000 layers'
    )
