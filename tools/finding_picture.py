"""Draw the finding in docs/check-a-server.md as a terminal, light and dark, for the README.

That page shows what `muster check` prints for podman 4.3; a test in tests/interop compares the two.
The pictures load no font or other asset.

Usage: python -m tools.finding_picture [--check]
"""

from __future__ import annotations

import argparse
import re
import sys
from collections.abc import Sequence
from pathlib import Path

from rich.console import Console
from rich.terminal_theme import TerminalTheme
from rich.text import Text

ROOT = Path(__file__).resolve().parent.parent
PAGE = ROOT / "docs" / "check-a-server.md"
FOLDER = ROOT / "docs" / "images"
COMMAND = "$ muster check tcp://127.0.0.1:2375"
COLUMNS = 86
FINDING = re.compile(r"^```\n(FAIL .*?)\n```$", re.MULTILINE | re.DOTALL)
# The roles of the 16 colours of a terminal that the finding uses: red for the verdict, blue for the
# labels, green for the command lines.
_OTHERS = [(128, 128, 128)] * 4
LIGHT = TerminalTheme(
    (255, 255, 255),
    (31, 35, 40),
    [(31, 35, 40), (207, 34, 46), (17, 99, 41), (77, 45, 0), (9, 105, 218), *_OTHERS[:3]],
)
DARK = TerminalTheme(
    (13, 17, 23),
    (230, 237, 243),
    [(72, 79, 88), (255, 123, 114), (63, 185, 80), (210, 153, 34), (88, 166, 255), *_OTHERS[:3]],
)
# Rich draws a white frame, which does not show on a white page.
_WHITE_FRAME, _FRAME = 'stroke="rgba(255,255,255,0.35)"', 'stroke="rgba(128,128,128,0.6)"'
FORMAT = """\
<svg viewBox="0 0 {width} {height}" xmlns="http://www.w3.org/2000/svg">
<style>
.{unique_id}-matrix {{
  font-family: ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
  font-size: {char_height}px; line-height: {line_height}px;
}}
.{unique_id}-title {{ font: bold 18px sans-serif; }}
{styles}
</style>
<defs>
{lines}
</defs>
{chrome}
<g transform="translate({terminal_x}, {terminal_y})">
{backgrounds}
<g class="{unique_id}-matrix">
{matrix}
</g>
</g>
</svg>
"""


def finding(page: str) -> str:
    """Return the finding that *page* shows.

    Raises:
        ValueError: If the page shows none.
    """
    match = FINDING.search(page)
    if match is None:
        raise ValueError(f"{PAGE.name} shows no finding: no code block begins with FAIL")
    return match[1]


def picture(text: str, theme: TerminalTheme, name: str) -> str:
    """Return an SVG of a terminal that shows the command and the finding *text*.

    Args:
        text: The finding, as the terminal report prints it.
        theme: The colours.
        name: Prefix of the identifiers in the SVG.
    """
    with Path("/dev/null").open("w") as nowhere:
        console = Console(record=True, width=COLUMNS, file=nowhere, color_system="standard")
        console.print(Text(COMMAND, "bold"))
        console.print()
        for line in text.splitlines():
            console.print(_coloured(line), soft_wrap=False)
        svg = console.export_svg(
            title="muster", theme=theme, code_format=FORMAT, unique_id=name, clear=True
        )
    svg = svg.replace(_WHITE_FRAME, _FRAME)
    return "".join(f"{line.rstrip()}\n" for line in svg.splitlines() if line.strip())


def _coloured(line: str) -> Text:
    made = Text(line)
    made.highlight_regex(r"^FAIL", "bold red")
    made.highlight_regex(r"^  [A-Z][a-z]+:", "blue")
    made.highlight_regex(r"^  \$ .*", "green")
    return made


def files() -> dict[Path, str]:
    """Return the text of each picture, by its file."""
    text = finding(PAGE.read_text(encoding="utf-8"))
    return {
        FOLDER / "finding-light.svg": picture(text, LIGHT, "light"),
        FOLDER / "finding-dark.svg": picture(text, DARK, "dark"),
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Write the pictures or, with ``--check``, list those that are out of date."""
    parser = argparse.ArgumentParser(description="Draw the finding for the README.")
    parser.add_argument("--check", action="store_true", help="only list what is out of date")
    check = parser.parse_args(arguments).check
    outdated = {
        path: text
        for path, text in files().items()
        if not path.exists() or path.read_text(encoding="utf-8") != text
    }
    for path, text in outdated.items():
        if not check:
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text, encoding="utf-8")
        sys.stderr.write(f"{'out of date' if check else 'written'}: {path.name}\n")
    return int(check and bool(outdated))


if __name__ == "__main__":
    sys.exit(main())
