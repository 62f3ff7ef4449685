from __future__ import annotations

from collections import Counter

import pytest

from muster.checks import askable
from muster.model.image import Image
from muster.planting.docker_archive import SHORT_ID, build
from muster.planting.fixtures import FIXTURES, Origin, Planted, many

IMAGES = {image.key: image for image in build("run").images}
LABELS = [label for image in IMAGES.values() for label in image.labels.items()]
INT32, MILLENNIUM = 2**31, 4_000_000_000


def has_label(condition: str) -> bool:
    """Whether an image has a label of a value that *condition* is in."""
    return any(condition in value for _, value in LABELS)


KINDS = {
    "four names or more, in several repositories and registries": any(
        len({tag.partition("/")[0] for tag in image.tags}) > 2 and len(image.tags) > 3
        for image in IMAGES.values()
    ),
    "an untagged image with a child": any(
        not image.tags and image.id in {other.parent for other in IMAGES.values()}
        for image in IMAGES.values()
    ),
    "an untagged image without one": any(
        not image.tags and image.id not in {other.parent for other in IMAGES.values()}
        for image in IMAGES.values()
    ),
    "a tagged child of an untagged image": any(
        image.tags and image.parent and not parent.tags
        for image in IMAGES.values()
        for parent in IMAGES.values()
        if parent.id == image.parent
    ),
    "a tag that is the beginning of another": {"x:v1", "x:v1v1"}
    <= {tag.rpartition("/")[2] for image in IMAGES.values() for tag in image.tags},
    "an empty value": ("empty", "") in LABELS,
    "several equals signs": ("eq", "a=b=c") in LABELS,
    "an unequal sign": ("neq", "x!=y") in LABELS,
    "characters of HTML": has_label("<a href=") and has_label("R&D"),
    "quotes": has_label("'single' \"double\""),
    "commas": has_label("a,b,,c"),
    "line breaks": has_label("one\ntwo\r\n"),
    "backslashes": has_label("C:\\"),
    "another plane": any(ord(character) > 0xFFFF for _, value in LABELS for character in value),
    "a long value": any(len(value) >= 2048 for _, value in LABELS),
    "a long key": any(len(key) >= 256 for key, _ in LABELS),
    "keys that differ in case": any(
        len({key.lower() for key in image.labels}) < len(image.labels) for image in IMAGES.values()
    ),
    "no date": any(image.created is None for image in IMAGES.values()),
    "1970": any(image.created == 0 for image in IMAGES.values()),
    "before 1970": any((image.created or 0) < 0 for image in IMAGES.values()),
    "2038": any(image.created == INT32 for image in IMAGES.values()),
    "2100": any((image.created or 0) > MILLENNIUM for image in IMAGES.values()),
    "two of one second": max(
        Counter(fixture.created for fixture in FIXTURES if fixture.created).values()
    )
    > 1,
    "nanoseconds": any((fixture.created or "").endswith(".999999999Z") for fixture in FIXTURES),
    "no labels": any(fixture.labels is None for fixture in FIXTURES),
    "empty labels": any(fixture.labels == {} for fixture in FIXTURES),
    "no layers": any(not fixture.layers and not fixture.parent for fixture in FIXTURES),
    "a repository named json": any("/json:" in tag for i in IMAGES.values() for tag in i.tags),
    "an Id of digits": any(
        image.id.removeprefix("sha256:")[:SHORT_ID].isdecimal() for image in IMAGES.values()
    ),
}


@pytest.mark.parametrize("kind", KINDS)
def test_every_kind_of_fixture_exists(kind: str) -> None:
    assert KINDS[kind]


def test_one_label_exceeds_a_text_column_and_is_never_queried() -> None:
    lengths = sorted(len(key.encode()) + len(value.encode()) for key, value in LABELS)
    assert lengths[-1] > 65_535
    # containerd refuses filters by longer labels (key and value together).
    assert lengths[-2] <= askable.LONGEST <= 4096
    (image,) = (each for each in IMAGES.values() if each.key == "longlabels")
    listed = Image(image.id, labels=image.labels)
    assert askable.labels(listed) == {"behind": "the long one"}


def test_no_tag_occurs_twice() -> None:
    tags = [tag for image in IMAGES.values() for tag in image.tags]
    assert len(tags) == len(set(tags))


def test_many_images_differ_in_their_ids_and_share_seconds_and_a_layer() -> None:
    images = build("run", many(300)).images
    assert len({image.id for image in images}) == 300
    assert {image.origin for image in images} == {Origin.MANY}
    assert len({image.created for image in images}) < 300
    assert {fixture.layers for fixture in many(300)} == {("many",)}
    assert many(0) == ()


def test_an_image_may_have_other_ids_on_other_platforms() -> None:
    assert Planted("a", "sha256:1", (), 0, {}, "", other_ids=("sha256:2",)).ids == (
        "sha256:1",
        "sha256:2",
    )
