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
def test_a_coding_is_taken_that_the_client_names_and_likes_best(
    accept_encoding: bytes, coding: str
) -> None:
    assert content_coding.choose(accept_encoding) == coding


@pytest.mark.parametrize("coding", CODINGS)
@pytest.mark.parametrize("pieces", [[b"[]\n"], [b"[" + b"a" * 100_000, b"b" * 100_000, b"]\n"]])
def test_what_is_encoded_is_the_same_once_decoded(coding: str, pieces: list[bytes]) -> None:
    encoded = content_coding.encode(pieces, coding)
    assert all(encoded)
    assert DECODERS[coding](b"".join(encoded)) == b"".join(pieces)


def test_other_content_has_another_entity_tag_however_it_is_divided() -> None:
    tag = content_coding.entity_tag([b"ab", b"c"])
    assert tag == content_coding.entity_tag([b"a", b"bc"])
    assert tag != content_coding.entity_tag([b"abd"])
    assert tag.startswith(b'"')
    assert tag.endswith(b'"')


def test_each_coding_has_an_entity_tag_of_its_own() -> None:
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
def test_a_client_has_what_it_names_among_its_entity_tags(
    if_none_match: bytes, known: bool
) -> None:
    assert content_coding.is_known(b'"abc"', if_none_match) is known
