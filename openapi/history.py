"""The changes between two API versions, rule by rule, according to the overlays.

>>> from muster_openapi import history
>>> [change.version for change in history.changes("1.41", "1.44")]
['1.42', '1.43', '1.44']
"""

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from importlib import resources
from typing import Any, Literal

import yaml

import muster_openapi
from muster_openapi import UnknownVersion

_RULE = re.compile(r"- \*\*`(?P<name>[a-z.-]+)`\*\*(?P<text>.*?)(?=\n\s*- \*\*|\n\n|\Z)", re.DOTALL)
_LOADER = getattr(yaml, "CSafeLoader", yaml.SafeLoader)
_OVERLAYS = resources.files("muster_openapi") / "overlays"
# What each overlay does for itself.
_VERSION_ALONE = frozenset({"$.info", "$.servers[0]"})

Kind = Literal["new", "changed", "gone"]


@dataclass(frozen=True, slots=True)
class RuleChange:
    """The change of one rule.

    Attributes:
        name: The rule, such as ``all.intermediate-images``.
        kind: Whether the version added, changed or removed the rule.
        text: What it says, with its source; of one that is gone, what it said.
    """

    name: str
    kind: Kind
    text: str


@dataclass(frozen=True, slots=True)
class Change:
    """What one API version changed.

    Attributes:
        version: The API version.
        title: Which release brought it.
        reasons: What the overlay's actions did, each with its source.
        rules: What became of which rules.
    """

    version: str
    title: str
    reasons: tuple[str, ...]
    rules: tuple[RuleChange, ...]


def changes(older: str, newer: str) -> list[Change]:
    """Return what changed after one API version, up to another.

    Args:
        older: The version to begin at.
        newer: The version to end at.

    Returns:
        What each version in between changed, and the newer one; nothing if nothing did.

    Raises:
        UnknownVersion: A version is not described, or the older is not older.
    """
    begin, end = (muster_openapi.document_version(each) for each in (older, newer))
    order = muster_openapi.VERSIONS
    if tuple(map(int, older.split("."))) >= tuple(map(int, newer.split("."))):
        raise UnknownVersion(f"{older} is not older than {newer}; name the older version first")
    wanted = order[order.index(begin) + 1 : order.index(end) + 1]
    return [_change(version) for version in wanted]


def _change(version: str) -> Change:
    text = (_OVERLAYS / f"v{version}.yaml").read_text(encoding="utf-8")
    overlay = yaml.load(text, Loader=_LOADER)  # noqa: S506  # safe
    before = _rules(muster_openapi.document(_before(version)))
    after = _rules(muster_openapi.document(version))
    return Change(
        version,
        overlay["info"]["title"],
        tuple(
            " ".join(action["description"].split())
            for action in overlay["actions"]
            if action["target"] not in _VERSION_ALONE
        ),
        tuple(_compare(before, after)),
    )


def _before(version: str) -> str:
    order = muster_openapi.VERSIONS
    return order[order.index(version) - 1]


def _compare(before: Mapping[str, str], after: Mapping[str, str]) -> Iterator[RuleChange]:
    """Compare rules; a rule with another source but the same text has not changed."""
    for name, text in after.items():
        if name not in before:
            yield RuleChange(name, "new", text)
        elif _without_source(text) != _without_source(before[name]):
            yield RuleChange(name, "changed", text)
    for name, text in before.items():
        if name not in after:
            yield RuleChange(name, "gone", text)


def _without_source(text: str) -> str:
    return text.rpartition(" [")[0]


def _rules(document: Mapping[str, Any]) -> dict[str, str]:
    """Return the rules of a document, in its order, with their texts."""
    return {
        match["name"]: " ".join(match["text"].split())
        for description in _descriptions(document)
        for match in _RULE.finditer(description)
    }


def _descriptions(node: Any) -> Iterator[str]:
    if isinstance(node, list):
        for each in node:
            yield from _descriptions(each)
    elif isinstance(node, dict):
        if isinstance(node.get("description"), str):
            yield node["description"]
        for each in node.values():
            yield from _descriptions(each)
