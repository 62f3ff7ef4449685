"""The entry point of the command `musterd`, which imports nothing that may be missing."""

import sys

from musterd import extras


def main() -> None:
    """Run the command, or tell how to install what it needs."""
    try:
        from musterd.cli.main import main as run  # noqa: PLC0415

        # Commands import what they need when they run.
        run()
    except ModuleNotFoundError as error:
        sys.exit(f"musterd: {extras.advice(error, 'server')}")
