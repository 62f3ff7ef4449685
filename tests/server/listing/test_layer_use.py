from collections.abc import Callable

from musterd.images.image import Image, Layer
from musterd.listing.layer_use import LayerUse

MakeImage = Callable[..., Image]
A, B, C = (Layer(f"sha256:{name}", size) for name, size in (("a", 1), ("b", 10), ("c", 100)))


def test_a_layer_on_the_same_layers_counts_once(make_image: MakeImage) -> None:
    both = [make_image(1, layers=(A, B)), make_image(2, layers=(A, C))]
    assert LayerUse(both).size == 111
    assert LayerUse([*both, make_image(3, layers=(B, A))]).size == 122


def test_a_layer_is_freed_with_its_last_image(make_image: MakeImage) -> None:
    one, other = make_image(1, layers=(A, B)), make_image(2, layers=(A, C))
    use = LayerUse([one, other])
    assert use.release(one) == 10
    assert use.release(other) == 101
    assert use.size == 0


def test_an_image_with_unknown_layers_counts_its_unshared_size(
    make_image: MakeImage,
) -> None:
    image = make_image(1, virtual_size=50, shared_size=20)
    use = LayerUse([image, make_image(2, virtual_size=5)])
    assert use.size == 35
    assert use.release(image) == 30
