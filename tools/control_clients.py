"""Generate clients of the control API in Go and TypeScript, and drive a server with each.

The generator commands are those of openapi/README.md for the main documents. The programs in
tests/clients/control/ all do the same, and must print what stands here.

Usage: python -m tools.control_clients [--work FOLDER]
"""

import argparse
import contextlib
import json
import shutil
import subprocess
import sys
import time
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from tools import generated_clients as clients
from tools.client_languages import LANGUAGES, Language
from tools.generated_clients import Failed

DOCUMENT = clients.ROOT / "openapi" / "control.yaml"
PROGRAMS = clients.PROGRAMS / "control"
# One language that is compiled, and one that is not.
DRIVING = [each for each in LANGUAGES if (PROGRAMS / each.folder).is_dir()]
_END = 20
_SEED = "images: [{name: first:1}]\n"
_SEEDED = ["app:1", "app:latest", "base:1"]
_DOCKER = {"engine": "docker-28", "api_min": "1.24", "api_max": "1.51", "departures": []}
_PODMAN = {
    "engine": "podman-5.8",
    "api_min": "1.24",
    "api_max": "1.42",
    "departures": ["LIST-EMPTY"],
}

# What the programs print, step by step.
EXPECTED: Sequence[Mapping[str, Any]] = (
    {"step": "clear images", "names": []},
    {"step": "add images", "ids": 2, "names": _SEEDED},
    {"step": "add a fault", "statuses": [503, 200]},
    {"step": "clear faults", "statuses": [200]},
    {
        "step": "requests",
        "method": "GET",
        "path": "/images/json",
        "api_version": "1.43",
        "query": {"al": ["1"]},
        "status": 200,
        "answered": True,
        "problems": [
            "unknown parameter 'al'; image_list of v1.43 has: all, digests, filters, shared-size"
        ],
    },
    {"step": "grease", "names": _SEEDED},
    {"step": "engine", **_DOCKER, "api_version": "1.51"},
    {"step": "set the engine", **_PODMAN, "api_version": "1.42"},
    {"step": "refused", "status": 400, "message": "there is no engine 'nosuch'"},
    {"step": "reset", "requests": 0},
    {"step": "images after the reset", "names": ["first:1"]},
    {"step": "engine after the reset", **_DOCKER, "api_version": "1.51"},
)


def build(language: Language, work: Path, tools: Path) -> Path:
    """Generate and compile the client and the program of a language; return the folder.

    Raises:
        Failed: If that fails.
    """
    folder = work / f"control-{language.folder}"
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(PROGRAMS / language.folder, folder / "program", dirs_exist_ok=True)
    clients.generate(language, folder, "client", DOCUMENT, tools)
    for command in (*language.prepare, *language.compile_client, *language.compile_program):
        filled = [part.format(bin=tools, client="client") for part in command]
        clients.run(filled, folder, clients.BUILD_PATIENCE, language.environment)
    return folder


@contextlib.contextmanager
def serving(folder: Path) -> Iterator[tuple[str, str]]:
    """Run musterd under control; provide the URLs of the control API and of the Docker API."""
    seed = folder / "seed.yaml"
    seed.write_text(_SEED, encoding="utf-8")
    program = Path(sys.executable).parent / "musterd"
    free = "tcp://127.0.0.1:0"
    options = ("--images", seed, "--engine", "docker-28", "--listen", free, "--control", free)
    process = subprocess.Popen(  # noqa: S603  # ours
        [program, "serve", *options], stdout=subprocess.PIPE, text=True
    )
    try:
        lines = [process.stdout.readline() for _ in range(2)] if process.stdout else []
        control, docker = (f"http://{line.partition('tcp://')[2].strip()}" for line in lines)
        yield control, docker
    finally:
        process.terminate()
        process.communicate(timeout=_END)


def compare(printed: str) -> None:
    """Compare a program's output with what is expected.

    Raises:
        Failed: If they differ.
    """
    told = [json.loads(line) for line in printed.splitlines()]
    for line, wanted in zip(told, EXPECTED, strict=False):
        if line != wanted:
            raise Failed(f"it printed\n{json.dumps(line)}\nin place of\n{json.dumps(wanted)}")
    if len(told) != len(EXPECTED):
        raise Failed(f"it printed {len(told)} steps of {len(EXPECTED)}")


def drive(language: Language, folder: Path, tools: Path) -> None:
    """Drive a server with the program of a language.

    Raises:
        Failed: If the program fails, or prints what is not expected.
    """
    with serving(folder) as (control, docker):
        command = [part.format(bin=tools) for part in language.run]
        compare(clients.run([*command, control, docker], folder, clients.RUN_PATIENCE, {}))


def _try(work: Path, tools: Path, language: Language) -> str | None:
    begun = time.monotonic()
    try:
        drive(language, build(language, work, tools), tools)
    except (Failed, ValueError) as error:
        return f"{language.name}: {error}"
    sys.stdout.write(f"{language.name}: works, after {time.monotonic() - begun:.0f} s\n")
    return None


def main(arguments: Sequence[str] | None = None) -> int:
    """Generate, compile and run the clients."""
    parser = argparse.ArgumentParser(description="Drive musterd with generated clients.")
    default = clients.ROOT / "build" / "clients"
    parser.add_argument("--work", type=Path, default=default, metavar="FOLDER")
    work = parser.parse_args(arguments).work.resolve()
    if missing := clients.missing_programs(DRIVING):
        sys.stderr.write(f"not installed: {'; '.join(missing)}\n")
        return 2
    work.mkdir(parents=True, exist_ok=True)
    tools = clients.install_tools(work)
    with ThreadPoolExecutor(2) as pool:
        failures = list(filter(None, pool.map(partial(_try, work, tools), DRIVING)))
    for failure in failures:
        sys.stderr.write(f"{failure}\n")
    return 1 if failures else 0


if __name__ == "__main__":
    sys.exit(main())
