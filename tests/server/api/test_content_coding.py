import gzip

import pytest

from musterd.api import content_coding
from musterd.api.content_coding import CODINGS, IDENTITY, zstd

DECODERS = {"gzip": gzip.decompress, "zstd": zstd.decompress}


@pytest.mark.parametrize(
    ("accept_encoding", "coding"),
    [
        (b"", IDENTITY),
        (b"gzip", "gzip"),
        (b"GZIP", "gzip"),
        (b"zstd", "zstd"),
        (b"gzip, deflate, br, zstd", "zstd"),
        (b"gzip, deflate", "gzip"),
        (b"deflate, br", IDENTITY),
        # Go's clients, Python's requests.
        (b"gzip, deflate, br", "gzip"),
        (b"identity", IDENTITY),
        (b"*", IDENTITY),
        (b"*;q=1, gzip;q=0", IDENTITY),
        (b"gzip;q=0", IDENTITY),
        (b"gzip;q=0.000", IDENTITY),
        (b"gzip;q=0.001", "gzip"),
        (b"gzip ; q=1.0", "gzip"),
        (b"gzip;Q=0.5", "gzip"),
        (b"zstd;q=0.5, gzip;q=0.9", "gzip"),
        (b"zstd;q=0.5, gzip;q=0.5", "zstd"),
        (b"gzip;q=0.5, identity;q=0.9", IDENTITY),
        (b"gzip;q=0.5, identity;q=0.5", "gzip"),
        (b"gzip;q=2", IDENTITY),
        (b"gzip;q=", IDENTITY),
        (b"gzip;level=9", IDENTITY),
        (b"\xff\x00, gzip", "gzip"),
        (b"gzip, " + b"x" * 256, IDENTITY),
    ],
)
def test_the_clients_preferred_coding_is_chosen(accept_encoding: bytes, coding: str) -> None:
    assert content_coding.choose(accept_encoding) == coding


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("pieces", [[b"[]\n"], [b"[" + b"a" * 100_000, b"b" * 100_000, b"]\n"]])
def test_encoded_content_decodes_to_the_original(coding: str, pieces: list[bytes]) -> None:
    encoded = content_coding.encode(pieces, coding)
    assert all(encoded)
    assert DECODERS[coding](b"".join(encoded)) == b"".join(pieces)


def test_the_entity_tag_depends_only_on_the_content() -> None:
    tag = content_coding.entity_tag([b"ab", b"c"])
    assert tag == content_coding.entity_tag([b"a", b"bc"])
    assert tag != content_coding.entity_tag([b"abd"])
    assert tag.startswith(b'"')
    assert tag.endswith(b'"')


def test_each_coding_has_its_own_entity_tag() -> None:
    tags = {content_coding.encoded_tag(b'"abc"', coding) for coding in CODINGS}
    assert tags == {b'"abc-zstd"', b'"abc-gzip"'}


@pytest.mark.parametrize(
    ("if_none_match", "known"),
    [
        (b'"abc"', True),
        (b'W/"abc"', True),
        (b'"x", "abc"', True),
        (b'"x","abc","y"', True),
        (b'"ab"', False),
        (b"abc", False),
        (b"*", False),
        (b"", False),
        (b'"abc', False),
        (b'"abc-gzip"', False),
    ],
)
def test_if_none_match_is_compared_with_the_entity_tag(if_none_match: bytes, known: bool) -> None:
    assert content_coding.is_known(b'"abc"', if_none_match) is known
