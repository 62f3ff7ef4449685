"""Generate clients in several languages, compile them, and list images with each.

The generator commands are read from openapi/README.md and run unchanged. The programs in
tests/clients/ all run the same scenario with their clients: see the README there. Their output is
compared with the response to a plain request to the same server. The table of results is in
openapi/README.md too; this tool writes it or, with --check, checks it.

Usage: python -m tools.generated_clients [--check] [--only LANGUAGE] [--work FOLDER]
"""

import argparse
import json
import os
import re
import shutil
import subprocess
import sys
import tempfile
import time
import urllib.error
import urllib.parse
import urllib.request
import venv
from collections.abc import Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from tools import client_servers
from tools.client_languages import LANGUAGES, Language

ROOT = Path(__file__).resolve().parent.parent
PROGRAMS = ROOT / "tests" / "clients"
README = ROOT / "openapi" / "README.md"
DOCUMENTS = ROOT / "openapi" / "rendered" / "clients"
#: The API version of the programs, and another one that is generated and compiled.
VERSION = "1.23"
NEWEST = "1.55"
#: The name of the document in the commands of the README.
DOCUMENT = "images.yaml"
_BEGIN = "<!-- The table is written by `make clients`. -->\n"
_END = "<!-- End of the table. -->\n"
BUILD_PATIENCE = 420
RUN_PATIENCE = 60

# The query of each step of the scenario; the programs in tests/clients/ send the same.
STEPS: dict[str, dict[str, str]] = {
    "plain": {},
    "all": {"all": "true"},
    "filter": {"filter": "busybox"},
    "dangling": {"filters": '{"dangling":{"true":true}}'},
    "labels": {
        "filters": '{"dangling":["false"],'
        '"label":["com.example.odd=a=b & c d, é ключ","com.example.stage=test"]}'
    },
    "digests": {"digests": "true"},
}
NAMED = "localhost:5000/test/busybox:latest"
ERROR = {"filters": '{"nosuch":["x"]}'}
_LISTS = ("RepoTags", "RepoDigests")
_NUMBERS = ("Created", "Size", "VirtualSize")

Listing = list[dict[str, Any]]


class Failed(Exception):
    """A client could not be built, or gave wrong results."""


def run(
    command: Sequence[str], folder: Path, patience: float, environment: Mapping[str, str]
) -> str:
    """Run a command, and return what it prints.

    Args:
        command: The command.
        folder: Where to run it.
        patience: Seconds that it may take.
        environment: Variables besides those of this process.

    Raises:
        Failed: It fails, or takes longer.
    """
    try:
        done = subprocess.run(  # noqa: S603  # the commands stand above
            command,
            cwd=folder,
            env=os.environ | environment,
            capture_output=True,
            text=True,
            timeout=patience,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise Failed(f"{command[0]} took more than {patience:.0f} s") from None
    if done.returncode:
        told = f"{done.stdout}\n{done.stderr}".strip()[-3000:]
        raise Failed(f"{' '.join(command)} ended with {done.returncode}:\n{told}")
    return done.stdout


def install_tools(work: Path) -> Path:
    """Install the Python tools at their pinned versions, and return the folder of the commands."""
    folder = work / "tools"
    if not (folder / "bin" / "openapi-generator-cli").exists():
        venv.create(folder, with_pip=True)
        requirements = str(PROGRAMS / "requirements.txt")
        pip = [str(folder / "bin" / "pip"), "install", "--quiet", "--disable-pip-version-check"]
        run([*pip, "--requirement", requirements], work, BUILD_PATIENCE, {})
    return folder / "bin"


def commands(generator: str) -> list[str]:
    """Return the README's commands for a generator.

    Raises:
        Failed: If it has none.
    """
    text = README.read_text(encoding="utf-8")
    _, _, section = text.partition(f"\n### {generator}\n")
    block = re.match(r"[^#]*?```sh\n(?P<commands>.*?)```", section, re.DOTALL)
    if block is None:
        raise Failed(f"openapi/README.md has no commands under the heading {generator}")
    return block["commands"].splitlines()


def generate(language: Language, folder: Path, name: str, document: Path, tools: Path) -> None:
    """Run the README's commands in a folder of their own, and copy their output to *folder*."""
    shutil.rmtree(folder / name, ignore_errors=True)
    with tempfile.TemporaryDirectory(prefix="muster-") as scratch:
        shutil.copy(document, Path(scratch) / DOCUMENT)
        path = {"PATH": f"{tools}:{os.environ['PATH']}"}
        for command in commands(language.generator):
            run(["sh", "-ec", command], Path(scratch), BUILD_PATIENCE, path)
        shutil.copytree(Path(scratch) / "client", folder / name)


def build(language: Language, work: Path, tools: Path) -> Path:
    """Generate and compile the clients and the program of a language; return the folder."""
    folder = work / language.folder
    folder.mkdir(parents=True, exist_ok=True)
    shutil.copytree(PROGRAMS / language.folder, folder / "program", dirs_exist_ok=True)
    generate(language, folder, "client", DOCUMENTS / f"v{VERSION}.yaml", tools)
    generate(language, folder, "newest", DOCUMENTS / f"v{NEWEST}.yaml", tools)
    for commands, client in (
        (language.prepare, "client"),
        (language.compile_client, "newest"),
        (language.compile_client, "client"),
        (language.compile_program, "client"),
    ):
        for command in commands:
            filled = [part.format(bin=tools, client=client) for part in command]
            run(filled, folder, BUILD_PATIENCE, language.environment)
    return folder


def _ask(url: str, query: Mapping[str, str], path: str = "json") -> tuple[int, bytes]:
    target = f"{url}/v{VERSION}/images/{path}?{urllib.parse.urlencode(query)}"
    try:
        with urllib.request.urlopen(target, timeout=RUN_PATIENCE) as answer:  # noqa: S310  # ours
            return answer.status, answer.read()
    except urllib.error.HTTPError as error:
        return error.code, error.read()


def _normal(images: Listing) -> Listing:
    """Return images in a form that all languages can print: some print null as an empty list."""
    shown = [
        {"Id": image["Id"], "Labels": image["Labels"] or {}}
        | {name: image.get(name) or [] for name in _LISTS}
        | {name: image[name] for name in _NUMBERS}
        for image in images
    ]
    # Images of the same second may come in any order.
    return sorted(shown, key=lambda image: (-image["Created"], image["Id"]))


def expected(url: str) -> dict[str, Any]:
    """Return what each step must print, after checking that the server has suitable images."""
    steps = {name: _normal(json.loads(_ask(url, query)[1])) for name, query in STEPS.items()}
    plain = steps["plain"]
    none: tuple[list[str], ...] = (["<none>:<none>"], [])
    conditions = {
        "an untagged image": any(image["RepoTags"] in none for image in plain),
        "an unlabelled image": any(not image["Labels"] for image in plain),
        "a big image": any(image["Size"] == client_servers.BIG for image in plain),
        "a hidden image": len(steps["all"]) > len(plain),
        "one image with both labels": len(steps["labels"]) == 1,
        "a dangling image": bool(steps["dangling"]),
        "an image called busybox": bool(steps["filter"]),
    }
    if missing := [name for name, holds in conditions.items() if not holds]:
        raise Failed(f"{url} lacks {', '.join(missing)}")
    status, body = _ask(url, ERROR)
    text = body.decode().strip()
    message = json.loads(text)["message"] if text.startswith("{") else text
    inspected = json.loads(_ask(url, {}, f"{NAMED}/json")[1])
    return steps | {
        "inspect": {name: inspected[name] for name in ("Id", "Size")},
        "error": {"status": status, "message": message},
    }


def compare(printed: str, wanted: Mapping[str, Any]) -> None:
    """Compare a program's output with the server's responses.

    Raises:
        Failed: If they differ.
    """
    told = {line["step"]: line for line in map(json.loads, printed.splitlines())}
    if list(told) != list(wanted):
        raise Failed(f"it printed the steps {', '.join(told)}")
    for step, line in told.items():
        del line["step"]
        if (_normal(line["images"]) if "images" in line else line) != wanted[step]:
            raise Failed(f"step {step}: it printed\n{json.dumps(line)[:2000]}")


def result(language: Language, folder: Path, tools: Path, url: str, wanted: Any) -> str:
    """Run one program against one server; return the word for the table."""
    try:
        command = [part.format(bin=tools) for part in language.run]
        compare(run([*command, url], folder, RUN_PATIENCE, {}), wanted)
    except (Failed, ValueError, KeyError) as error:
        sys.stderr.write(f"{language.name}, {url}: {error}\n")
        return "**fails**"
    return "works"


def table(rows: Mapping[str, Mapping[str, str]]) -> str:
    """Return the README's table of results."""
    lines = [
        "| Language | Generator | Compiled with | musterd | dockerd 20.10 |",
        "|---|---|---|---|---|",
    ]
    for language in LANGUAGES:
        row = rows[language.folder]
        lines.append(
            f"| {language.name} | {language.generator} "
            f"| {language.strictness} | {row['musterd']} | {row['dockerd']} |"
        )
    return "\n".join(lines) + "\n"


def missing_programs(languages: Sequence[Language]) -> list[str]:
    """Return the programs that languages need and this machine lacks."""
    return [
        f"{language.name}: {program}"
        for language in languages
        for program in language.needs
        if shutil.which(program) is None
    ]


def _build_or_tell(language: Language, work: Path, tools: Path) -> Path | None:
    begun = time.monotonic()
    try:
        folder = build(language, work, tools)
    except Failed as error:
        sys.stderr.write(f"{language.name}: {error}\n")
        return None
    sys.stderr.write(f"{language.name}: compiled in {time.monotonic() - begun:.0f} s\n")
    return folder


def results(languages: Sequence[Language], work: Path) -> dict[str, dict[str, str]]:
    """Build and run the clients."""
    tools = install_tools(work)
    with ThreadPoolExecutor(2) as pool:
        # Start with the longest: two at a time, they end about together.
        order = sorted(languages, key=lambda each: each.name not in {"Rust", "Java"})
        built = {each.folder: pool.submit(_build_or_tell, each, work, tools) for each in order}
        folders = {name: future.result() for name, future in built.items()}
    with ExitStack() as stack:
        state = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="muster-")))
        dockerd = stack.enter_context(client_servers.dockerd(state))
        servers = {
            "musterd": stack.enter_context(client_servers.musterd(state, dockerd)),
            "dockerd": dockerd,
        }
        wanted = {name: expected(url) for name, url in servers.items()}
        rows: dict[str, dict[str, str]] = {}
        for language in languages:
            folder = folders[language.folder]
            rows[language.folder] = {
                name: result(language, folder, tools, url, wanted[name])
                if folder
                else "does not compile"
                for name, url in servers.items()
            }
    return rows


def main(arguments: Sequence[str] | None = None) -> int:
    """Build and run the clients, and write or check the table."""
    parser = argparse.ArgumentParser(description="Generate, compile and run clients.")
    parser.add_argument("--check", action="store_true", help="check the table, do not write it")
    parser.add_argument(
        "--only", metavar="LANGUAGE", help="just this language or folder, and no table"
    )
    parser.add_argument("--work", type=Path, default=ROOT / "build" / "clients", metavar="FOLDER")
    options = parser.parse_args(arguments)
    languages = [each for each in LANGUAGES if options.only in (None, each.name, each.folder)]
    if missing := missing_programs(languages):
        sys.stderr.write(f"not installed: {'; '.join(missing)}\n")
        return 2
    work = options.work.resolve()
    work.mkdir(parents=True, exist_ok=True)
    rows = results(languages, work)
    for name, row in rows.items():
        sys.stdout.write(f"{name}: musterd {row['musterd']}, dockerd {row['dockerd']}\n")
    good = all(word == "works" for row in rows.values() for word in row.values())
    if options.only is None:
        text = README.read_text(encoding="utf-8")
        before, _, rest = text.partition(_BEGIN)
        _, _, after = rest.partition(_END)
        written = f"{before}{_BEGIN}\n{table(rows)}\n{_END}{after}"
        if options.check and written != text:
            sys.stderr.write("the table in openapi/README.md is not up to date\n")
            return 1
        README.write_text(written, encoding="utf-8")
    return 0 if good else 1


if __name__ == "__main__":
    sys.exit(main())
