"""Content negotiation: compression and entity tags (RFC 9110).

Responses are compressed only for clients that name a coding. Some clients that send no
Accept-Encoding cannot decompress, older Docker CLIs among them.
"""

import functools
import hashlib
import re
import zlib
from collections.abc import Callable, Iterable, Mapping

from musterd.zstandard import IS_INSTALLED, zstd

# The name of no coding.
IDENTITY = "identity"
# The supported codings, as in `Accept-Encoding`, in order of preference.
CODINGS = ("zstd", "gzip") if IS_INSTALLED else ("gzip",)

# Levels that cost little more time than making the response.
_GZIP_LEVEL = 1
_ZSTD_LEVEL = 3
_GZIP_FORMAT = 16 + zlib.MAX_WBITS
_DIGEST_BYTES = 16
# Characters of an Accept-Encoding that is worth parsing and caching.
_LONGEST = 256
_WEIGHT = re.compile(r"q=(0(?:\.[0-9]{0,3})?|1(?:\.0{0,3})?)", re.IGNORECASE)
_ENTITY_TAG = re.compile(rb'(?:W/)?("[^"]*")')


@functools.lru_cache(maxsize=128)
def choose(accept_encoding: bytes) -> str:
    """Return the coding for this `Accept-Encoding`: one of `CODINGS`, or `IDENTITY`.

    The client must name the coding; ``*`` is not enough. Among codings with equal weight, the first
    of `CODINGS` wins.
    """
    if len(accept_encoding) > _LONGEST:
        return IDENTITY
    weights = {IDENTITY: 0.0, **dict(_weights(accept_encoding.decode("latin-1")))}
    best = max((*CODINGS, IDENTITY), key=lambda coding: weights.get(coding, 0.0))
    return best if weights.get(best) else IDENTITY


def encode(pieces: Iterable[bytes], coding: str) -> list[bytes]:
    """Encode a response body with one of `CODINGS`."""
    compress, flush = _COMPRESSORS[coding]()
    encoded = [compress(piece) for piece in pieces]
    return [piece for piece in (*encoded, flush()) if piece]


def entity_tag(pieces: Iterable[bytes]) -> bytes:
    """Return the `ETag` of an unencoded response, which depends on its content."""
    digest = hashlib.blake2b(digest_size=_DIGEST_BYTES)
    for piece in pieces:
        digest.update(piece)
    return f'"{digest.hexdigest()}"'.encode()


def encoded_tag(tag: bytes, coding: str) -> bytes:
    """Return the `ETag` of an encoded response, from that of the unencoded one."""
    return tag.removesuffix(b'"') + f'-{coding}"'.encode()


def is_known(tag: bytes, if_none_match: bytes) -> bool:
    """Tell whether this `If-None-Match` includes the entity tag.

    ``*`` only matters for requests that change something, and daemons ignore it (seen: Docker
    1.11.2 to 29.7).
    """
    return tag in _ENTITY_TAG.findall(if_none_match)


def _weights(text: str) -> Iterable[tuple[str, float]]:
    for part in text.split(","):
        coding, _, parameter = part.partition(";")
        weight = _WEIGHT.fullmatch(parameter.strip())
        if weight is not None or not parameter:
            yield coding.strip().lower(), float(weight[1]) if weight else 1.0


_Compressor = tuple[Callable[[bytes], bytes], Callable[[], bytes]]


def _gzip() -> _Compressor:
    compressor = zlib.compressobj(_GZIP_LEVEL, wbits=_GZIP_FORMAT)
    return compressor.compress, compressor.flush


def _zstd() -> _Compressor:
    compressor = zstd.ZstdCompressor(_ZSTD_LEVEL)
    return compressor.compress, compressor.flush


_COMPRESSORS: Mapping[str, Callable[[], _Compressor]] = {"gzip": _gzip, "zstd": _zstd}
