from collections.abc import Callable

from musterd.images.image import Image, Layer
from musterd.listing.shared_size import shared_sizes

MakeImage = Callable[..., Image]


def test_shared_sizes_are_computed_from_the_layers(make_image: MakeImage) -> None:
    below, middle, top = Layer("sha256:1", 1), Layer("sha256:2", 10), Layer("sha256:3", 100)
    images = [
        make_image(1, tags=["a:1"], layers=(below, middle)),
        # The same layer on another one is another one.
        make_image(2, tags=["b:1"], layers=(middle, below)),
        make_image(3, tags=["c:1"], layers=(below, top), parent=4),
        # Only a step towards the one above, and so it does not count.
        make_image(4, layers=(below, middle)),
        make_image(5, tags=["d:1"], shared_size=7),
        make_image(6, tags=["e:1"]),
        make_image(7, tags=["f:1"], layers=()),
    ]
    assert shared_sizes(images) == {
        image.id: shared for image, shared in zip(images, [1, 0, 1, 1, 7, 0, 0], strict=True)
    }


def test_shared_sizes_of_many_layers_take_linear_time(make_image: MakeImage) -> None:
    layers = (Layer("sha256:1", 1),) * 20_000
    images = [make_image(number, layers=layers) for number in range(2)]
    assert set(shared_sizes(images).values()) == {20_000}
