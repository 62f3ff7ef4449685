"""A single wrong field is enough for an image to be rejected, and no odd but true one is."""

from typing import Any

import pytest

ABSENT = object()
HEX = "8dbd9e392a964056420e5d58ca5cc376ef18e2de93b5cc90e868a1bbc8318c1c"
GOOD = {
    "Id": HEX,
    "ParentId": f"sha256:{HEX}",
    "RepoTags": ["ubuntu:12.04", "localhost:5000/test/ubuntu:latest"],
    "RepoDigests": [f"localhost:5000/test/ubuntu@sha256:{HEX}"],
    "Created": 1365714795,
    "Size": 24653,
    "VirtualSize": 131506275,
    "Labels": {"com.example.version": "v1", "empty": ""},
}


def changed(field: str, value: Any) -> dict[str, Any]:
    image: dict[str, Any] = GOOD | {field: value}
    return {name: value for name, value in image.items() if value is not ABSENT}


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Id", f"sha256:{HEX}"),
        ("ParentId", ABSENT),
        ("ParentId", ""),
        ("ParentId", "27cf784147099545"),
        ("RepoTags", None),
        ("RepoTags", []),
        ("RepoTags", ["<none>:<none>"]),
        ("RepoTags", ["UPPER.example:5000/a/b/c:Mixed_1.0-x", f"a:{'x' * 128}"]),
        ("RepoDigests", ABSENT),
        ("RepoDigests", None),
        ("RepoDigests", []),
        ("RepoDigests", ["<none>@<none>"]),
        ("Created", 0),
        ("Created", -62135596800),
        ("Created", 2**63 - 1),
        ("Size", 0),
        ("Size", 2**53 + 1),
        ("Labels", None),
        ("Labels", {}),
        ("Labels", {"": "ключ"}),
        ("SharedSize", -1),
        ("Containers", -1),
    ],
)
def test_an_unusual_field_is_accepted(
    field: str, value: Any, v1_23: dict[str, Any], errors: Any
) -> None:
    assert errors(v1_23, "/components/schemas/ImageSummary", changed(field, value)) == []


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("Id", None),
        ("Id", 8),
        ("Id", ""),
        ("Id", HEX[:-1]),
        ("Id", HEX + "0"),
        ("Id", HEX.upper()),
        ("Id", f"sha512:{HEX}"),
        ("Id", HEX[:12]),
        ("ParentId", None),
        ("ParentId", "ubuntu"),
        ("ParentId", "sha256:"),
        ("ParentId", HEX + "0"),
        ("RepoTags", "ubuntu:12.04"),
        ("RepoTags", {"ubuntu": "12.04"}),
        ("RepoTags", [12.04]),
        ("RepoTags", [None]),
        ("RepoTags", ["ubuntu"]),
        ("RepoTags", ["localhost:5000/ubuntu"]),
        ("RepoTags", [":12.04"]),
        ("RepoTags", ["<none>:latest"]),
        ("RepoTags", [f"ubuntu@sha256:{HEX}"]),
        ("RepoTags", ["ubuntu:12.04", "ubuntu:12.04"]),
        ("RepoDigests", f"ubuntu@sha256:{HEX}"),
        ("RepoDigests", [f"sha256:{HEX}"]),
        ("RepoDigests", [f"ubuntu:12.04sha256:{HEX}"]),
        ("RepoDigests", [f"ubuntu@{HEX}"]),
        ("RepoDigests", [f"ubuntu@sha256:{HEX[:-1]}"]),
        ("RepoDigests", [f"ubuntu@sha256:{HEX}"] * 2),
        ("Created", None),
        ("Created", "1365714795"),
        ("Created", "2013-04-11T21:13:15Z"),
        ("Created", 1365714795.5),
        ("Created", 1365714795.0),
        ("Created", True),
        ("Created", 2**63),
        ("Size", None),
        ("Size", "24653"),
        ("Size", 24653.5),
        ("Size", -1),
        ("VirtualSize", None),
        ("VirtualSize", "131506275"),
        ("VirtualSize", -1),
        ("Labels", []),
        ("Labels", "com.example.version=v1"),
        ("Labels", {"com.example.version": 1}),
        ("Labels", {"com.example.version": None}),
    ],
)
def test_a_wrong_field_is_rejected(
    field: str, value: Any, v1_23: dict[str, Any], errors: Any
) -> None:
    found = errors(v1_23, "/components/schemas/ImageSummary", changed(field, value))

    assert {error.path[0] for error in found} == {field}


@pytest.mark.parametrize("field", ["Id", "RepoTags", "Created", "Size", "VirtualSize", "Labels"])
def test_a_missing_field_is_rejected(field: str, v1_23: dict[str, Any], errors: Any) -> None:
    found = errors(v1_23, "/components/schemas/ImageSummary", changed(field, ABSENT))

    assert [error.message for error in found] == [f"'{field}' is a required property"]


@pytest.mark.parametrize("body", [None, {}, "[]", [None], [[]]])
def test_a_listing_that_is_not_an_array_of_objects_is_rejected(
    body: Any, v1_23: dict[str, Any], errors: Any
) -> None:
    schema = "/paths/~1images~1json/get/responses/200/content/application~1json/schema"

    assert errors(v1_23, schema, body) != []


@pytest.mark.parametrize("body", [None, [], {}, {"message": None}, {"message": ""}, {"error": "x"}])
def test_an_error_without_a_message_is_rejected(
    body: Any, v1_23: dict[str, Any], errors: Any
) -> None:
    assert errors(v1_23, "/components/schemas/ErrorResponse", body) != []
