"""Rules on conditions together: an image must meet every one."""

from __future__ import annotations

from muster import difference, evidence
from muster.check import Context, Steps, check
from muster.image import Image
from muster.query import Query
from muster.reference import repository
from muster.verdict import Departure, Held, NoEvidence

NO_SUCH_LABEL = "muster.test/no-such-label"


@check("LIST-CONDITIONS-AND")
def conditions_narrow_one_another(context: Context) -> Steps[Held]:
    """`label` with `dangling`, and `filter` with either."""
    everything = yield from evidence.full()
    queries = [query for image in everything.images for query in _together(image)]
    if not queries:
        raise NoEvidence("no image has both a tag and a label: build one with LABEL, and tag it")
    yield from evidence.tried(everything, context.some(queries[:1] + queries))
    return Held()


def _together(image: Image) -> list[Query]:
    labels = [f"{key}={value}" for key, value in sorted(image.labels.items()) if "=" not in key][:1]
    names = [repository(tag) for tag in image.tags][:1]
    if not labels or not names:
        return []
    return [
        Query(filter=names[0], filters={"label": labels}),
        Query(filter=names[0], filters={"label": [NO_SUCH_LABEL]}),
        Query(filter="muster.test/no-such-image", filters={"label": labels}),
        Query(filters={"label": labels, "dangling": ["true"]}),
        Query(filters={"label": labels, "dangling": ["false"]}),
    ]


@check("LIST-SAME-FIELDS")
def an_image_looks_the_same_everywhere(context: Context) -> Steps[Held]:
    """Images in answers to `label` and `dangling`, field by field beside the full listing."""
    everything = yield from evidence.full()
    labels = sorted({key for image in everything.images for key in image.labels})
    queries = [Query(filters={"dangling": [value]}) for value in ("true", "false")]
    queries += [Query(filters={"label": [key]}) for key in context.some(labels)]
    for query in queries:
        found = yield from evidence.basis(query.request())
        lines = difference.of_fields(everything.images, found.images)
        if lines:
            raise Departure(
                "a filtered listing shows an image with other fields than the full one",
                [everything.exchange, found.exchange],
                difference.cut(lines),
            )
    return Held()
