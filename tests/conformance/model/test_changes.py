from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from muster.model import changes
from muster.model.image import Image

BASE = Image("base", tags=("app:1", "app:2", "other/app:1"), digests=("app@sha256:1",))
MID = Image("mid", "base")
TOP = Image("top", "mid", tags=("top:1",))
LONE = Image("lone", tags=("lone:1",), digests=("lone@sha256:2", "far/lone@sha256:2"))
ALL = (TOP, MID, BASE, LONE)


def row(image: Image, **members: Any) -> Image:
    """*image* as a server shows it, with *members* beside its names."""
    return replace(image, raw={"Id": image.id, "ParentId": image.parent, "Created": 1} | members)


SHOWN = tuple(map(row, ALL))


def with_tags(name: str, *tags: str) -> tuple[Image, ...]:
    return tuple(replace(each, tags=tags) if each.id == name else each for each in SHOWN)


def without(*names: str) -> tuple[Image, ...]:
    return tuple(each for each in SHOWN if each.id not in names)


def test_a_tag_is_added_to_its_image() -> None:
    after = changes.tagged(SHOWN, "mid", "mid:1")
    assert changes.side_effects(SHOWN, after, with_tags("mid", "mid:1")) == {}


def test_a_moved_tag_is_removed_from_its_old_image() -> None:
    after = changes.tagged(SHOWN, "mid", "app:2")
    moved = tuple(
        replace(each, tags=("app:1", "other/app:1")) if each.id == "base" else each
        for each in with_tags("mid", "app:2")
    )
    assert changes.side_effects(SHOWN, after, moved) == {}
    lost = tuple(
        replace(each, tags=("app:1",)) if each.id == "base" else each
        for each in with_tags("mid", "app:2")
    )
    assert set(changes.side_effects(SHOWN, after, lost)) == {"base"}


def test_removing_a_name_keeps_the_others() -> None:
    after = changes.untagged(SHOWN, "app:1")
    assert changes.side_effects(SHOWN, after, with_tags("base", "app:2", "other/app:1")) == {}
    found = changes.side_effects(SHOWN, after, with_tags("base", "app:2"))
    assert found["base"] == [
        "- RepoTags of base: ['app:2', 'other/app:1']",
        "+ RepoTags of base: ['app:2']",
    ]


def test_deleting_the_last_name_deletes_untagged_ancestors() -> None:
    after = changes.untagged(SHOWN, "top:1")
    assert changes.side_effects(SHOWN, after, without("top", "mid")) == {}
    assert changes.side_effects(SHOWN, after, without("top")) == {}
    assert changes.side_effects(SHOWN, after, SHOWN) == {}, "that it stays is another rule's matter"
    assert changes.side_effects(SHOWN, after, without("top", "lone")) == {
        "lone": ["- lone (lone:1 and 2 more)", "+ not listed"]
    }


def test_an_ancestor_with_another_child_is_kept() -> None:
    images = (*SHOWN, row(Image("twin", "mid", tags=("twin:1",))))
    after = changes.removed(images, "top")
    gone = tuple(each for each in images if each.id not in {"top", "mid"})
    assert set(changes.side_effects(images, after, gone)) == {"mid"}


def test_an_untagged_image_with_children_may_be_kept() -> None:
    images = tuple(replace(each, tags=("app:1",)) if each.id == "base" else each for each in SHOWN)
    after = changes.untagged(images, "app:1")
    untagged = tuple(replace(each, tags=()) if each.id == "base" else each for each in images)
    assert changes.side_effects(images, after, untagged) == {}
    assert changes.side_effects(images, after, without("base")) == {}
    assert set(changes.side_effects(images, after, without("base", "mid"))) == {"mid"}


def test_an_image_with_a_digest_elsewhere_may_be_deleted_or_kept() -> None:
    after = changes.untagged(SHOWN, "lone:1")
    stays = tuple(
        replace(each, tags=(), digests=("far/lone@sha256:2",)) if each.id == "lone" else each
        for each in SHOWN
    )
    assert changes.side_effects(SHOWN, after, stays) == {}
    assert changes.side_effects(SHOWN, after, without("lone")) == {}


def test_digests_of_the_changed_repository_may_appear_or_disappear() -> None:
    after = changes.tagged(SHOWN, "base", "new/app:1")
    more = replace(
        row(BASE), tags=(*BASE.tags, "new/app:1"), digests=("app@sha256:1", "new/app@sha256:1")
    )
    assert changes.side_effects(SHOWN, after, (row(TOP), row(MID), more, row(LONE))) == {}
    lost = replace(more, digests=())
    assert set(changes.side_effects(SHOWN, after, (row(TOP), row(MID), lost, row(LONE)))) == {
        "base"
    }


def test_digests_among_the_tags_are_not_compared() -> None:
    after = changes.untagged(SHOWN, "app:1")
    shown = with_tags("base", "app:2", "other/app:1", "app@sha256:1")
    assert changes.side_effects(SHOWN, after, shown) == {}
    again = changes.untagged(shown, "app:2")
    assert (
        changes.side_effects(shown, again, with_tags("base", "other/app:1", "app@sha256:1")) == {}
    )


@pytest.mark.parametrize("member", ["Created", "Labels", "Size", "ParentId"])
def test_any_other_member_that_changes_is_a_side_effect(member: str) -> None:
    after = changes.tagged(SHOWN, "mid", "mid:1")
    odd = tuple(
        replace(each, raw={**each.raw, member: "other"}) if each.id == "lone" else each
        for each in with_tags("mid", "mid:1")
    )
    (lines,) = changes.side_effects(SHOWN, after, odd).values()
    assert lines[1] == f"+ {member} of lone: 'other'"


def test_name_dependent_members_may_change_with_the_name() -> None:
    after = changes.tagged(SHOWN, "mid", "mid:1")
    for name, wanted in (("mid", set()), ("lone", {"lone"})):
        described = tuple(
            replace(each, raw={**each.raw, "Descriptor": {}}) if each.id == name else each
            for each in with_tags("mid", "mid:1")
        )
        assert set(changes.side_effects(SHOWN, after, described)) == wanted


def test_the_parent_id_may_disappear_with_the_parent() -> None:
    images = (row(Image("child", "lone", tags=("child:1",))), row(LONE))
    after = changes.removed(images, "lone")
    orphan = row(Image("child", tags=("child:1",)))
    assert changes.side_effects(images, after, (orphan,)) == {}


def test_hidden_digests_are_not_compared() -> None:
    after = changes.tagged(SHOWN, "mid", "mid:1")
    hidden = tuple(replace(each, digests=None) for each in with_tags("mid", "mid:1"))
    assert changes.side_effects(SHOWN, after, hidden) == {}


def test_a_new_image_is_a_side_effect() -> None:
    after = changes.tagged(SHOWN, "mid", "mid:1")
    further = (*with_tags("mid", "mid:1"), row(Image("new")))
    assert changes.side_effects(SHOWN, after, further) == {
        "new": ["- no further image", "+ new (untagged)"]
    }
