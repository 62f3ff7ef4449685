"""Usage: python -m benchmarks.soak [--seconds 600] [--seed 0] [--workers 1] [--postgresql]."""

import argparse
import asyncio
import sys
import tempfile
from pathlib import Path

from benchmarks.soak.connection import SoakError
from benchmarks.soak.run import Setup, soak
from benchmarks.soak.server import database


def main() -> int:
    """Run from the command line; return 1 if something was wrong."""
    parser = argparse.ArgumentParser(description="Put a musterd under mixed load.")
    parser.add_argument("--seconds", type=float, default=600)
    parser.add_argument("--seed", type=int, default=0)
    parser.add_argument("--workers", type=int, default=1)
    parser.add_argument("--postgresql", action="store_true")
    setup = Setup(**vars(parser.parse_args()))
    found: list[object] = []
    with (
        tempfile.TemporaryDirectory(prefix="muster-soak-") as name,
        database(Path(name), postgresql=setup.postgresql) as url,
    ):
        try:
            said = asyncio.run(soak(setup, url, Path(name)))
            sys.stdout.write(f"soak: {setup.seconds:.0f} s, nothing wrong: {said}\n")
        except* SoakError as error:
            found += error.exceptions
    for each in found:
        sys.stderr.write(f"soak: {each}\n")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
