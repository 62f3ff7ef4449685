from collections.abc import Callable

from musterd.api.load_progress import layer_lines
from musterd.images.image import Image, Layer


def test_sizes_are_formatted_as_docker_does(make_image: Callable[..., Image]) -> None:
    sizes = (0, 999, 1000, 307200, 12345678, 10**9, 2**63)
    layers = tuple(Layer(f"sha256:{size}", size) for size in sizes)
    lines = [line["progress"] for line in layer_lines([make_image(1, layers=layers)])]
    assert [str(line).rpartition("/")[2] for line in lines] == [
        "0B",
        "999B",
        "1kB",
        "307.2kB",
        "12.35MB",
        "1GB",
        "9.223EB",
    ]
