from __future__ import annotations

import re
from pathlib import Path

import pytest

ROOT = Path(__file__).parents[2]
README = (ROOT / "README.md").read_text()
LINK = re.compile(r"""(?:\]\(|(?:src|srcset)=")([^)"#:]+)(?:#[^)"]*)?[)"]""")


def test_the_readme_is_short() -> None:
    assert len(README.encode()) <= 8_000


def test_the_architecture_is_read_in_ten_minutes() -> None:
    assert len((ROOT / "ARCHITECTURE.md").read_text().splitlines()) <= 100


@pytest.mark.parametrize("link", sorted(set(LINK.findall(README))))
def test_a_link_of_the_readme_resolves(link: str) -> None:
    assert (ROOT / link).exists()


def test_the_readme_links_to_the_index_of_pages() -> None:
    assert "docs/README.md" in LINK.findall(README)
