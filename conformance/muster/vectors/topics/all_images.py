"""`all` and `digests`, and listings without either."""

from __future__ import annotations

from muster.model.query import Query
from muster.model.version import ApiVersion
from muster.vectors.case import Case, ask, listed, sent, spelled
from muster.vectors.vector import CatalogueImage, Rule

ABOUT = "all, digests, and what is listed without a filter"

TRUE = ("1", "True", "true")
FALSE = ("0", "False", "false")
LOOSE = ("yes", "on", "TRUE", "t", "2", " 1 ", "null")
"""Further texts that are true."""
NOTHING = ("", "no", "none", "None", "FALSE", "NO", " false ", " ")
"""Further texts that are false."""

ALL = Query(all=True)


def _spellings() -> list[Case]:
    texts = [
        *((text, "LIST-ALL-SPELLINGS", True) for text in TRUE),
        *((text, "LIST-ALL-SPELLINGS", False) for text in FALSE),
        *((text, "LIST-ALL-TRUTHINESS", True) for text in LOOSE),
        *((text, "LIST-ALL-TRUTHINESS", False) for text in NOTHING),
    ]
    return [
        spelled(f"spelling-{number}", requirement, [("all", text)], Query(all=meaning))
        for number, (text, requirement, meaning) in enumerate(texts, 1)
    ]


def _digests(image: CatalogueImage, _version: ApiVersion) -> dict[str, Rule]:
    return {"RepoDigests": Rule(values=(image.digests,))} if image.digests else {}


CASES = [
    *(
        ask(f"plain-{catalogue}", "LIST-ALL-INTERMEDIATE", Query(), catalogue)
        for catalogue in ("docker", "names")
    ),
    *(ask(f"all-{name}", "LIST-ALL-ADDS", ALL, name) for name in ("docker", "names")),
    *_spellings(),
    ask("digests", "LIST-DIGESTS", Query(digests=True)),
    ask("digests-and-all", "LIST-DIGESTS", Query(all=True, digests=True)),
    spelled("digests-0", "LIST-DIGESTS", [("digests", "0")], Query()),
    spelled("digests-False", "LIST-DIGESTS", [("digests", "False")], Query()),
    *(
        Case(name, "LIST-DIGESTS-SHOWN", sent(query), listed(query, members=_digests))
        for name, query in (
            ("digests-shown", Query(digests=True)),
            ("digests-shown-with-all", Query(all=True, digests=True)),
        )
    ),
    ask("nothing-there", "LIST-EMPTY", Query(), "none"),
    ask("nothing-there-with-all", "LIST-EMPTY", ALL, "none"),
    ask("one-there", "LIST-ANSWER", Query(), "one"),
]
