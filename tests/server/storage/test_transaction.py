from collections.abc import Callable

import pytest
import sqlalchemy as sa

from musterd.images.image import Image
from musterd.listing import prefilter
from musterd.storage import schema
from musterd.storage.store import ImageStore

MakeImage = Callable[..., Image]
Labelled = set[tuple[str | None, int]]


def in_the_index(store: ImageStore) -> Labelled:
    """Return the Ids of images, each with its label; None for an image that is not there."""
    image, label = schema.image.c, schema.label.c
    query = sa.select(image.id, label.mark).select_from(
        sa.outerjoin(
            schema.label,
            schema.image,
            sa.and_(image.account == label.account, image.number == label.image),
        )
    )
    with store.transaction() as transaction:
        rows = transaction._connection.execute(query.where(label.account == store.account))  # noqa: SLF001
        return {(image_id, mark) for image_id, mark in rows}


def of_the_images(store: ImageStore) -> Labelled:
    return {
        (image.id, prefilter.label_hash(key, value))
        for image in store.images()
        for key, value in (image.labels or {}).items()
    }


def put_again(store: ImageStore, image: Image) -> None:
    store.put([image])


def load_again(store: ImageStore, image: Image) -> None:
    with store.transaction() as transaction:
        transaction.add([image])


def remove(store: ImageStore, image: Image) -> None:
    with store.transaction() as transaction:
        transaction.remove(image.id)


def replace_all(store: ImageStore, image: Image) -> None:
    store.replace([image])


@pytest.mark.parametrize("change", [put_again, load_again, remove, replace_all])
def test_the_index_of_labels_follows_the_images(
    store: ImageStore, make_image: MakeImage, change: Callable[[ImageStore, Image], None]
) -> None:
    other = store.of("other")
    other.put([make_image(2, labels={"of": "another account"})])
    before = [
        make_image(1, labels=None),
        make_image(2, labels={"old": "1", "kept": "1"}),
        make_image(3, labels={"old": "1"}),
    ]
    store.put(before)
    assert in_the_index(store) == of_the_images(store)
    change(store, make_image(2, labels={"new": "1", "kept": "1"}))
    assert in_the_index(store) == of_the_images(store) != set()
    assert in_the_index(other) == of_the_images(other) != set()


def test_an_id_in_another_spelling_leaves_the_label_index(
    store: ImageStore, make_image: MakeImage
) -> None:
    image = make_image(1, labels={"old": "1"})
    store.put([image])
    store.put([make_image(1, id=image.id.removeprefix("sha256:"), labels={"new": "1"})])
    assert in_the_index(store) == of_the_images(store)
    assert len(in_the_index(store)) == 1
