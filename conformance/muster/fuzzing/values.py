"""Values to ask for: samples from a server's own full listing, and near misses of them.

It leaves out values that correct servers read in different ways: a label whose key ends in `!`
(Docker's containerd store reads `key!=value` as a negation), names that an engine may shorten,
control characters, and texts too long for some server.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Sequence
from dataclasses import dataclass

from muster.model.image import SHORT_ID, Image, plain_id
from muster.model.names import SHORTENED
from muster.model.reference import is_tagged, repository

LONGEST = 200
"""Length of the longest value to ask for, in characters."""


@dataclass(frozen=True, slots=True)
class Values:
    """Values to ask for, the shortest of each kind first.

    Attributes:
        keys: Label keys.
        pairs: Labels as `key=value`.
        repositories: Names without a tag.
        tags: Names as `repository:tag`.
        image_ids: Texts by which `before` and `since` identify an image, and that image's Id.
    """

    keys: tuple[str, ...] = ()
    pairs: tuple[str, ...] = ()
    repositories: tuple[str, ...] = ()
    tags: tuple[str, ...] = ()
    image_ids: tuple[tuple[str, str], ...] = ()


@dataclass(frozen=True, slots=True)
class ImageValues:
    """The values that one image provides.

    Attributes:
        fits: Values that fit it.
        near: Values that nearly do.
    """

    fits: Values = Values()
    near: Values = Values()


@dataclass(frozen=True, slots=True)
class SampleValues:
    """The values that a listing provides.

    Attributes:
        images: The values of each image.
        everywhere: The values that fit any image.
        patterns: Name patterns with `*`, `?` and `[...]`.
    """

    images: tuple[ImageValues, ...]
    everywhere: Values
    patterns: tuple[str, ...]


def sample_values(full: Sequence[Image]) -> SampleValues:
    """Return the values that *full*, the listing with `all=1`, provides."""
    image_ids = _image_ids(full)
    images = [_values(image, image_ids.get(image.id, ())) for image in full]
    everywhere = Values(
        keys=_sorted(text for each in images for text in each.keys),
        pairs=_sorted(text for each in images for text in each.pairs),
        repositories=_sorted(text for each in images for text in each.repositories),
        tags=_sorted(text for each in images for text in each.tags),
        image_ids=tuple(handle for each in images for handle in each.image_ids),
    )
    ambiguous = _ambiguous(everywhere.repositories)
    return SampleValues(
        tuple(ImageValues(fits, _near(fits, everywhere, ambiguous)) for fits in images),
        everywhere,
        _patterns(everywhere),
    )


def _values(image: Image, image_ids: Iterable[str]) -> Values:
    tags = [tag for tag in image.tags if is_tagged(tag)]
    digests = [digest for digest in image.digests or () if "@" in digest]
    return Values(
        keys=_labels(image.labels),
        pairs=_labels(f"{key}={value}" for key, value in image.labels.items()),
        repositories=_sorted(repository(reference) for reference in (*tags, *digests)),
        tags=_sorted(tags),
        image_ids=tuple((text, image.id) for text in image_ids),
    )


def _near(fits: Values, everywhere: Values, ambiguous: Collection[str]) -> Values:
    return Values(
        keys=_sorted(miss for key in fits.keys for miss in _near_key(key)),
        pairs=_sorted(
            [*_near_pairs(fits.pairs, everywhere.pairs), *(f"{key}=" for key in fits.keys)]
        ),
        repositories=_near_names(fits.repositories, everywhere.repositories[:1], ambiguous),
        tags=_sorted(miss for tag in fits.tags for miss in (tag[:-1], f"{tag}x")),
    )


def _image_ids(full: Sequence[Image]) -> dict[str, list[str]]:
    """Return the texts that identify each image of *full* and no other, by the image's Id."""
    repositories = {repository(reference) for image in full for reference in image.references}
    count = Counter(plain_id(image.id)[:SHORT_ID] for image in full)
    image_ids: dict[str, list[str]] = {}
    for image in full:
        # Engines disagree about which images come before or after one without a date.
        if image.created is None or image.created <= 0:
            continue
        plain = plain_id(image.id)
        short = plain[:SHORT_ID]
        names = [image.id, plain]
        if count[short] == 1 and short not in repositories:
            names.append(short)
        for tag in filter(is_tagged, image.tags):
            names.append(tag)
            if tag.endswith(":latest"):
                names.append(tag.removesuffix(":latest"))
        image_ids[image.id] = names
    return image_ids


def _labels(conditions: Iterable[str]) -> tuple[str, ...]:
    return _sorted(text for text in conditions if not text.partition("=")[0].endswith("!"))


def _sorted(texts: Iterable[str]) -> tuple[str, ...]:
    """Return those of *texts* that every server accepts, without duplicates, the shortest first."""
    fit = {text for text in texts if 0 < len(text) <= LONGEST and text.isprintable()}
    return tuple(sorted(fit, key=lambda text: (len(text), text)))


def _near_key(key: str) -> Iterator[str]:
    """Return keys that a sloppy comparison confuses with *key*: prefix, case, pattern, split."""
    for miss in (key[:-1], f"{key}x", f"{key[:-1]}*", key.swapcase(), f" {key}", f"{key},{key}"):
        if not miss.endswith("!"):
            yield miss


def _near_pairs(pairs: Sequence[str], everywhere: Sequence[str]) -> Iterator[str]:
    for pair in pairs:
        key, _, value = pair.partition("=")
        yield f"{pair}x"
        yield f"{key}={value.swapcase()}"
        yield f"{pair} "
        # A value with a comma is one condition, not two.
        yield f"{pair},{everywhere[0]}"
        if value:
            yield pair[:-1]
            yield f"{pair[:-1]}*"


def _near_names(
    names: Sequence[str], first: Sequence[str], ambiguous: Collection[str]
) -> tuple[str, ...]:
    """Return near misses of *names*, except those that some engines accept."""
    made: list[str] = []
    for name in names:
        made += [name[:-1], f"{name}x", name.swapcase(), *(f"{name},{other}" for other in first)]
        made += [name.partition("/")[0], name.rpartition("/")[2]]
    return _sorted(miss for miss in made if miss not in ambiguous)


def _ambiguous(names: Collection[str]) -> frozenset[str]:
    """Return texts that some engines read as one of *names* though they are not."""
    return frozenset(name.removeprefix(part) for name in names for part in SHORTENED) - {*names}


def _patterns(values: Values) -> tuple[str, ...]:
    made = ["*", "*/*", "*/*/*"]
    for name in values.repositories:
        head, slash, last = name.rpartition("/")
        first, rest = last[:1], last[1:]
        wild = (f"{first}*", f"?{rest}", f"*{last[-1:]}", f"[{first}]{rest}", f"[^{first}]{rest}")
        made += [f"{head}{slash}{text}" for text in wild]
    made += [f"{repository(tag)}:*" for tag in values.tags]
    return _sorted(made)
