"""Rules on `filters={"label": ...}`."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from itertools import pairwise

from muster.checks import askable, steps
from muster.checks.check import Context, Steps, check
from muster.checks.near_misses import OF_TEXT, Miss, misses
from muster.model import difference
from muster.model.image import ONE_IMAGE, Image
from muster.model.names import ABSENT_LABEL
from muster.model.oracle import Expected, has_labels
from muster.model.query import Query
from muster.register.verdict import Departure, Inconclusive, Passed

PLAIN = re.compile(r"[A-Za-z0-9._/-]+")


def _labelled(*conditions: str) -> Query:
    return Query(filters={"label": conditions})


def _values(images: Iterable[Image]) -> list[str]:
    return sorted({value for _, value in askable.pairs(images)})


def _with_labels() -> Steps[steps.Listing]:
    everything = yield from steps.full_listing()
    if not askable.keys(everything.images):
        raise Inconclusive("no image has a label: build one with LABEL")
    return (yield from steps.with_manifests(everything))


@check("LIST-LABEL-KEY")
def a_key_matches_images_that_have_it(context: Context) -> Steps[Passed]:
    """Every key that images have, and keys that nearly are."""
    everything = yield from _with_labels()
    keys = context.some(askable.keys(everything.images), odd=_is_odd)
    # Docker's containerd store reads a ! at the end of a key as a negation.
    texts = [*misses(context, keys, OF_TEXT), *context.some(_values(everything.images), at_most=3)]
    near = [text for text in texts if text and not {"=", "!"} & {*text}]
    yield from steps.compare_with_oracle(
        context, everything, [_labelled(key) for key in (*keys, *near)]
    )
    return Passed()


def _is_odd(text: str) -> bool:
    """Whether *text* has characters that need escaping or have a special meaning somewhere."""
    return not PLAIN.fullmatch(text)


@check("LIST-LABEL-VALUE")
def a_value_matches_exactly(context: Context) -> Steps[Passed]:
    """Every `key=value` that images have, and values that nearly are."""
    everything = yield from _with_labels()
    pairs = [(key, value) for key, value in askable.pairs(everything.images) if "=" not in key]
    chosen = context.some(pairs, odd=lambda pair: any(map(_is_odd, pair)))
    conditions = [f"{key}={value}" for key, value in chosen]
    near = misses(context, conditions, map(_of_value, OF_TEXT))
    queries = [_labelled(each) for each in (*conditions, *near) if not each.endswith("=")]
    yield from steps.compare_with_oracle(context, everything, queries)
    return Passed()


def _of_value(way: Miss) -> Miss:
    def changed(condition: str) -> str:
        key, equals, value = condition.partition("=")
        return key + equals + way(value)

    return changed


@check("LIST-LABEL-NOT")
def a_negated_label_leaves_out(context: Context) -> Steps[Passed]:
    """`label!` with keys, with `key=value` and with two of them, where it is not refused."""
    everything = yield from _with_labels()
    # Other platforms of an image, and attestations, may have labels that the listing omits.
    several = frozenset(image.id for image in everything.images if image.manifests != ONE_IMAGE)
    usual = yield from steps.default_listing()
    if all(image.id in several for image in usual.images):
        raise Inconclusive("every image may have further platforms, whose labels no listing shows")
    for conditions in _negated(context, usual.images):
        asked = Query(filters={"label!": conditions}).request()
        exchange, response = yield from steps.fetch(asked)
        if response.is_error:
            return Passed()
        found = steps.as_listing(exchange)
        without = [
            image
            for image in usual.images
            if image.id in several or not any(has_labels(image, [each]) for each in conditions)
        ]
        lines = difference.image_differences(Expected(tuple(without), several), found.images)
        if lines:
            raise Departure(
                f"label!={' and '.join(conditions)} does not list the images without such a label",
                [usual.exchange, exchange],
                difference.truncate(lines),
            )
    return Passed()


def _negated(context: Context, images: Sequence[Image]) -> list[list[str]]:
    """Return the conditions to negate: one at a time, and keys of different images together."""
    pairs = [(key, value) for key, value in askable.pairs(images) if not {"=", "!"} & {*key}]
    chosen = context.some(pairs, at_most=5)
    keys = list(dict.fromkeys(key for key, _ in chosen))
    alone = [[each] for key, value in chosen for each in (key, f"{key}={value}")]
    return alone + [list(pair) for pair in pairwise(keys)]


@check("LIST-LABEL-EMPTY-VALUE")
def an_empty_value_is_a_value(context: Context) -> Steps[Passed]:
    """`key=` for every key that images have."""
    everything = yield from _with_labels()
    keys = [key for key in askable.keys(everything.images) if "=" not in key]
    yield from steps.compare_with_oracle(
        context, everything, [_labelled(f"{key}=") for key in context.some(keys)]
    )
    return Passed()


@check("LIST-LABEL-AND")
def several_labels_must_all_match(context: Context) -> Steps[Passed]:
    """Two labels of one image, of two images, and one that no image has, in both orders."""
    everything = yield from _with_labels()
    conditions = context.some(_conditions(everything.images))
    queries = [_labelled(one, ABSENT_LABEL) for one in conditions[:2]]
    queries += [_labelled(ABSENT_LABEL, one) for one in conditions[:2]]
    queries += [_labelled(one, other) for one, other in pairwise(conditions)]
    yield from steps.compare_with_oracle(context, everything, queries)
    return Passed()


def _conditions(images: Sequence[Image]) -> list[str]:
    return [f"{key}={value}" for key, value in askable.pairs(images) if "=" not in key]
