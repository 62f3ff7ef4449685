"""The parameter `filter` and the filter `reference`."""

from __future__ import annotations

from muster.model.name_filter import WITH_REFERENCE
from muster.model.query import Query
from muster.vectors.case import Case, ask, listed, sent, spelled

FILTER_ABOUT = "The parameter filter: images by name, up to API 1.40"
REFERENCE_ABOUT = "The filter reference: images by name, from API 1.25 on"

NAMES = (
    "app", "apps", "team/app", "a/b/app", "registry.test:5000/app", "registry.test:5000/team/app",
    "registry.test:5000/pulled", "team/pinned", "one/app", "ab/x", "big",
)  # fmt: skip
NEAR_NAMES = (
    "ap", "pp", "APP", "App", " app", "app ", "team", "team/ap", "b/app", "registry.test",
    "registry.test:5000", "test:5000/app", "app,apps", "^app$", "<none>", "pinned", "x",
    "team/.*", "0001c0dec0de",
)  # fmt: skip
TAGS = (
    "app:1", "app:10", "team/app:Mixed", "registry.test:5000/app:1", "two/app:2", "ab/x:v1",
    "big:latest",
)  # fmt: skip
NEAR_TAGS = ("app:2", "app:", "app:1-", "team/app:mixed", "app:latest", "two/app:3", ":1", "b/x:v1")
PATTERNS = (
    "*", "*/*", "*/*/*", "app*", "*app", "*ap*", "ap?", "a?p", "ap??", "app?", "team/*", "*/app",
    "registry.test:5000/*", "[ab]pp", "[a-c]*", "[^a]*/app", "[o-t]*", "**", "a/*", "a/*/app",
    "a\\pp", "\\*", "?*", "*app*", "b?g",
    "team?app", "team[^a]app",
)  # fmt: skip
TAG_PATTERNS = ("ab/x:v*", "app:1*", "*:latest", "two/app:?", "*/app:1", "app:[12]")
OR = {
    "two": ("app:1", "big"),
    "other-order": ("big", "app:1"),
    "same-image": ("two/app:1", "two/app:2"),
    "two-of-one-image": ("one/app", "ab/x:v2"),
    "one-absent": ("nosuch", "apps"),
    "last-absent": ("apps", "nosuch"),
    "pattern-and-name": ("team/*", "big:latest"),
    "three": ("apps", "team/app:1", "a/b/app"),
}


def _by_filter(name: str) -> Query:
    return Query(filter=name)


def _by_reference(*names: str, **more: list[str]) -> Query:
    return Query(filters={"reference": names, **more})


def _each(prefix: str, requirement: str, names: tuple[str, ...]) -> list[Case]:
    by_filter = requirement.startswith("LIST-FILTER")
    return [
        ask(
            f"{prefix}-{number}",
            requirement,
            _by_filter(name) if by_filter else _by_reference(name),
            "names",
        )
        for number, name in enumerate(names, 1)
    ]


def _both(kind: str) -> list[Case]:
    return [
        *_each("name", f"LIST-{kind}-NAME", NAMES),
        *_each("name-like", f"LIST-{kind}-NAME", NEAR_NAMES),
        *_each("tag", f"LIST-{kind}-TAG", TAGS),
        *_each("tag-like", f"LIST-{kind}-TAG", NEAR_TAGS),
        *_each("pattern", f"LIST-{kind}-PATTERN", PATTERNS),
        *_each("tag-pattern", f"LIST-{kind}-PATTERN", TAG_PATTERNS[1:]),
        *_each("narrows", f"LIST-{kind}-NARROWS", ("two/app", "team/app:1", "*/x", "app:1")),
    ]


DOCKER_NAMES = (
    "busybox", "user/tools", "localhost:5000/test/busybox", "localhost:5000/pulled/tagged",
    "localhost:5000/pulled/digestonly", "json", "busyb", "order/one:Mixed", "x:v1", "x:v",
)  # fmt: skip
"""Asked of recorded daemons as well."""


def _docker(kind: str) -> list[Case]:
    return [
        ask(
            f"docker-{number}",
            f"LIST-{kind}-{'TAG' if ':v' in name or ':M' in name else 'NAME'}",
            _by_filter(name) if kind == "FILTER" else _by_reference(name),
        )
        for number, name in enumerate(DOCKER_NAMES, 1)
    ]


FILTER_CASES = [
    *_both("FILTER"),
    *_docker("FILTER"),
    ask("tag-pattern-0", "LIST-FILTER-TAG", _by_filter("app:1*"), "names"),
    ask("with-all", "LIST-FILTER-NAME", Query(all=True, filter="app"), "names"),
    ask("star-with-all", "LIST-FILTER-PATTERN", Query(all=True, filter="*"), "names"),
    *(
        ask(f"with-{key}", "LIST-CONDITIONS-AND", Query(filter=name, filters={key: [value]}))
        for name, key, value in (
            ("busybox", "label", "com.example.version=v1"),
            ("app", "dangling", "false"),
        )
    ),
    *(
        ask(f"without-{key}", "LIST-CONDITIONS-AND", Query(filter=name, filters={key: [value]}))
        for name, key, value in (
            ("app", "label", "com.example.version=v1"),
            ("busybox", "dangling", "true"),
        )
    ),
    *(
        spelled(f"ignored-{number}", "LIST-FILTER-IGNORED", [("filter", name)], Query(), "names")
        for number, name in enumerate(("app", "nosuch", "*", "app:1"), 1)
    ),
]

REFERENCE_CASES = [
    *_both("REFERENCE"),
    *_docker("REFERENCE"),
    ask(
        "with-all", "LIST-REFERENCE-NAME", Query(all=True, filters={"reference": ["app"]}), "names"
    ),
    ask("tag-pattern-0", "LIST-REFERENCE-PATTERN", _by_reference(TAG_PATTERNS[0]), "names"),
    *(
        ask(f"or-{name}", "LIST-REFERENCE-OR", _by_reference(*names), "names")
        for name, names in OR.items()
    ),
    Case(
        "or-map-form",
        "LIST-REFERENCE-OR",
        sent(_by_reference("app:1", "big"), "map"),
        ask("", "", _by_reference("app:1", "big")).expect,
        "names",
    ),
    *(
        Case(
            f"with-label-{number}",
            "LIST-CONDITIONS-AND",
            sent(_by_reference(name, label=[label])),
            listed(_by_reference(name, label=[label])),
            since=WITH_REFERENCE,
        )
        for number, (name, label) in enumerate(
            (
                ("busybox", "com.example.version=v1"),
                ("app", "com.example.version=v1"),
                ("*", "com.example.version"),
            ),
            1,
        )
    ),
]
