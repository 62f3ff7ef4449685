import pytest

from musterd.archives import image_config
from musterd.archives.contents import Document
from musterd.archives.limits import Budget, Limits
from musterd.errors import ArchiveError, ArchiveTooLargeError
from musterd.images.image import Layer


def test_the_total_layer_size_must_fit_64_bits() -> None:
    layer = Layer("sha256:0", 2**62)
    document = Document(b"{}", "sha256:1")
    config = image_config.parse_config(document, "c", Budget(Limits(), "x.tar"))
    assert config.image([layer]).size == 2**62
    with pytest.raises(ArchiveError, match=r"^x\.tar: c has layers of 9223372036854775808 bytes"):
        config.image([layer, layer])


def test_a_history_has_at_most_ten_thousand_steps() -> None:
    def parse(steps: int) -> None:
        document = Document(b'{"history":[%s]}' % b",".join([b"{}"] * steps), "sha256:1")
        image_config.parse_config(document, "c", Budget(Limits(), "x.tar"))

    parse(10_000)
    with pytest.raises(ArchiveTooLargeError, match=r"^x\.tar: c has a history of 10001 steps; "):
        parse(10_001)


@pytest.mark.parametrize("raw", [b'{"os":"\xff"}', b'{"config":{"Env":["\xed\xa0\x80"]}}', b"{"])
def test_a_document_must_be_unicode_and_json_even_where_it_is_not_read(raw: bytes) -> None:
    with pytest.raises(ArchiveError, match=r"^x\.tar: c is not as it should be: "):
        image_config.parse_config(Document(raw, "sha256:1"), "c", Budget(Limits(), "x.tar"))
