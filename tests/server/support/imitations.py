"""What docs/fidelity.md says of imitations beside real engines, as `make fidelity` found it."""

import json
import textwrap
from pathlib import Path
from typing import Any

DATA = Path(__file__).parents[2] / "interop" / "data" / "fidelity.json"
_START = """
## Beside the real engines

Each imitation and its real engine had the same archive, and were asked the same drawn requests,
spread over all API versions of the engine. `make fidelity` writes the numbers, and a test asks
again in CI.
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
        f"Of {row['requests']:,} answers, {row['different']} differ for another reason than "
        "these:\n\n"
        f"{listed}\n"
    )
