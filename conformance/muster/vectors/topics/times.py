"""The filters `before`, `since` and `until`."""

from __future__ import annotations

from collections.abc import Callable, Mapping

from muster.model.query import Query
from muster.model.version import ApiVersion
from muster.vectors.case import Case, ask, chosen, filters, mistake, request
from muster.vectors.catalogues import NAMES
from muster.vectors.vector import CatalogueImage

ABOUT = "The filters before and since, which name images"
UNTIL_ABOUT = "The filter until: images from before a time"

BASE = "81e17334d860722e9aaf24edcb12c22389a59b344e99b35a8f95452e69a603a8"
IMAGES = (
    "busybox", "busybox:1.24", f"sha256:{BASE}", BASE, BASE[:12], "localhost:5000/test/busybox",
    "user/tools:2", "json", "json:latest", "future", "a/b/c:1", "order/one:Mixed",
)  # fmt: skip
BY_DIGEST = (
    "localhost:5000/pulled/digestonly@sha256:"
    "5d26d2331eded418a7dd49f85d6bc34accd7e187344dd8725cec25602a2400d6"
)
ABSENT = ("muster.test/no-such-image:latest", "busybox:nosuch", f"sha256:{'0' * 64}", "nosuch")
SEVERAL = {
    "two": ("busybox", "json"),
    "other-order": ("json", "busybox"),
    "three": ("future", "busybox", "json"),
    "same": ("json", "json"),
}


def _times(**filters: tuple[str, ...]) -> Query:
    return Query(filters=filters)


CASES = [
    *(
        ask(f"{key}-{number}", f"LIST-{key.upper()}", _times(**{key: (name,)}))
        for key in ("before", "since")
        for number, name in enumerate((*IMAGES, BY_DIGEST), 1)
    ),
    *(
        ask(
            f"{key}-untagged-{number}", f"LIST-{key.upper()}", _times(**{key: (image.id,)}), "names"
        )
        for key in ("before", "since")
        for number, image in enumerate(NAMES[8:11], 1)
    ),
    ask("before-with-all", "LIST-BEFORE", Query(all=True, filters={"before": ["app:v1"]})),
    ask("since-with-all", "LIST-SINCE", Query(all=True, filters={"since": ["busybox"]})),
    ask("between", "LIST-SINCE", _times(since=("busybox",), before=("json",))),
    ask("before-itself", "LIST-BEFORE", _times(since=("json",), before=("json",))),
    *(
        mistake(
            f"{key}-absent-{number}",
            "LIST-BEFORE-UNKNOWN",
            ("filters", filters({key: [name]})),
        )
        for key in ("before", "since")
        for number, name in enumerate(ABSENT, 1)
    ),
    *(
        ask(f"{key}-{name}", "LIST-TIMES-AND", _times(**{key: names}))
        for key in ("before", "since")
        for name, names in SEVERAL.items()
    ),
    ask(
        "before-with-label",
        "LIST-BEFORE",
        Query(filters={"before": ["json"], "label": ["com.example.version"]}),
    ),
]

WITH_UNTIL = ApiVersion(1, 44)
INSTANT = 1_456_835_400
"""1 March 2016, 12:30 UTC: half an hour after two images were created."""
SPELLINGS = (
    str(INSTANT), f"{INSTANT}.0", f"{INSTANT}.500000000", "2016-03-01T12:30:00Z",
    "2016-03-01T12:30:00.5Z", "2016-03-01T14:30:00+02:00", "2016-03-01T04:30:00-08:00",
    "2016-03-01T20:30:00+08:00", "2016-03-01T12:30:00.123456789Z",
)  # fmt: skip
"""One instant, within a second."""
EARLY = ("1", "1970-01-01", "1970-01-01T00:00:01Z")
LONG_AGO = ("876000h", "3153600000s", "52560000m", "876000.5h")
"""A hundred years ago."""
DAYS = {"2016-04-02": 1_459_555_200, "2016-12-31T00:00:00": 1_483_142_400}
"""A date without a zone is in the server's, at most a day away."""
RECENT = (
    "1s", "10m", "1m30s", "1h30m", "24h", "1.5h", "1000000000ms", "1000000000000us",
    "1000000000000000ns",
)  # fmt: skip
FAR = ("253402300799", "9999-12-31T23:59:59Z", "9999-12-31")
NO_TIME = ("muster", "", "2016-13-01", "-", "10x")
FIRST_SECOND = 1
IN_9999 = 253_402_300_799
IN_1930 = -1_262_304_000
NOW = 2_000_000_000
"""After every image but those of the future."""


BASE_CREATED = 1_451_606_400
"""When busybox was created."""
CREATED = 1_456_833_600
"""When two images were created."""


def _until(
    name: str,
    requirement: str,
    text: str,
    instant: int,
    *,
    beside: Mapping[str, str] | None = None,
    meets: Callable[[CatalogueImage], bool] = lambda _: True,
) -> Case:
    """Return the case of `until` *text*, with *beside* as filters that an image *meets*."""

    def accepts(image: CatalogueImage) -> bool | None:
        if not meets(image):
            return False
        # An image of the first second of 1970 is as old as the earliest times.
        if image.created is None or (image.created == 0 and instant == FIRST_SECOND):
            return None
        return image.created < instant

    more = {key: [value] for key, value in (beside or {}).items()}
    return Case(
        name,
        requirement,
        request(("filters", filters({"until": [text], **more}))),
        chosen(accepts),
        since=WITH_UNTIL,
    )


UNTIL_CASES = [
    *(
        _until(f"early-{number}", "LIST-UNTIL", text, FIRST_SECOND)
        for number, text in enumerate(EARLY, 1)
    ),
    *(
        _until(f"long-ago-{number}", "LIST-UNTIL", text, IN_1930)
        for number, text in enumerate(LONG_AGO, 1)
    ),
    *(_until(f"recent-{number}", "LIST-UNTIL", t, NOW) for number, t in enumerate(RECENT, 1)),
    *(_until(f"late-{number}", "LIST-UNTIL", t, IN_9999) for number, t in enumerate(FAR, 1)),
    *(
        _until(f"day-{number}", "LIST-UNTIL", text, instant)
        for number, (text, instant) in enumerate(DAYS.items(), 1)
    ),
    *(
        _until(f"spelling-{number}", "LIST-UNTIL-SPELLINGS", text, INSTANT)
        for number, text in enumerate(SPELLINGS, 1)
    ),
    _until("second-behind", "LIST-UNTIL-SPELLINGS", "2016-03-01T12:00:01Z", CREATED + 1),
    _until(
        "with-label",
        "LIST-CONDITIONS-AND",
        SPELLINGS[3],
        INSTANT,
        beside={"label": "com.example.version"},
        meets=lambda image: "com.example.version" in (image.labels or {}),
    ),
    _until(
        "with-since",
        "LIST-CONDITIONS-AND",
        SPELLINGS[0],
        INSTANT,
        beside={"since": "busybox"},
        meets=lambda image: image.created is not None and image.created > BASE_CREATED,
    ),
    _until(
        "with-later-name",
        "LIST-CONDITIONS-AND",
        SPELLINGS[0],
        INSTANT,
        beside={"reference": "json"},
        meets=lambda _: False,
    ),
    *(
        mistake(f"no-time-{n}", "LIST-UNTIL-VALUE", ("filters", filters({"until": [text]})))
        for n, text in enumerate(NO_TIME, 1)
    ),
]
