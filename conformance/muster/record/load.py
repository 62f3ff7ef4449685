"""Reads the record of a run from the file that `muster check --json` wrote."""

from __future__ import annotations

from pathlib import Path

import msgspec

from muster.errors import UsageError
from muster.record.record import Record


def read(path: Path) -> Record:
    """Return the record in *path*.

    Raises:
        UsageError: If the file cannot be read, or is not a record of this release.
    """
    try:
        return loads(path.read_bytes())
    except OSError as error:
        raise UsageError(f"{path} cannot be read: {error.strerror}") from error
    except msgspec.MsgspecError as error:
        raise UsageError(
            f"{path} is not a record of a run of this release of muster ({error}): "
            "`muster check --json FILE` writes one"
        ) from error
    except UnicodeDecodeError as error:
        raise UsageError(f"{path} is not a record of a run: it is not UTF-8") from error


def loads(text: bytes | str) -> Record:
    """Parse the JSON *text* of a record.

    Raises:
        msgspec.MsgspecError: If it is not a record.
    """
    return msgspec.json.decode(text, type=Record)
