"""The sections of docs/fidelity.md on imitations beside real engines, from `make fidelity`."""

import json
import textwrap
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[2] / "interop" / "data" / "fidelity.json"
_START = """
## Imitations beside real engines

Each imitation and its real engine loaded the same archives and answered the same random requests,
spread over all API versions of the engine. The containerd store loaded images of several platforms,
an attestation and an artifact too. `make fidelity` writes the numbers, and a test in CI sends all
requests again.
"""


def sections() -> str:
    """Return the part of the page: a section for each engine."""
    return _START + "".join(
        _section(name, row) for name, row in json.loads(DATA.read_text(encoding="utf-8")).items()
    )


def _section(name: str, row: dict[str, Any]) -> str:
    listed = "\n".join(
        textwrap.fill(f"- {reason}", 100, subsequent_indent="  ") for reason in row["reasons"]
    )
    return (
        f"\n### `{name}` and {row['engine']}\n\n"
        f"Of {row['requests']:,} responses, {row['different']} differ for any reason but these:"
        "\n\n"
        f"{listed}\n"
    )
