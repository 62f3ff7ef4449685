from collections.abc import Callable

import pytest

from musterd.contract.rules import V1_52
from musterd.images.image import Image
from musterd.listing.lookup import ImageName
from musterd.listing.source import Images
from musterd.storage.store import ImageStore

MakeImage = Callable[..., Image]

DIGEST = f"sha256:{0xD:064x}"
F = 0xF << 252


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("a:1", 1),
        ("docker.io/library/a:1", 1),
        ("a", None),
        (f"sha256:{4:064x}", 4),
        (f"{4:064x}", 4),
        (f"sha256:{3:064x}", 3),
        (f"{3:064x}", 3),
        (f"sha256:{3:064x}"[:-1], None),
        ("sha256:f", F),
        ("ff", None),
        # An ambiguous prefix finds nothing.
        ("sha256:0", None),
        ("0", None),
        # Several images may have a digest; the first by Id is found.
        (f"b@{DIGEST}", 2),
        ("f", F),
        # A name comes before an Id.
        ("e", 1),
        ("nosuch", None),
    ],
)
def test_images_are_found_in_a_database_as_in_memory(
    store: ImageStore, make_image: MakeImage, name: str, found: int | None
) -> None:
    images = [
        make_image(1, tags=["a:1", "e:latest"]),
        make_image(2, tags=["b:1"], digests=[f"b@{DIGEST}"]),
        make_image(3, id=f"{3:064x}"),
        make_image(4, digests=[f"b@{DIGEST}"], config=b"{}"),
        make_image(5, id=f"sha256:f{0:063x}"),
        make_image(6, id=f"sha256:e{0:063x}", tags=["named:1"]),
    ]
    store.put(images)
    store.of("other").put([make_image(9, tags=["nosuch:latest", "a:latest"])])
    wanted = ImageName.parse(name, V1_52)
    expected = None if found is None else f"{found:064x}"

    def digits(image_id: str | None) -> str | None:
        return None if image_id is None else image_id.removeprefix("sha256:")

    in_memory = Images(images).find(wanted)
    assert digits(in_memory.id if in_memory else None) == expected
    with store.snapshot() as snapshot:
        read = snapshot.find(wanted)
        assert digits(read.id if read else None) == expected
    with store.transaction() as transaction:
        assert digits(transaction.find(wanted)) == expected


def test_a_found_image_has_all_its_names_and_a_separate_config(
    store: ImageStore, make_image: MakeImage
) -> None:
    image = make_image(1, tags=["a:1", "b:1"], digests=[f"b@{DIGEST}"])
    store.put([image, make_image(2, config=b"{}")])
    with store.snapshot() as snapshot:
        assert snapshot.find(ImageName.parse("a:1", V1_52)) == image
        assert snapshot.config(image.id) is None
        assert snapshot.config(make_image(2).id) == b"{}"
        assert snapshot.count() == 2
    with store.of("other").snapshot() as snapshot:
        assert snapshot.count() == 0
