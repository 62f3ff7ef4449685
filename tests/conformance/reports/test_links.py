from __future__ import annotations

import pytest

from muster.register.requirements import register
from muster.reports.links import links

MOBY = "https://github.com/moby/moby"


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("moby#9602", {"moby#9602": f"{MOBY}/issues/9602"}),
        ("moby PR 45390 (v24.0)", {"moby PR 45390": f"{MOBY}/pull/45390"}),
        (
            "podman#29210, podman 4.3",
            {"podman#29210": "https://github.com/containers/podman/issues/29210"},
        ),
        ("docker/cli#4159", {"docker/cli#4159": "https://github.com/docker/cli/issues/4159"}),
        (
            "moby commit 2d45b5ddbc (v23.0)",
            {"moby commit 2d45b5ddbc": f"{MOBY}/commit/2d45b5ddbc"},
        ),
        (
            "moby v1.11.2 daemon/images.go (Images)",
            {"moby v1.11.2 daemon/images.go": f"{MOBY}/blob/v1.11.2/daemon/images.go"},
        ),
        (
            "moby v24.0 daemon/images/images.go",
            {"moby v24.0 daemon/images/images.go": f"{MOBY}/blob/v24.0.0/daemon/images/images.go"},
        ),
        (
            "moby api/docs/CHANGELOG.md, v1.41",
            {"moby api/docs/CHANGELOG.md": f"{MOBY}/blob/master/api/docs/CHANGELOG.md"},
        ),
        (
            "RFC 9110, 11.6.1; RFC 8259",
            {
                "RFC 9110, 11.6.1": "https://www.rfc-editor.org/rfc/rfc9110#section-11.6.1",
                "RFC 8259": "https://www.rfc-editor.org/rfc/rfc8259",
            },
        ),
        ("moby v29.3 daemon/server/router/image/image_routes.go", {}),
        ("seed: Query Parameters, all", {}),
        ("javascript:alert(1) https://localhost/", {}),
        ("", {}),
    ],
)
def test_references_in_a_text_become_links(text: str, found: dict[str, str]) -> None:
    parts = list(links(text))
    assert "".join(part for part, _ in parts) == text
    assert {part: address for part, address in parts if address} == found


def test_every_issue_of_the_register_has_an_address() -> None:
    seen = {each for rule in register().values() for each in rule.seen if "#" in each}
    assert [each for each in seen if not any(address for _, address in links(each))] == []
