"""The overlays list the changes between two versions, rule by rule."""

import pytest

import muster_openapi
from muster_openapi import UnknownVersion, history


def rules(older: str, newer: str) -> dict[str, str]:
    return {
        rule.name: rule.kind for change in history.changes(older, newer) for rule in change.rules
    }


def test_changes_of_all_versions_in_the_range_are_listed() -> None:
    found = history.changes("1.30", "1.46")
    assert [change.version for change in found] == ["1.41", "1.42", "1.43", "1.44"]
    assert found[0].title == "What API version 1.41 changed (Docker 20.10, December 2020)"
    assert history.changes("1.44", "1.46") == []


def test_a_rule_is_new_changed_or_removed() -> None:
    found = rules("1.42", "1.43")
    assert found["image.placeholder"] == "gone"
    assert found["image.no-repo-tags"] == "changed"
    assert rules("1.41", "1.42")["shared-size.asked"] == "new"
    # Said again, of a later daemon.
    assert "before.older" not in found


def test_the_reasons_exclude_the_version_itself() -> None:
    [change] = history.changes("1.54", "1.55")
    assert change.reasons[0] == "The path is new. [docs: API v1.55]"
    assert not [reason for reason in change.reasons if reason.startswith("The API version.")]


def test_all_versions_together_explain_every_rule() -> None:
    begun, ended = (
        set(history._rules(muster_openapi.document(version)))  # noqa: SLF001
        for version in (muster_openapi.OLDEST, muster_openapi.NEWEST)
    )
    kinds: dict[str, list[str]] = {}
    for change in history.changes(muster_openapi.OLDEST, muster_openapi.NEWEST):
        for rule in change.rules:
            kinds.setdefault(rule.name, []).append(rule.kind)
    new, gone = (
        {name for name, found in kinds.items() if kind in found} for kind in ("new", "gone")
    )
    assert ended - begun <= new
    assert begun - ended <= gone


@pytest.mark.parametrize(("older", "newer"), [("1.44", "1.41"), ("1.44", "1.44")])
def test_the_older_version_comes_first(older: str, newer: str) -> None:
    with pytest.raises(UnknownVersion, match="name the older version first"):
        history.changes(older, newer)


def test_an_undescribed_version_is_unknown() -> None:
    with pytest.raises(UnknownVersion, match=r"1\.22 is too old"):
        history.changes("1.22", "1.41")
