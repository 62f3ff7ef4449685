"""The entry point of the command `muster`, which imports nothing that may be missing."""

from __future__ import annotations

import sys

from muster import extras
from muster.errors import MusterError


def main() -> None:
    """Run the command, or tell how to install what it needs."""
    try:
        from muster.cli.main import main as run  # noqa: PLC0415
    except ModuleNotFoundError as error:
        sys.stderr.write(f"muster: {extras.advice(error, 'conformance')}\n")
        # Status 1 would say that the server does not conform.
        sys.exit(MusterError.exit_status)
    run()
