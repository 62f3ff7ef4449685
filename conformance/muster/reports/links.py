"""Finds the web pages that sources and issues in the register refer to."""

from __future__ import annotations

import re
from collections.abc import Iterator

GITHUB = "https://github.com"

REPOSITORIES = {
    "moby": "moby/moby",
    "podman": "containers/podman",
    "docker/cli": "docker/cli",
    "classicswarm": "docker-archive/classicswarm",
    "testcontainers-java": "testcontainers/testcontainers-java",
}

SERIES = ("v20.10", "v23.0", "v24.0", "v25.0", "v26.0")
"""Series of moby that the register names without a patch release; the first one is linked."""

REFERENCE = re.compile(
    rf"(?P<name>{'|'.join(REPOSITORIES)})\#(?P<issue>\d+)"
    r"|(?:moby\ )?PR\ (?P<pull>\d+)"
    r"|moby\ commit\ (?P<commit>[0-9a-f]{7,40})"
    r"|moby\ (?P<tag>v\d+\.\d+(?:\.\d+)?)\ (?P<file>[\w./-]+\.go)"
    r"|moby\ (?P<page>api/docs/[\w.]+\.(?:md|yaml))"
    r"|RFC\ (?P<rfc>\d+)(?:,\ (?P<section>[\d.]*\d))?",
    re.VERBOSE,
)


def links(text: str) -> Iterator[tuple[str, str]]:
    """Yield the parts of *text*, each with the address that it refers to; empty for none."""
    end = 0
    for found in REFERENCE.finditer(text):
        yield text[end : found.start()], ""
        yield found[0], _address(found)
        end = found.end()
    yield text[end:], ""


def _address(found: re.Match[str]) -> str:
    moby = f"{GITHUB}/moby/moby"
    if found["issue"]:
        return f"{GITHUB}/{REPOSITORIES[found['name']]}/issues/{found['issue']}"
    if found["pull"]:
        return f"{moby}/pull/{found['pull']}"
    if found["commit"]:
        return f"{moby}/commit/{found['commit']}"
    if found["page"]:
        return f"{moby}/blob/master/{found['page']}"
    if found["rfc"]:
        section = f"#section-{found['section']}" if found["section"] else ""
        return f"https://www.rfc-editor.org/rfc/rfc{found['rfc']}{section}"
    tag = f"{found['tag']}.0" if found["tag"] in SERIES else found["tag"]
    is_release = tag.count(".") > 1
    return f"{moby}/blob/{tag}/{found['file']}" if is_release else ""
