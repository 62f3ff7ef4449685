"""Data of the containerd store in the catalogue."""

from collections.abc import Callable

import pytest
from msgspec.structs import replace

from musterd.archives import listing_json
from musterd.contract import rules
from musterd.contract.versions import NEWEST
from musterd.errors import NotFoundError
from musterd.images.image import Image
from musterd.images.target import Descriptor, Manifest, Target
from musterd.listing import lookup
from musterd.storage.store import ImageStore
from tests.server.support import containerd
from tests.server.support.stores import state

MakeImage = Callable[..., Image]


def target(number: int, **more: object) -> Target:
    descriptor = Descriptor(media_type="m", digest=f"sha256:{number:064x}", size=number)
    manifest = Manifest(descriptor=descriptor, content=5, platform={"os": "linux"}, config="{}")
    return Target(descriptor=descriptor, manifests=(manifest,), **more)  # type: ignore[arg-type]


def test_targets_are_stored(store: ImageStore, make_image: MakeImage) -> None:
    images = [
        make_image(2, tags=["a:1"], targets=(target(9, names={"a:1": {"k": "é\0"}}), target(8))),
        make_image(1, not_image="no image: \0", targets=(target(1),)),
    ]
    store.put(images)
    assert state(store) == (1, images)


def test_non_images_are_hidden_from_graph_drivers(store: ImageStore, make_image: MakeImage) -> None:
    store.put([make_image(1, tags=["a:1"], not_image="", targets=(target(1),)), make_image(2)])
    with store.snapshot() as snapshot:
        assert [image.id for image in snapshot.all()] == [make_image(2).id]
        assert (snapshot.count(), snapshot.has_at_most(1)) == (1, True)
        with pytest.raises(NotFoundError):
            lookup.find(snapshot, make_image(1).id, rules.at(NEWEST))
        everything = {image.id: image.not_image for image in snapshot.everything()}
    assert everything == {make_image(1).id: "", make_image(2).id: None}


def test_loading_an_image_again_adds_its_targets(store: ImageStore, make_image: MakeImage) -> None:
    first = make_image(1, tags=["a:1"], targets=(target(9, names={"a:1": None}),))
    with store.transaction() as transaction:
        transaction.add([first])
    again = replace(first, targets=(target(8, names={"a:1": None}),))
    with store.transaction() as transaction:
        transaction.add([again])
    (kept,) = store.images()
    assert kept.targets == (target(9), *again.targets)
    with store.transaction() as transaction:
        transaction.add([replace(first, targets=())])
    assert store.images() == [kept]


def test_an_imported_listing_keeps_its_manifests() -> None:
    listed = containerd.answer("docker-29", "multi/list/manifests-digests", "1.52")
    data = listing_json.msgspec.json.encode(listed)
    images = {image.id: image for image in listing_json.parse(data, "x")}
    for each in listed:
        (known,) = images[each["Id"]].targets
        assert (known.digest, known.size) == (each["Id"], each["Size"])
    exported = listing_json.export(images.values())
    again = {each["Id"]: each for each in listing_json.msgspec.json.decode(exported)}
    for each in listed:
        shown = again[each["Id"]]
        assert shown["Descriptor"] == each["Descriptor"]
        assert shown["Manifests"] == each["Manifests"]
    assert {image.id: image for image in listing_json.parse(exported, "x")} == images


def test_an_archive_survives_export_and_import() -> None:
    loaded = {image.id: image for image in containerd.loaded()}
    exported = listing_json.export(loaded.values())
    again = {image.id: image for image in listing_json.parse(exported, "x")}
    for image_id, image in loaded.items():
        assert again[image_id].targets == image.targets
        assert again[image_id].not_image == image.not_image


@pytest.mark.parametrize(
    "members",
    [
        {"Descriptor": None, "Manifests": None},
        {"Descriptor": {"mediaType": "m", "digest": "sha256:1", "size": 1}},
        {"Descriptor": {"mediaType": "m", "digest": "sha256:" + "a" * 64, "size": -1}},
        {"Manifests": []},
    ],
)
def test_invalid_descriptors_and_manifests_are_ignored(members: object) -> None:
    least = {"Id": "a" * 64, "Created": 1, "Size": 2}
    data = listing_json.msgspec.json.encode([least | members])  # type: ignore[operator]
    (image,) = listing_json.parse(data, "x")
    assert image.targets == ()


def test_a_listed_manifest_may_lack_its_data() -> None:
    digest = "sha256:" + "a" * 64
    descriptor = {"mediaType": "m", "digest": digest, "size": 1}
    manifest = {"ID": digest, "Descriptor": descriptor, "Available": False, "Kind": "image"}
    least = {"Id": digest, "Created": 1, "Size": 2, "Descriptor": descriptor}
    data = listing_json.msgspec.json.encode([least | {"Manifests": [manifest]}])
    (image,) = listing_json.parse(data, "x")
    ((known,),) = [each.manifests for each in image.targets]
    assert (known.size, known.available, known.platform) == (0, False, None)
