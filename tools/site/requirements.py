"""A page for each requirement, from the register and the results on real engines."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from inspect import getdoc
from pathlib import Path

from muster.checks.check import CHECKS
from muster.register.requirements import Need, Requirement, register
from muster.register.selection import group
from muster.reports.links import links
from muster.suite.sources import describe_source

SECTION = re.compile(
    r"^## (?P<id>[A-Z][A-Z0-9-]+)\n(?P<text>.*?)(?=^## |\Z)", re.MULTILINE | re.DOTALL
)
FENCE = re.compile(r"^```sh\n(?P<text>.*?)^```$", re.MULTILINE | re.DOTALL)
TITLE = re.compile(r"^# (?P<text>.+)$", re.MULTILINE)
OPTIONS = {
    Need.PLANTED: "--plant",
    Need.CHANGES: "--plant",
    Need.MANY: "--plant --plant-many 300",
    Need.PULLED: "--plant --registry-address 127.0.0.1:5055",
    Need.PLATFORMS: "--plant",
    Need.SIGNED: "--hyper-credentials ~/.hyper/config.json",
}


@dataclass(frozen=True)
class Finding:
    """A departure of an engine, as a page of docs/results/ tells it.

    Attributes:
        engine: The engine's name.
        page: The name of its page, without `.md`.
        reason: Why it departs, as Markdown.
        commands: The command lines that show it.
    """

    engine: str
    page: str
    reason: str
    commands: str


def pages(results: Path) -> dict[str, str]:
    """Return a page for each requirement, by its path.

    Args:
        results: The folder with a page for each engine.
    """
    found = findings(results)
    return {
        f"requirements/{each.id}.md": page(each, found.get(each.id, ()))
        for each in register().values()
    }


def findings(results: Path) -> Mapping[str, Sequence[Finding]]:
    """Return the departures of engines, by the id of the requirement."""
    found: dict[str, list[Finding]] = {}
    for file in sorted(results.glob("*.md")):
        text = file.read_text(encoding="utf-8")
        title = TITLE.search(text)
        for section in SECTION.finditer(text):
            fence = FENCE.search(section["text"])
            reason = re.search(r"^Why: (.*)$", section["text"], re.MULTILINE)
            found.setdefault(section["id"], []).append(
                Finding(
                    title["text"] if title else file.stem,
                    file.stem,
                    reason[1] if reason else "",
                    fence["text"] if fence else "",
                )
            )
    return found


def page(requirement: Requirement, found: Sequence[Finding]) -> str:
    """Return the page of a requirement with the engines that depart from it."""
    return "\n".join(
        [
            "---\norphan: true\n---\n",
            f"# {requirement.id}\n",
            f"{_facts(requirement)}\n",
            f"{requirement.rule}\n",
            *_reasons(requirement),
            *_check(requirement),
            *_engines(requirement, found),
            "[All requirements](../requirements.md)\n",
        ]
    )


def _facts(requirement: Requirement) -> str:
    facts = [f"**{requirement.level}**", f"group `{group(requirement)}`"]
    last = f"to {requirement.until}" if requirement.until else "and later"
    if requirement.need:
        facts.append(f"checked with `{requirement.need.option}`")
    return " · ".join([*facts, f"API {requirement.since} {last}"])


def _reasons(requirement: Requirement) -> Iterator[str]:
    if requirement.why:
        yield f"## Why it matters\n\n{requirement.why}\n"
    yield f"## Clause\n\n> {requirement.clause}\n"
    yield f"Source: {_linked(requirement.source)}\n"
    if requirement.seen:
        yield f"Servers that failed it: {_linked(', '.join(requirement.seen))}\n"


def _linked(text: str) -> str:
    return "".join(f"[{part}]({address})" if address else part for part, address in links(text))


def _check(requirement: Requirement) -> Iterator[str]:
    yield "## How it is checked\n"
    if requirement.unchecked:
        yield f"It is not checked: {requirement.unchecked}\n"
        return
    words = describe_source(requirement)
    if requirement.id in CHECKS:
        words = getdoc(CHECKS[requirement.id]) or words
    yield f"{words[:1].upper()}{words[1:]}\n"
    options = f" {OPTIONS[requirement.need]}" if requirement.need else ""
    yield f"```sh\nmuster check TARGET --only {requirement.id}{options}\n```\n"


def _engines(requirement: Requirement, found: Sequence[Finding]) -> Iterator[str]:
    if requirement.unchecked:
        return
    yield "## Engines\n"
    if not found:
        yield (
            "No engine in the [results](../results.md) departs from it. "
            "That includes engines on which it could not be checked.\n"
        )
        return
    yield "These depart from it; [all results](../results.md) have the others.\n"
    for each in found:
        anchor = f"../results/{each.page}.md#{requirement.id.lower()}"
        reason = each.reason or "The reason is not known."
        yield f"### {each.engine}\n\n{reason} [Finding]({anchor})\n"
        if each.commands:
            yield f"```sh\n{each.commands}```\n"
