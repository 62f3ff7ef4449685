"""Each document differs from the previous one exactly in the changes of its version."""

import re
from itertools import pairwise
from typing import Any

import pytest

import muster_openapi

HEX = "8dbd9e392a964056420e5d58ca5cc376ef18e2de93b5cc90e868a1bbc8318c1c"
DIGEST = f"sha256:{HEX}"
SUMMARY = "/components/schemas/ImageSummary"
ABSENT = object()

# For each version what it added and dropped of what a client sees of List Images. Rules are named
# without the part that says so in other words at each version.
HISTORY: dict[str, tuple[set[str], set[str]]] = {
    "1.24": (
        {
            "filter before",
            "filter since",
            "rule before.empty-list",
            "rule before.named",
            "rule before.no-created",
            "rule before.older",
            "rule before.several",
            "rule dangling.digest-alone",
            "rule error.not-http",
            "rule image.bare-digest",
            "rule image.virtual-size-there",
            "rule since.newer",
        },
        {"error text/plain", "rule dangling.digest-is-a-name", "rule error.text"},
    ),
    "1.25": (
        {
            "always Containers",
            "always ParentId",
            "always RepoDigests",
            "always SharedSize",
            "field Containers",
            "field SharedSize",
            "filter reference",
            "rule reference.digest",
            "rule digests.always-shown",
            "rule filter.is-reference",
            "rule image.containers",
            "rule image.shared-size",
            "rule reference.as-written",
            "rule reference.empty-list",
            "rule reference.malformed-pattern",
            "rule reference.narrows",
            "rule reference.pattern",
            "rule reference.several",
            "rule reference.unnamed",
        },
        {
            "rule digests.otherwise",
            "rule digests.shown-by-example",
            "rule digests.shows",
            "rule filter.as-written",
            "rule filter.digest",
            "rule filter.malformed-pattern",
            "rule filter.name",
            "rule filter.name-and-tag",
            "rule filter.narrows",
            "rule filter.pattern",
            "rule filter.unnamed",
        },
    ),
    "1.41": (
        {"rule filter.ignored"},
        {"parameter filter", "rule filter.is-reference", "rule filter.none"},
    ),
    "1.42": (
        {
            "parameter shared-size",
            "rule error.server",
            "rule shared-size.asked",
            "rule shared-size.selects-nothing",
            "rule shared-size.spellings",
        },
        {"rule registry-auth.required"},
    ),
    "1.43": (
        set(),
        {
            "always VirtualSize",
            "null RepoDigests",
            "null RepoTags",
            "rule image.placeholder",
            "rule image.virtual-size-there",
        },
    ),
    "1.44": (
        {
            "filter until",
            "rule until.forms",
            "rule until.no-created",
            "rule until.older",
            "rule until.several",
        },
        {"field VirtualSize", "rule image.virtual-size"},
    ),
    "1.47": (
        {
            "field Manifests",
            "null Manifests",
            "parameter manifests",
            "rule image.labels-of-one-part",
            "rule image.manifests",
            "rule image.manifests-once",
            "rule image.size-of-manifests",
            "rule manifest.attestation-for",
            "rule manifest.available",
            "rule manifest.containers",
            "rule manifest.id",
            "rule manifest.kind",
            "rule manifest.size",
            "rule manifests.asked",
            "rule manifests.selects-nothing",
            "rule manifests.spellings",
        },
        set(),
    ),
    "1.48": ({"field Descriptor", "rule image.descriptor"}, set()),
    "1.49": (set(), set()),
    "1.50": (set(), set()),
    "1.51": ({"rule image.containers-unknown"}, set()),
    "1.52": (set(), set()),
    "1.53": (set(), set()),
    "1.54": (
        {
            "parameter identity",
            "part Identity",
            "rule identity.asked",
            "rule identity.needs-manifests",
            "rule identity.spellings",
            "rule manifest.identity",
        },
        set(),
    ),
    "1.55": (set(), set()),
}
# The same of the operations around it.
OTHERS: dict[str, tuple[set[str], set[str]]] = {
    "1.24": (
        {
            "parameter image_search filters",
            "parameter image_search limit",
            "rule search.filters",
            "rule search.limit",
        },
        {
            "parameter image_tag force",
            "rule delete.noprune",
            "rule load.hyper-diff",
            "rule load.hyper-progress",
            "rule load.hyper-upload",
            "rule load.hyper-url",
            "rule pull.hyper-credentials",
            "rule pull.hyper-token",
        },
    ),
    "1.25": (
        {
            "operation image_prune",
            "operation system_df",
            "parameter image_prune filters",
            "rule df.images",
            "rule df.layers",
            "rule df.no-names",
            "rule prune.dangling",
            "rule prune.label",
            "rule prune.not-label",
            "rule prune.report",
            "rule prune.space",
            "rule prune.unknown-key",
            "rule prune.until",
            "rule prune.unused",
        },
        set(),
    ),
    "1.41": (
        {"parameter image_create platform", "rule pull.other-platform", "rule pull.platform"},
        set(),
    ),
    "1.42": ({"parameter system_df type", "rule df.type"}, set()),
    "1.43": (set(), {"always VirtualSize"}),
    "1.44": (set(), {"field VirtualSize"}),
    "1.48": (
        {
            "field Descriptor",
            "field Manifests",
            "parameter image_history platform",
            "parameter image_inspect manifests",
            "parameter image_load platform",
            "rule history.platform",
            "rule inspect.manifests",
            "rule load.platform",
            "rule load.platform-malformed",
            "rule load.platform-missing",
            "rule load.platform-once",
        },
        set(),
    ),
    "1.49": (
        {
            "parameter image_inspect platform",
            "rule inspect.platform",
            "rule inspect.platform-malformed",
            "rule inspect.platform-missing",
            "rule inspect.platform-or-manifests",
        },
        set(),
    ),
    "1.50": (
        {
            "parameter image_delete platforms",
            "rule delete.platforms",
            "rule delete.platforms-force",
            "rule delete.platforms-malformed",
            "rule delete.platforms-missing",
            "rule delete.platforms-one",
        },
        set(),
    ),
    "1.52": (
        {
            "parameter system_df verbose",
            "rule df.verbose",
            "rule inspect.omits-empty",
            "rule load.platform-several",
        },
        {"rule events.old-fields", "rule load.platform-once"},
    ),
    "1.53": ({"field Identity", "rule inspect.identity"}, set()),
    "1.55": (
        {
            "operation image_attestations",
            "parameter image_attestations name",
            "parameter image_attestations platform",
            "parameter image_attestations statement",
            "parameter image_attestations type",
            "rule attestations.graph-drivers",
            "rule attestations.list",
            "rule attestations.platform",
            "rule attestations.platform-once",
            "rule attestations.statement",
            "rule attestations.type",
        },
        set(),
    ),
}
# What changed its meaning and kept its name: the rule's text must differ from the older one.
RESTATED = {
    "1.24": {"error.json", "dangling.true"},
    "1.25": {"image.always-there", "image.parent-id", "digests.selects-nothing"},
    "1.42": {"image.shared-size", "error.bad-request"},
    "1.43": {"image.no-repo-tags", "image.no-repo-digests", "dangling.values", "dangling.both"},
    "1.44": {"image.no-created", "before.no-created", "image.size"},
    "1.47": {"image.size", "image.labels"},
    "1.51": {"image.containers"},
}


# How the names of rules begin that are not about List Images.
AROUND = (
    *("attestations.", "containers.", "delete.", "df.", "events.", "history.", "info."),
    *("inspect.", "load.", "name.", "ping.", "prune.", "pull.", "search.", "tag.", "version."),
)


def described(document: dict[str, Any], *, around: bool = False) -> dict[str, str]:
    """Return the rules about List Images, or about the operations around it, with their texts."""
    found = re.finditer(
        r"- \*\*`(?P<name>[a-z.-]+)`\*\*(?P<text>.*?)(?=\n\s*- \*\*|\n\n|\Z)",
        "\n\n".join(texts(document)),
        re.DOTALL,
    )
    return {
        match["name"]: " ".join(match["text"].split())
        for match in found
        if match["name"].startswith(AROUND) is around
    }


def texts(node: Any) -> list[str]:
    if isinstance(node, dict):
        own = [node["description"]] if isinstance(node.get("description"), str) else []
        return own + [text for member in node.values() for text in texts(member)]
    if isinstance(node, list):
        return [text for member in node for text in texts(member)]
    return []


def surface(document: dict[str, Any]) -> set[str]:
    """Describe List Images in words, as a client sees it."""
    components = document["components"]
    operation = document["paths"]["/images/json"]["get"]
    summary = components["schemas"]["ImageSummary"]
    references = [each["$ref"].rpartition("/")[2] for each in operation["parameters"]]
    parts = components["schemas"].get(
        "ImageManifest", {"properties": {"ImageData": {"properties": {}}}}
    )["properties"]["ImageData"]["properties"]
    return {
        *(f"parameter {components['parameters'][name]['name']}" for name in references),
        *(f"filter {name}" for name in components["schemas"]["Filters"]["properties"]),
        *(f"field {name}" for name in summary["properties"]),
        *(f"always {name}" for name in summary["required"]),
        *(f"null {name}" for name, field in summary["properties"].items() if field.get("nullable")),
        *(f"part {name}" for name in parts if name == "Identity"),
        *(f"error {media_type}" for media_type in components["responses"]["BadRequest"]["content"]),
        *(f"rule {name}" for name in described(document)),
    }


def surface_around(document: dict[str, Any]) -> set[str]:
    """Return the visible surface of the other operations, in words."""
    components = document["components"]
    inspected = components["schemas"]["ImageInspect"]
    found = {
        *(f"field {name}" for name in inspected["properties"]),
        *(f"always {name}" for name in inspected["required"]),
        *(f"rule {name}" for name in described(document, around=True)),
    }
    for item in document["paths"].values():
        for operation in item.values():
            name = operation["operationId"]
            found.add(f"operation {name}")
            for reference in operation.get("parameters", ()) if name != "image_list" else ():
                parameter = components["parameters"][reference["$ref"].rpartition("/")[2]]
                found.add(f"parameter {name} {parameter['name']}")
    return found


def image(version: str, **changes: Any) -> dict[str, Any]:
    """Return an image as a daemon of the version would list it, with changes."""
    number = tuple(map(int, version.split(".")))
    fields: dict[str, Any] = {
        "Id": DIGEST,
        "ParentId": "",
        "RepoTags": ["ubuntu:12.04"],
        "RepoDigests": [],
        "Created": 1365714795,
        "Size": 131506275,
        "Labels": {},
    }
    if number >= (1, 25):
        fields |= {"SharedSize": -1, "Containers": 0 if number >= (1, 51) else -1}
    if number < (1, 43):
        fields["VirtualSize"] = 131506275
    return {key: value for key, value in (fields | changes).items() if value is not ABSENT}


@pytest.mark.parametrize(("older", "version"), list(pairwise(muster_openapi.VERSIONS)))
def test_a_version_differs_from_the_previous_only_in_its_changes(older: str, version: str) -> None:
    before, after = (surface(muster_openapi.document(each)) for each in (older, version))

    assert (after - before, before - after) == HISTORY[version]


@pytest.mark.parametrize(("older", "version"), list(pairwise(muster_openapi.VERSIONS)))
def test_other_operations_differ_only_in_the_changes_of_a_version(older: str, version: str) -> None:
    before, after = (surface_around(muster_openapi.document(each)) for each in (older, version))

    assert (after - before, before - after) == OTHERS.get(version, (set(), set()))


@pytest.mark.parametrize(
    ("version", "name"),
    [(version, name) for version, names in RESTATED.items() for name in sorted(names)],
)
def test_a_changed_rule_is_restated(version: str, name: str) -> None:
    older = muster_openapi.VERSIONS[muster_openapi.VERSIONS.index(version) - 1]
    before, after = (described(muster_openapi.document(each))[name] for each in (older, version))

    assert after != before


@pytest.mark.parametrize("version", muster_openapi.VERSIONS)
def test_an_image_of_the_version_matches_its_schema(version: str, errors: Any) -> None:
    assert errors(muster_openapi.document(version), SUMMARY, image(version)) == []


@pytest.mark.parametrize(
    ("taken", "refused", "changes", "field"),
    [
        ("1.24", "1.25", {"ParentId": ABSENT}, "ParentId"),
        ("1.24", "1.25", {"RepoDigests": ABSENT}, "RepoDigests"),
        ("1.24", "1.25", {"SharedSize": ABSENT}, "SharedSize"),
        ("1.24", "1.25", {"Containers": ABSENT}, "Containers"),
        ("1.24", "1.25", {"SharedSize": "none"}, "SharedSize"),
        ("1.24", "1.25", {"Containers": -2}, "Containers"),
        ("1.42", "1.43", {"RepoTags": None}, "RepoTags"),
        ("1.42", "1.43", {"RepoDigests": None}, "RepoDigests"),
        ("1.42", "1.43", {"RepoTags": ["<none>:<none>"]}, "RepoTags"),
        ("1.42", "1.43", {"RepoDigests": ["<none>@<none>"]}, "RepoDigests"),
        ("1.43", "1.42", {"VirtualSize": ABSENT}, "VirtualSize"),
        ("1.44", "1.47", {"Manifests": [{}]}, "Manifests"),
        ("1.47", "1.48", {"Descriptor": {"size": 1}}, "Descriptor"),
    ],
)
def test_neighbouring_versions_differ_in_the_changed_field(
    taken: str, refused: str, changes: dict[str, Any], field: str, errors: Any
) -> None:
    assert errors(muster_openapi.document(taken), SUMMARY, image(taken, **changes)) == []

    found = errors(muster_openapi.document(refused), SUMMARY, image(refused, **changes))
    assert found
    assert all(field in (*error.path, *re.findall(r"'(\w+)'", error.message)) for error in found)


@pytest.mark.parametrize(
    ("older", "newer", "text"),
    [
        ("1.23", "1.24", {"before": ["ubuntu"]}),
        ("1.23", "1.24", {"since": {"ubuntu": True}}),
        ("1.24", "1.25", {"reference": ["ubuntu"]}),
        ("1.43", "1.44", {"until": ["24h"]}),
    ],
)
def test_a_filter_is_refused_before_its_version(
    older: str, newer: str, text: dict[str, Any], errors: Any
) -> None:
    schema = "/components/schemas/Filters"

    assert errors(muster_openapi.document(newer), schema, text) == []
    assert errors(muster_openapi.document(older), schema, text) != []


@pytest.mark.parametrize("value", [None, {}, {"label": []}, {"label": None}, {"label": {}}])
def test_filters_may_be_empty(value: Any, document: dict[str, Any], errors: Any) -> None:
    assert errors(document, "/components/schemas/Filters", value) == []


@pytest.mark.parametrize(
    "value", [[], "x", 1, {"label": "x"}, {"label": [1]}, {"label": {"x": 1}}, {"Label": []}]
)
def test_filters_of_another_kind_are_refused(
    value: Any, document: dict[str, Any], errors: Any
) -> None:
    assert errors(document, "/components/schemas/Filters", value) != []


def test_an_identity_is_validated_only_in_versions_that_have_it(errors: Any) -> None:
    part = {
        "ID": DIGEST,
        "Descriptor": {"mediaType": "application/json", "digest": DIGEST, "size": 1},
        "Available": True,
        "Size": {"Total": 2, "Content": 1},
        "Kind": "image",
        "ImageData": {
            "Platform": {"architecture": "amd64", "os": "linux"},
            "Size": {"Unpacked": 1},
            "Containers": None,
            "Identity": {"Pull": "everywhere"},
        },
    }
    listed = image("1.54", Manifests=[part])

    assert errors(muster_openapi.document("1.51"), SUMMARY, listed) == []
    assert errors(muster_openapi.document("1.54"), SUMMARY, listed) != []
