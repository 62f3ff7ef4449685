"""The filter `dangling`."""

from __future__ import annotations

from muster.model.query import Query
from muster.vectors.case import (
    Case,
    ask,
    either,
    filters,
    fixed,
    listed,
    mistake,
    refused,
    sent,
)
from muster.vectors.vector import Alternative

ABOUT = "The filter dangling: untagged images without children, or named images"

WORDS = ("ture", "yes", "1", "", "<b>")
SPELLINGS = ("True", "FALSE", "t", " true", "true ")


def _query(value: str, *, everything: bool = False, **more: list[str]) -> Query:
    return Query(all=everything, filters={"dangling": [value], **more})


SPLIT = Alternative(same=(sent(_query("true")), sent(_query("false"))))

CASES = [
    *(
        ask(f"{value}-{name}{suffix}", f"LIST-DANGLING-{value.upper()}", query, name)
        for value in ("true", "false")
        for name in ("docker", "names")
        for suffix, query in (
            ("", _query(value)),
            ("-with-all", _query(value, everything=True)),
        )
    ),
    *(
        Case(f"split-{name}", "LIST-DANGLING-SPLIT", sent(Query()), fixed(SPLIT), name)
        for name in ("docker", "names")
    ),
    *(
        Case(
            f"both-words-{number}",
            "LIST-DANGLING-TRUE",
            sent(Query(filters={"dangling": words})),
            # Refused from moby 24.0 on; before that, true wins.
            either(listed(_query("true")), refused),
        )
        for number, words in enumerate((["true", "false"], ["false", "true"]), 1)
    ),
    ask("true-of-none", "LIST-EMPTY", _query("true"), "one"),
    *(
        mistake(f"word-{number}", "LIST-DANGLING-VALUE", ("filters", filters({"dangling": [word]})))
        for number, word in enumerate(WORDS, 1)
    ),
    *(
        mistake(
            f"spelling-{number}", "LIST-DANGLING-EXACT", ("filters", filters({"dangling": [text]}))
        )
        for number, text in enumerate(SPELLINGS, 1)
    ),
    *(
        ask(f"{v}-with-label", "LIST-CONDITIONS-AND", _query(v, label=["com.example.version"]))
        for v in ("true", "false")
    ),
    ask("with-label-of-the-leaf", "LIST-CONDITIONS-AND", _query("true", label=["stage=leaf"])),
    ask("with-label-of-its-sibling", "LIST-CONDITIONS-AND", _query("true", label=["stage=child"])),
    ask("with-absent-label", "LIST-CONDITIONS-AND", _query("true", label=["no-such-label"])),
]
