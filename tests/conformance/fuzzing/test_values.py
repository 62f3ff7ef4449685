from __future__ import annotations

import pytest

from muster.fuzzing.values import LONGEST, SampleValues, sample_values
from muster.model.image import Image

ID = "sha256:" + "0123456789ab" + "c" * 52
DIGEST = "sha256:" + "d" * 64


def of(*images: Image) -> SampleValues:
    return sample_values(images)


BUSYBOX = Image(
    ID,
    tags=("busybox:latest", "reg:5000/team/x:v1"),
    digests=(f"reg:5000/team/x@{DIGEST}",),
    created=7,
    labels={"Key": "Value", "empty": ""},
)
NAMELESS = Image("sha256:" + "e" * 64, created=5)


def test_an_image_gives_its_labels_and_names_shortest_first() -> None:
    fits = of(BUSYBOX).images[0].fits
    assert fits.keys == ("Key", "empty")
    assert fits.pairs == ("empty=", "Key=Value")
    assert fits.repositories == ("busybox", "reg:5000/team/x")
    assert fits.tags == ("busybox:latest", "reg:5000/team/x:v1")


def test_an_image_with_a_digest_only_gives_its_repository() -> None:
    (image,) = of(Image(ID, digests=(f"pulled@{DIGEST}", "no digest"))).images
    assert image.fits.repositories == ("pulled",)
    assert image.fits.tags == ()


@pytest.mark.parametrize("digests", [(), None])
def test_an_image_without_names_and_labels_gives_none(digests: tuple[str, ...] | None) -> None:
    (image,) = of(Image(ID, created=0, digests=digests)).images
    assert image.fits.keys == image.fits.tags == image.near.repositories == image.near.pairs == ()


def test_near_keys_are_prefixes_other_cases_patterns_and_longer_ones() -> None:
    near = of(BUSYBOX).images[0].near
    assert {"Ke", "Keyx", "Ke*", "kEY", " Key", "Key,Key"} < {*near.keys}
    assert not {*near.keys} & {"Key", "empty"}


def test_near_pairs_are_prefixes_other_cases_patterns_and_empty_values() -> None:
    near = {*of(BUSYBOX).images[0].near.pairs}
    assert {"Key=Valu", "Key=Valu*", "Key=Valuex", "Key=vALUE", "Key=Value ", "Key="} < near
    # Not two conditions but one.
    assert "Key=Value,empty=" in near
    # An empty value has no prefix.
    assert "empty" not in near


def test_near_names_are_prefixes_parts_and_other_cases() -> None:
    near = of(BUSYBOX).images[0].near
    assert {"busybo", "busyboxx", "BUSYBOX", "reg:5000", "x", "team/x"} & {*near.repositories} == {
        *("busybo", "busyboxx", "BUSYBOX", "reg:5000", "x")
    }
    assert {"busybox:lates", "busybox:latestx"} < {*near.tags}


def test_parts_that_engines_may_omit_give_no_near_misses() -> None:
    hub = Image(ID, tags=("localhost/a:1", "docker.io/library/bb:1"))
    near = {*of(hub).images[0].near.repositories}
    assert not {"a", "bb", "library/bb"} & near
    # But it does if it is a name of its own.
    own = Image("1" * 64, tags=("a:1",))
    assert "a" in {*of(hub, own).images[0].near.repositories}


def test_patterns_match_names_without_crossing_slashes() -> None:
    patterns = {*of(BUSYBOX).patterns}
    assert {"*", "*/*", "*/*/*", "b*", "?usybox", "*x", "[b]usybox", "[^b]usybox"} < patterns
    assert {"reg:5000/team/x*", "reg:5000/team/?", "busybox:*", "reg:5000/team/x:*"} < patterns


def test_an_image_is_identified_by_long_and_short_ids_and_tags() -> None:
    texts = {text for text, identifier in of(BUSYBOX).images[0].fits.image_ids if identifier == ID}
    plain = ID.removeprefix("sha256:")
    assert texts == {ID, plain, plain[:12], "busybox:latest", "busybox", "reg:5000/team/x:v1"}


def test_an_ambiguous_short_id_is_not_used() -> None:
    other = Image("sha256:0123456789ab" + "f" * 52, tags=("eeeeeeeeeeee:1",), created=1)
    image_ids = {text for text, _ in of(BUSYBOX, other, NAMELESS).everywhere.image_ids}
    assert "0123456789ab" not in image_ids
    assert "e" * 12 not in image_ids
    assert "e" * 64 in image_ids


@pytest.mark.parametrize("created", [None, 0, -62135596800])
def test_undated_images_are_not_used_for_before_and_since(
    created: int | None,
) -> None:
    assert of(Image(ID, tags=("x:1",), created=created)).everywhere.image_ids == ()


@pytest.mark.parametrize("value", ["line\nbreak", "x" * LONGEST, "\N{ZERO WIDTH SPACE}"])
def test_values_that_some_servers_cannot_handle_are_skipped(value: str) -> None:
    samples = of(Image(ID, labels={"k": value, "ok": "1"}))
    assert samples.everywhere.pairs == ("ok=1",)
    assert samples.everywhere.keys == ("k", "ok")


def test_keys_that_look_like_a_negation_are_skipped() -> None:
    samples = of(Image(ID, labels={"not!": "x", "yes!!": "1", "ok!x": "y"}))
    assert samples.everywhere.keys == ("ok!x",)
    assert samples.everywhere.pairs == ("ok!x=y",)
    assert not any(text.partition("=")[0].endswith("!") for text in samples.images[0].near.keys)


def test_everywhere_combines_the_values_of_all_images() -> None:
    samples = of(BUSYBOX, Image("2" * 64, labels={"Key": "Value"}, tags=("b:1",)))
    assert samples.everywhere.keys == ("Key", "empty")
    assert samples.everywhere.tags == ("b:1", "busybox:latest", "reg:5000/team/x:v1")


def test_an_empty_server_gives_only_patterns() -> None:
    assert of() == SampleValues((), sample_values([]).everywhere, ("*", "*/*", "*/*/*"))
