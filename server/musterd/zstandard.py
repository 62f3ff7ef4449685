"""Zstandard: part of Python from 3.14, else of the package backports.zstd, if that is installed.

Attributes:
    zstd: The module, or None.
"""

import sys

if sys.version_info >= (3, 14):  # pragma: no cover
    from compression import zstd
else:
    try:
        from backports import zstd
    except ModuleNotFoundError:
        zstd = None  # type: ignore[assignment]

__all__ = ["IS_INSTALLED", "zstd"]

IS_INSTALLED = zstd is not None
