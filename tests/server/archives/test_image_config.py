import pytest

from musterd.archives import image_config
from musterd.errors import ArchiveError
from musterd.images.image import Layer


def test_layers_are_together_no_larger_than_can_be_counted() -> None:
    layer = Layer("sha256:0", 2**62)
    assert image_config.parse_config(b"{}", [layer], "x.tar", "c").size == 2**62
    with pytest.raises(ArchiveError, match=r"^x\.tar: c has layers of 9223372036854775808 bytes"):
        image_config.parse_config(b"{}", [layer, layer], "x.tar", "c")
