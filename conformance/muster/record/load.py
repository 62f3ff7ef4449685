"""Reads the record of a run from the file that `muster check --json` wrote."""

from __future__ import annotations

from pathlib import Path

import msgspec

from muster.errors import UsageError
from muster.record.record import Record


def read(path: Path) -> Record:
    """The record in *path*.

    Raises:
        UsageError: if the file cannot be read, or is no record of this release.
    """
    try:
        return loads(path.read_bytes())
    except OSError as e:
        raise UsageError(f"{path} cannot be read: {e.strerror}") from e
    except msgspec.MsgspecError as e:
        raise UsageError(
            f"{path} is no record of a run of this release of muster ({e}): "
            "`muster check --json FILE` writes one"
        ) from e
    except UnicodeDecodeError as e:
        raise UsageError(f"{path} is no record of a run: it is not UTF-8") from e


def loads(text: bytes | str) -> Record:
    """The record that *text* is, as JSON.

    Raises:
        msgspec.MsgspecError: if it is none.
    """
    return msgspec.json.decode(text, type=Record)
