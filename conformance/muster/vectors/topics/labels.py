"""The filters `label` and `label!`."""

from __future__ import annotations

from muster.model.query import Query
from muster.vectors.case import Case, ask, chosen, either, filters, refused, request, spelled
from muster.vectors.vector import CatalogueImage

ABOUT = "The filters label and label!: keys and values, letter for letter"

DOCKER_KEYS = ("stage", "empty", "com.example", "com.example.version", "ключ-ünï", "html", "k")
DOCKER_NEAR = (
    "stag",
    "age",
    "STAGE",
    "com",
    "com.example.version.x",
    " stage",
    "stage ",
    "*",
    "s*",
)
MADE_KEYS = ("n", "CASE", "a.b", "a_b", "space", "k2", "key!", "long")
MADE_NEAR = ("case", "a%", "axb ", "a?b", "k", "7", "v1", "5", "upper", "[an]")
DOCKER_VALUES = (
    "stage=leaf", "stage=mid", "stage=child", "com.example.version=v1", "eq=a=b=c", "neq=x!=y",
    "note=a b+c", "ключ-ünï=значение ★", "k=shared", "order=1", "html=<a href=\"x\">R&D</a> 'q'",
)  # fmt: skip
DOCKER_NEAR_VALUES = (
    "stage=lea", "stage=eaf", "stage=leafs", "stage=LEAF", "stage=*", "eq=a", "eq=a=b", "eq=c",
    "eq=a=b=c=d", "note=a+b+c", "note=a%20b%2Bc", "order=[13]", "order=01", "order= 1",
    "com.example.version!=v1", "nosuch!=v1", "nosuch=v1", "ключ-ünï=значение",
)  # fmt: skip
MADE_VALUES = (
    "n=7", "n=07", "CASE=Upper", "name=\N{LATIN SMALL LETTER A WITH RING ABOVE}ngstrom",
    "name=a\N{COMBINING RING ABOVE}ngstrom", "space= padded ", "html=a&b", "html=a&amp;b",
    "plus=a+b", "plus=a b", "a.b=dot", "k1=v1",
)  # fmt: skip
MADE_NEAR_VALUES = ("n=007", "CASE=upper", "space=padded", "html=a&amp;amp;b", "value=v1", "n=n")

AND = {
    "both-there": ["com.example.version=v2", "stage=leaf"],
    "other-order": ["stage=leaf", "com.example.version=v2"],
    "two-keys": ["com.example.version", "stage"],
    "first-lacks": ["order", "stage"],
    "second-lacks": ["stage", "order"],
    "two-values-of-one-key": ["com.example.version=v1", "com.example.version=v2"],
    "three": ["com.example.version", "stage", "stage=child"],
    "same-twice": ["stage=leaf", "stage=leaf"],
    "empty-value-too": ["empty=", "com.example.version=v1"],
}
SEVERAL = ["k1=v1", "k2=v2", "k3=v3", "k4=v4", "k5=v5"]


def _label(*conditions: str, everything: bool = False) -> Query:
    return Query(all=everything, filters={"label": conditions})


def _asked(
    prefix: str, requirement: str, conditions: tuple[str, ...], catalogue: str = "docker"
) -> list[Case]:
    return [
        ask(f"{prefix}-{number}", requirement, _label(condition), catalogue)
        for number, condition in enumerate(conditions, 1)
    ]


def _not(*conditions: str, label: str = "") -> Case:
    """Return the case of `label!`, which servers may refuse to know."""

    def has(image: CatalogueImage, condition: str) -> bool:
        key, equals, value = condition.partition("=")
        there = image.labels or {}
        return key in there and (not equals or there[key] == value)

    def accepts(image: CatalogueImage) -> bool:
        wanted = not label or has(image, label)
        return wanted and not any(has(image, condition) for condition in conditions)

    pairs = {"label!": list(conditions)} | ({"label": [label]} if label else {})
    return Case(
        "-and-".join(["not", *conditions, *([label] if label else [])]).replace("=", "-"),
        "LIST-LABEL-NOT",
        request(("filters", filters(pairs))),
        either(chosen(accepts), refused),
    )


CASES = [
    *_asked("key", "LIST-LABEL-KEY", DOCKER_KEYS),
    *_asked("key-like", "LIST-LABEL-KEY", DOCKER_NEAR),
    *_asked("odd-key", "LIST-LABEL-KEY", MADE_KEYS, "labels"),
    *_asked("odd-key-like", "LIST-LABEL-KEY", MADE_NEAR, "labels"),
    ask("key-with-all", "LIST-LABEL-KEY", _label("stage", everything=True)),
    *_asked("value", "LIST-LABEL-VALUE", DOCKER_VALUES),
    *_asked("value-like", "LIST-LABEL-VALUE", DOCKER_NEAR_VALUES),
    *_asked("odd-value", "LIST-LABEL-VALUE", MADE_VALUES, "labels"),
    *_asked("odd-value-like", "LIST-LABEL-VALUE", MADE_NEAR_VALUES, "labels"),
    ask("value-with-all", "LIST-LABEL-VALUE", _label("stage=mid", everything=True)),
    *_asked("empty-value", "LIST-LABEL-EMPTY-VALUE", ("empty=", "stage=", "k=", "nosuch=")),
    *(ask(name, "LIST-LABEL-AND", _label(*conditions)) for name, conditions in AND.items()),
    ask("and-with-all", "LIST-LABEL-AND", _label(*AND["two-keys"], everything=True)),
    ask("every-label", "LIST-LABEL-ALL", _label(*SEVERAL), "labels"),
    ask("every-label-twice", "LIST-LABEL-ALL", _label(*SEVERAL, *SEVERAL), "labels"),
    ask("every-key", "LIST-LABEL-ALL", _label("k1", "k2", "k3", "k4", "k2.more"), "labels"),
    ask("one-label-more", "LIST-LABEL-ALL", _label(*SEVERAL, "k6=v6"), "labels"),
    *_asked("no-key", "LIST-LABEL-NO-KEY", ("", "=", "=v1", "=leaf")),
    ask("no-key-beside-a-key", "LIST-LABEL-NO-KEY", _label("stage", "=leaf")),
    spelled(
        "absent", "LIST-EMPTY", [("filters", filters({"label": ["nosuch"]}))], _label("nosuch")
    ),
    _not("stage"),
    _not("stage=mid"),
    _not("com.example.version=v1"),
    _not("stage", "order"),
    _not("stage=child", label="com.example.version"),
]
