"""Checks every real server, and writes what it finds as data and as pages.

    python -m tests.interop.sweep [--some] [FOLDER]

writes the record of each run into FOLDER, conformance/results/engines.json from these, and
docs/results.md and docs/results/ from that; a record that is there already is not made again. It
fails if a baseline does not explain a departure, or explains one that is not there. With --some it
makes fewer runs, and fails if the pages do not say what they find, too. It needs root, and the
engines of `make engines`.
"""

from __future__ import annotations

import argparse
import contextlib
import sys
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ProcessPoolExecutor
from datetime import UTC, datetime
from pathlib import Path

from muster.record import baseline, matrix_file
from muster.register.requirements import requirements

from . import results, results_pages
from .servers import SERVERS, Server, scratch
from .support.sweep_plan import Runs


def unexplained(columns: Sequence[results.Column]) -> Iterator[str]:
    """Yield departures without a baseline entry, and outdated entries."""
    for column in columns:
        for made in column.records:
            held = baseline.apply(column.baseline, made, datetime.now(UTC).date())
            where = f"{column.name} at {made.api_version}, seed {made.seed}"
            for result in held.of(*baseline.DEPARTED):
                if result.known is None:
                    yield f"{where}: {result.requirement}: {result.message}"
            for problem in held.baseline.problems if held.baseline else ():
                yield f"{where}: {column.baseline.file}: {problem}"


def unsaid(columns: Sequence[results.Column]) -> Iterator[str]:
    """Yield departures that the pages do not tell of."""
    for column in columns:
        page = (results_pages.FOLDER / results_pages.file_of(column.name)).read_text()
        for made in column.records:
            for problem in results.unsaid(page, made):
                yield f"{column.name}: {problem}"


def sweep(folder: Path, servers: Mapping[Server, Runs]) -> list[results.Column]:
    """Make runs on servers, and write those records into *folder* that are not there yet."""
    # The daemons are slower than the suite: two at a time keep both cores busy. Each serves the
    # read-only runs or the planted ones.
    with ProcessPoolExecutor(max_workers=2) as pool:
        making = [
            pool.submit(server.make, folder / server.name, some)
            for server, runs in servers.items()
            for plant in (False, True)
            if (some := [run for run in missing(folder / server.name, runs) if run.plant == plant])
        ]
        for done in making:
            done.result()
    return [server.column(folder, runs) for server, runs in servers.items()]


def missing(folder: Path, runs: Runs) -> Runs:
    """Return those of *runs* that have no record in *folder*, which is made."""
    folder.mkdir(parents=True, exist_ok=True)
    return [run for run in runs if not (folder / run.name).exists()]


def main(arguments: Sequence[str]) -> int:
    """Run from the command line; return the exit status."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--some", action="store_true")
    options = parser.parse_args(arguments)
    servers = {each: each.some if options.some else each.runs for each in SERVERS}
    with contextlib.ExitStack() as stack:
        folder = options.folder or stack.enter_context(scratch())
        columns = sweep(folder, {server: runs for server, runs in servers.items() if runs})
    problems = [f"not explained: {problem}" for problem in unexplained(columns)]
    if options.some:
        problems += [
            f"not in {results_pages.FOLDER.name}/: {problem}" for problem in unsaid(columns)
        ]
    else:
        results_pages.FOLDER.mkdir(exist_ok=True)
        found = results.matrix(columns, requirements().values())
        results_pages.DATA.write_text(matrix_file.dumps(found), encoding="utf-8")
        for place, text in results_pages.badges(found).items():
            place.parent.mkdir(exist_ok=True)
            place.write_text(text, encoding="utf-8")
        for page, text in results_pages.pages(found).items():
            page.write_text(text)
    sys.stdout.writelines(f"{each.name}: {each.identity or each.how}\n" for each in columns)
    sys.stderr.writelines(f"{problem}\n" for problem in problems)
    return 1 if problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
