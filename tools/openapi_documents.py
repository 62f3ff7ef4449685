"""Write the documents derived from the contract's base and its overlays.

openapi/v1.23.yaml is the base. Each of openapi/overlays/vX.YZ.yaml contains that version's changes;
the base with all overlays up to a version is that version's document, openapi/rendered/vX.YZ.yaml.
openapi/overlays/clients.yaml adapts each of them to client generators, in rendered/clients/, and
openapi/overlays/fuzz.yaml to Schemathesis, in rendered/fuzz/. All but the latter are also written
as OpenAPI 3.1, in rendered/3.1/, and the first ones as JSON, in rendered/json/, for programs to
load.

Usage: python -m tools.openapi_documents [--check]
"""

import argparse
import copy
import json
import sys
from collections.abc import Mapping, Sequence
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from jsonpath_ng.ext import parse
from oas_patch import apply_overlay

from tools import openapi_3_1

FOLDER = Path(__file__).resolve().parent.parent / "openapi"
BASE = "1.23"
_HEADER = "# Written by `make openapi` from v1.23.yaml and overlays/. Change those, not this.\n"
_WIDTH = 100

Document = dict[str, Any]


class NothingMatched(ValueError):
    """The target of an overlay's action is not in the document."""


class _Dumper(yaml.SafeDumper):
    """A YAML dumper for readable output: block style for multi-line text, and no anchors."""

    def ignore_aliases(self, data: object) -> bool:
        del data
        return True


def _text(dumper: yaml.SafeDumper, text: str) -> yaml.ScalarNode:
    style = "|" if "\n" in text else None
    return dumper.represent_scalar("tag:yaml.org,2002:str", text, style=style)


_Dumper.add_representer(str, _text)


def key(version: str) -> tuple[int, ...]:
    """Return the sort key of a version."""
    return tuple(map(int, version.split(".")))


# Cached: each call takes milliseconds, because it builds a new parser.
_parsed = cache(parse)


def load(path: Path) -> Document:
    """Read a YAML file."""
    loaded: Document = yaml.safe_load(path.read_text(encoding="utf-8"))
    return loaded


def overlays(folder: Path) -> dict[str, Document]:
    """Read the versions' overlays, oldest first."""
    found = {path.stem.removeprefix("v"): path for path in (folder / "overlays").glob("v*.yaml")}
    return {version: load(found[version]) for version in sorted(found, key=key)}


def unmatched(document: Document, overlay: Mapping[str, Any]) -> list[str]:
    """Apply an overlay to a document, action by action.

    Returns:
        The targets that matched nothing, which oas-patch does not report.
    """
    missing = []
    for action in overlay["actions"]:
        if _parsed(action["target"]).find(document):
            # oas-patch inserts the overlay's own objects, which later actions would modify.
            apply_overlay(document, {"actions": [copy.deepcopy(action)]})
        else:
            missing.append(action["target"])
    return missing


def render(base: Document, changes: Mapping[str, Document]) -> dict[str, Document]:
    """Return the document of each version.

    Args:
        base: The oldest version's document.
        changes: The later versions' overlays, oldest first.

    Returns:
        The documents by version, including the base.

    Raises:
        NothingMatched: If the target of an action is missing.
    """
    documents = {BASE: base}
    document = copy.deepcopy(base)
    for version, overlay in changes.items():
        if missing := unmatched(document, overlay):
            raise NothingMatched(f"overlay v{version}: nothing at {', '.join(missing)}")
        documents[version] = copy.deepcopy(document)
    return documents


def shaped(documents: Mapping[str, Document], overlay: Document) -> dict[str, Document]:
    """Return the documents with an overlay for all versions applied.

    Raises:
        NothingMatched: If the target of an action is missing from every document.
    """
    changed = copy.deepcopy(dict(documents))
    missing = [set(unmatched(document, overlay)) for document in changed.values()]
    if nowhere := set.intersection(*missing):
        title = overlay["info"]["title"]
        raise NothingMatched(f"overlay {title!r}: nothing at {', '.join(sorted(nowhere))}")
    return changed


def dump(document: Document) -> str:
    """Return a document as YAML, keys in order: Connexion uses the first route that matches."""
    text: str = yaml.dump(
        document, Dumper=_Dumper, sort_keys=False, allow_unicode=True, width=_WIDTH
    )
    return _HEADER + text


def dump_json(document: Document) -> str:
    """Return a document as JSON, keys in order, indented so that a change shows in few lines."""
    return json.dumps(document, indent=1, ensure_ascii=False) + "\n"


def files(folder: Path) -> dict[Path, str]:
    """Return the text of every file to write, by its path in the folder."""
    served = render(load(folder / f"v{BASE}.yaml"), overlays(folder))
    clients, fuzz = (
        shaped(served, load(folder / "overlays" / f"{name}.yaml")) for name in ("clients", "fuzz")
    )
    written = {
        "": {version: document for version, document in served.items() if version != BASE},
        "clients": clients,
        "fuzz": fuzz,
        "3.1": {version: openapi_3_1.converted(document) for version, document in served.items()},
        "3.1/clients": {
            version: openapi_3_1.converted(document) for version, document in clients.items()
        },
    }
    in_yaml = {
        Path("rendered") / name / f"v{version}.yaml": dump(document)
        for name, documents in written.items()
        for version, document in documents.items()
    }
    in_json = {
        Path("rendered") / "json" / f"v{version}.json": dump_json(document)
        for version, document in served.items()
    }
    return in_yaml | in_json


def drift(wanted: Mapping[Path, str], folder: Path) -> list[Path]:
    """List the files that are out of date: changed, missing or left over."""
    wrong = [
        path
        for path, text in wanted.items()
        if not (folder / path).exists() or (folder / path).read_text(encoding="utf-8") != text
    ]
    there = (
        path.relative_to(folder)
        for path in (folder / "rendered").rglob("*.*")
        if path.suffix in {".json", ".yaml"}
    )
    return wrong + [path for path in there if path not in wanted]


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the files or, with ``--check``, list the ones that are out of date."""
    parser = argparse.ArgumentParser(description="Write the documents in openapi/rendered/.")
    parser.add_argument("--check", action="store_true", help="only say which are out of date")
    check = parser.parse_args(arguments).check
    wanted = files(FOLDER)
    wrong = drift(wanted, FOLDER)
    for path in wrong:
        sys.stderr.write(f"{'out of date' if check else 'written'}: {path}\n")
        if check:
            continue
        if path in wanted:
            (FOLDER / path).parent.mkdir(parents=True, exist_ok=True)
            (FOLDER / path).write_text(wanted[path], encoding="utf-8")
        else:
            (FOLDER / path).unlink()
    return 1 if check and wrong else 0


if __name__ == "__main__":
    sys.exit(main())
