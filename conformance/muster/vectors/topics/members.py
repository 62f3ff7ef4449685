"""The members of an image, as each API version shows them."""

from __future__ import annotations

from muster.model.query import Query
from muster.model.version import ApiVersion
from muster.vectors.case import Case, Members, either, listed, request, sent
from muster.vectors.catalogues import catalogues
from muster.vectors.vector import CatalogueImage, Rule

ABOUT = "The members of an image: their types and values at each API version"

FIRST_DAEMON = ApiVersion(1, 24)
COUNTED = ApiVersion(1, 51)
ALL = Query(all=True)
GONE = Rule(absent=True)
NO_DATES = (0, -62135596800)
"""The zero times of Unix and of Go."""


def _basic(image: CatalogueImage, version: ApiVersion) -> dict[str, Rule]:
    hexadecimal = image.id.removeprefix("sha256:")
    parents = {image.parent, image.parent.removeprefix("sha256:")}
    return {
        "Id": Rule(values=(image.id, hexadecimal)),
        "ParentId": Rule(
            values=tuple(sorted(parents)), absent=version < FIRST_DAEMON and not image.parent
        ),
        "Size": Rule(values=(image.size,)),
    }


def _created(image: CatalogueImage, _version: ApiVersion) -> dict[str, Rule]:
    return {"Created": Rule(values=(image.created,))} if image.created is not None else {}


def _never_created(image: CatalogueImage, _version: ApiVersion) -> dict[str, Rule]:
    return {"Created": Rule(values=NO_DATES)} if image.created is None else {}


def _labels(image: CatalogueImage, _version: ApiVersion) -> dict[str, Rule]:
    return {"Labels": Rule(values=(image.labels,) if image.labels else (None, {}))}


def _virtual_size(image: CatalogueImage, _version: ApiVersion) -> dict[str, Rule]:
    return {"VirtualSize": Rule(minimum=image.size)}


def _same_virtual_size(image: CatalogueImage, _version: ApiVersion) -> dict[str, Rule]:
    return {"VirtualSize": Rule(values=(image.size,))}


def _placeholders(image: CatalogueImage, version: ApiVersion) -> dict[str, Rule]:
    """Untagged images show a pair of placeholders, and others none."""
    if not image.tags and not image.digests:
        return {
            "RepoTags": Rule(values=(["<none>:<none>"],)),
            "RepoDigests": Rule(values=(["<none>@<none>"],)),
        }
    return _no_placeholders(image, version)


def _no_placeholders(image: CatalogueImage, version: ApiVersion) -> dict[str, Rule]:
    # The seed shows digests only where they are asked for.
    hidden = version < FIRST_DAEMON
    return {
        "RepoTags": Rule(values=(image.tags,) if image.tags else (None, [])),
        "RepoDigests": Rule(
            values=(image.digests,) if image.digests else (None, []), absent=hidden
        ),
    }


def _lists(image: CatalogueImage, _version: ApiVersion) -> dict[str, Rule]:
    return {"RepoTags": Rule(values=(image.tags,)), "RepoDigests": Rule(values=(image.digests,))}


def _not_calculated(_image: CatalogueImage, version: ApiVersion) -> dict[str, Rule]:
    containers = {} if version >= COUNTED else {"Containers": Rule(values=(-1,))}
    return {"SharedSize": Rule(values=(-1,)), **containers}


def _containers(image: CatalogueImage, _version: ApiVersion) -> dict[str, Rule]:
    return {"Containers": Rule(values=(image.containers,))}


def _shared_size(_image: CatalogueImage, _version: ApiVersion) -> dict[str, Rule]:
    return {"SharedSize": Rule(minimum=0)}


def _really_shared(image: CatalogueImage, _version: ApiVersion) -> dict[str, Rule]:
    return {"SharedSize": Rule(minimum=1)} if image.name in {"shared1", "shared2"} else {}


def _later(_image: CatalogueImage, version: ApiVersion) -> dict[str, Rule]:
    since = {"Manifests": ApiVersion(1, 47), "Descriptor": ApiVersion(1, 48)}
    return {name: GONE for name, first in since.items() if version < first}


def _virtual_size_gone(_image: CatalogueImage, _version: ApiVersion) -> dict[str, Rule]:
    return {"VirtualSize": GONE}


def no_manifests(_image: CatalogueImage, _version: ApiVersion) -> dict[str, Rule]:
    """Return the rule that `Manifests` is not shown."""
    return {"Manifests": GONE}


def _no_others(_image: CatalogueImage, _version: ApiVersion) -> dict[str, Rule]:
    return dict.fromkeys(("SizeRw", "SizeRootFs"), GONE)


def _case(
    name: str, requirement: str, members: Members, query: Query = ALL, catalogue: str = "docker"
) -> Case:
    return Case(name, requirement, sent(query), listed(query, members=members), catalogue)


def _asked(
    name: str, requirement: str, parameter: str, members: Members, query: Query = ALL
) -> Case:
    return Case(
        name,
        requirement,
        request(*(sent(query).parameters or ()), (parameter, "1")),
        listed(query, members=members),
    )


PAIRS = either(listed(ALL, members=_placeholders), listed(ALL, members=_no_placeholders))
LABELLED = Query(filters={"label": ["k"]})
LEAVES = Query(filters={"dangling": ["true"]})

CASES = [
    *(
        _case(f"basic-{name}", "LIST-SCHEMA", _basic, catalogue=name)
        for name in catalogues()
        if name not in {"none", "platforms"}
    ),
    *(
        _case(f"{kind}-{name}", requirement, members, catalogue=name)
        for kind, requirement, members in (
            ("created", "PLANT-CREATED", _created),
            ("labels", "PLANT-LABELS", _labels),
        )
        for name in ("docker", "labels", "names")
    ),
    _case("no-date", "PLANT-CREATED-NEVER", _never_created),
    _case("big-size", "LIST-BIG-SIZE", _basic, Query(), "names"),
    *(
        Case(f"placeholders-{name}", "LIST-PLACEHOLDER", sent(ALL), PAIRS, name)
        for name in ("docker", "names")
    ),
    Case(
        "placeholders-of-dangling",
        "LIST-PLACEHOLDER",
        sent(LEAVES),
        either(listed(LEAVES, members=_placeholders), listed(LEAVES, members=_no_placeholders)),
    ),
    *(
        _case(f"lists-{name}", "LIST-LISTS-NEVER-NULL", _lists, catalogue=name)
        for name in ("docker", "names", "labels")
    ),
    _case("virtual-size", "LIST-VIRTUAL-SIZE", _virtual_size),
    _case("virtual-size-equal", "LIST-VIRTUAL-SIZE-EQUAL", _same_virtual_size),
    _case("virtual-size-gone", "LIST-VIRTUAL-SIZE-GONE", _virtual_size_gone),
    _case("not-calculated", "LIST-NOT-CALCULATED", _not_calculated),
    _case("containers", "LIST-CONTAINERS-NUMBER", _containers),
    _asked("shared-size", "LIST-SHARED-SIZE", "shared-size", _shared_size),
    _asked("shared-size-of-two", "PLANT-SHARED-SIZE", "shared-size", _really_shared),
    _asked(
        "shared-size-filtered",
        "LIST-SHARED-SIZE-FILTERED",
        "shared-size",
        _really_shared,
        Query(filters={"label": ["k=shared"]}),
    ),
    *(
        _case(f"basic-with-{name}", "LIST-SAME-FIELDS", _basic, query)
        for name, query in (("label", LABELLED), ("dangling", LEAVES))
    ),
    _case("later-members", "LIST-LATER-MEMBERS", _later),
    _case("no-manifests", "LIST-MANIFESTS-UNASKED", no_manifests),
    _asked("no-sizes-of-containers", "LIST-UNKNOWN-PARAMETER", "size", _no_others),
]
