import json
from collections.abc import Callable
from typing import Any

import pytest

from musterd.api.prune import PruneConditions
from musterd.contract.rules import V1_24, V1_42, Rules
from musterd.errors import BadRequestError
from musterd.images.image import NEVER, Image, Layer
from musterd.storage.store import ImageStore

MakeImage = Callable[..., Image]
Ask = Callable[..., Any]
NOW = 10**18
A, B, C = (Layer(f"sha256:{name}", size) for name, size in (("a", 1), ("b", 10), ("c", 100)))


@pytest.fixture
def prune(ask_shared: Ask) -> Ask:
    def prune(version: str = "1.41", **filters: list[str]) -> Any:
        shown = json.dumps({key.replace("not_label", "label!"): filters[key] for key in filters})
        answer = ask_shared(f"/v{version}/images/prune?filters={shown}".replace(" ", ""), "POST")
        assert answer.status == 200
        return answer.json

    return prune


def conditions(filters: Any, at: Rules = V1_42) -> PruneConditions:
    return PruneConditions.parse(json.dumps(filters), at, NOW)


def left(store: ImageStore) -> set[str]:
    return {image.id for image in store.images()}


def test_tagged_images_are_not_pruned(prune: Ask, store: ImageStore, make_image: MakeImage) -> None:
    store.put([make_image(1, tags=["a:1"])])
    assert prune() == {"ImagesDeleted": None, "SpaceReclaimed": 0}
    assert len(left(store)) == 1


def test_dangling_images_are_deleted_with_their_unneeded_parents(
    prune: Ask, store: ImageStore, make_image: MakeImage
) -> None:
    tagged = make_image(1, tags=["a:1"], layers=(A, B), parent=2)
    kept = make_image(2, layers=(A,))
    dangling = make_image(3, layers=(A, C), parent=4)
    parent = make_image(4, layers=(A,))
    store.put([tagged, kept, dangling, parent])
    assert prune() == {
        "ImagesDeleted": [{"Deleted": dangling.id}, {"Deleted": parent.id}],
        "SpaceReclaimed": 100,
    }
    assert left(store) == {tagged.id, kept.id}


def test_an_image_with_only_a_digest_is_pruned(
    prune: Ask, store: ImageStore, make_image: MakeImage
) -> None:
    digest = f"a@sha256:{'1' * 64}"
    image = make_image(1, digests=[digest])
    store.put([image])
    assert prune()["ImagesDeleted"] == [{"Untagged": digest}, {"Deleted": image.id}]


def test_dangling_false_also_deletes_tagged_images(
    prune: Ask, store: ImageStore, make_image: MakeImage
) -> None:
    digest = f"a@sha256:{'1' * 64}"
    child = make_image(1, tags=["a:1", "b:1"], digests=[digest], parent=2)
    parent = make_image(2, tags=["p:1"])
    store.put([child, parent, make_image(3)])
    found = prune(dangling=["false"])["ImagesDeleted"]
    assert {"Untagged": digest} in found
    assert {"Untagged": "p:1"} in found
    assert left(store) == set()


@pytest.mark.parametrize(
    ("filters", "deleted"),
    [
        ({"label": ["k"]}, {1, 2}),
        ({"label": ["k=v"]}, {1}),
        ({"label": ["k", "l"]}, {2}),
        ({"not_label": ["k=v"]}, {2, 3}),
        ({"not_label": ["k", "l"]}, {1, 3}),
        ({"until": ["1000"]}, {1, 2}),
        ({"until": ["2000"]}, {1, 2, 3}),
        ({"dangling": ["true"]}, {1, 2, 3}),
    ],
)
def test_all_filters_must_match(
    prune: Ask, store: ImageStore, make_image: MakeImage, filters: Any, deleted: set[int]
) -> None:
    images = {
        1: make_image(1, labels={"k": "v"}, created=1000),
        2: make_image(2, labels={"k": "w", "l": ""}, created=999),
        3: make_image(3, created=1001),
    }
    store.put(list(images.values()))
    prune(**filters)
    assert left(store) == {images[number].id for number in images.keys() - deleted}


def test_an_image_without_a_config_matches_every_label_filter(
    prune: Ask, store: ImageStore, make_image: MakeImage
) -> None:
    store.put([make_image(1, has_config=False), make_image(2, created=NEVER)])
    prune(label=["k"])
    assert len(left(store)) == 1
    prune(until=["1"])
    assert not left(store)


@pytest.mark.parametrize(
    ("filters", "message"),
    [
        ({"muster": ["x"]}, "invalid filter 'muster'"),
        ({"dangling": ["x"]}, "invalid filter 'dangling=[x]'"),
        ({"dangling": ["true", "0"]}, "invalid filter 'dangling=[true 0]'"),
        ({"until": ["1", "2"]}, "more than one until filter specified"),
        ({"until": ["x"]}, "invalid value for 'until' filter: failed to parse value"),
    ],
)
def test_invalid_filters_are_refused(filters: Any, message: str) -> None:
    with pytest.raises(BadRequestError) as caught:
        conditions(filters)
    assert str(caught.value).startswith(message)
    with pytest.raises(BadRequestError):
        conditions(filters, V1_24)


def test_prune_and_disk_usage_do_not_exist_before_1_25(ask_shared: Ask) -> None:
    assert ask_shared("/v1.24/images/prune", "POST").status == 404
    assert ask_shared("/v1.24/system/df").status == 404
