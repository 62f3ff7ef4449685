"""The pages of docs/, as the site has them."""

from __future__ import annotations

import re
from pathlib import Path, PurePosixPath

OTHERS = {"openapi/README.md": "contract/documents.md", "CHANGELOG.md": "changelog.md"}
"""Pages that are not in docs/, with their place on the site."""

REPLACED = {"docs/README.md": "index.md", "README.md": "index.md"}
"""Pages that the site has others for."""

LINK = re.compile(r"(?<=\]\()(?P<path>[^):#]+)(?P<fragment>#[^)]*)?(?=\))")
COMMENT = re.compile(r"<!--.*?-->\n*", re.DOTALL)
REQUIREMENT = re.compile(r"^\| `(?P<id>[A-Z]+(?:-[A-Z0-9]+)+)`", re.MULTILINE)
LINKED_TABLES = {"requirements.md", "results.md"}
"""Pages with tables of requirements, each of which has a page of its own on the site."""


def pages(root: Path, repository: str) -> dict[str, str]:
    """Return the pages, by their path on the site.

    Args:
        root: The checkout.
        repository: The address of the repository, for links to what is not on the site.
    """
    places = _places(root)
    made = {}
    for source, place in places.items():
        if place in made or source in REPLACED:
            continue
        text = COMMENT.sub("", (root / source).read_text(encoding="utf-8"))
        if place in LINKED_TABLES:
            text = REQUIREMENT.sub(r"| [`\g<id>`](requirements/\g<id>.md)", text)
        if place.startswith("results/"):
            text = f"---\norphan: true\n---\n\n{text}"
        made[place] = _relinked(text, source, places, repository)
    return made


def _places(root: Path) -> dict[str, str]:
    files = [*(root / "docs").glob("*.md"), *(root / "docs" / "results").glob("*.md")]
    guides = {
        str(file.relative_to(root)): str(file.relative_to(root / "docs")) for file in sorted(files)
    }
    return {**guides, **OTHERS, **REPLACED}


def _relinked(text: str, source: str, places: dict[str, str], repository: str) -> str:
    """Lead each relative link to the page on the site, or else to the repository."""
    here = PurePosixPath(places[source]).parent

    def address(link: re.Match[str]) -> str:
        path, fragment = link["path"], link["fragment"] or ""
        if path.startswith("requirements/"):
            return link[0]
        target = _normal(PurePosixPath(source).parent / path)
        if target in places:
            return _relative(places[target], here) + fragment
        if target.startswith("docs/") and target.endswith(".svg"):
            return _relative(target.removeprefix("docs/"), here)
        return f"{repository}/blob/main/{target}{fragment}"

    return LINK.sub(address, text)


def _normal(path: PurePosixPath) -> str:
    parts: list[str] = []
    for part in path.parts:
        if part == "..":
            parts.pop()
        else:
            parts.append(part)
    return "/".join(parts)


def _relative(target: str, folder: PurePosixPath) -> str:
    return "../" * len(folder.parts) + target
