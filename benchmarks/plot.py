"""The plot: how many answers a second, and how time grows with the catalogue."""

import math
from collections.abc import Iterator, Mapping, Sequence

from benchmarks.questions import DIFFERENT, DIFFERENT_LABEL, PLAIN, Question
from benchmarks.results import Results
from benchmarks.targets import DOCKERD, POSTGRESQL, SQLITE, p50, rate

_WIDTH, _LEFT, _RIGHT = 860, 190, 90
_BAR, _GAP = 16, 6
_HEIGHT, _TOP = 260, 34
_COLOURS = {SQLITE: "#1f6feb", POSTGRESQL: "#8250df", DOCKERD: "#bc4c00"}
_OTHER = "#8c959f"
_STYLE = (
    "text{font:12px system-ui,sans-serif;fill:#57606a;"
    # Where a line runs behind it.
    "paint-order:stroke;stroke:#fff;stroke-width:4px}"
    ".title{font-weight:600}.axis{stroke:#d0d7de;stroke-width:1}"
)


def plot(results: Results) -> str:
    """Return an SVG of a run, on logarithmic axes."""
    y = 0.0
    parts: list[str] = []
    for size in results.sizes():
        rates = {
            server: results.median(size, PLAIN, 16, server, rate)
            for server in results.servers(size, PLAIN)
        }
        bars = {server: value for server, value in rates.items() if value is not None}
        if len(bars) > 1:
            title = f"{size:,} images, plain, hot, 16 connections: answers a second (log scale)"
            parts += _bars(title, bars, y)
            y += _TOP + len(bars) * (_BAR + _GAP) + 10
    times = {
        (server, question.name): _times(results, server, question)
        for server in (SQLITE, POSTGRESQL, DOCKERD)
        for question in (DIFFERENT, DIFFERENT_LABEL)
    }
    if lines := {key: points for key, points in times.items() if len(points) > 1}:
        parts += _lines("A new question each time: p50 in ms, by number of images", lines, y)
        y += _TOP + _HEIGHT + 30
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y:.0f}">'
    back = '<rect width="100%" height="100%" fill="#ffffff"/>'
    return "\n".join([head, f"<style>{_STYLE}</style>", back, *parts, "</svg>", ""])


def _times(results: Results, server: str, question: Question) -> list[tuple[int, float]]:
    found = ((size, results.median(size, question, 1, server, p50)) for size in results.sizes())
    return [(size, time) for size, time in found if time]


def _bars(title: str, bars: Mapping[str, float], top: float) -> Iterator[str]:
    yield _text(_LEFT, top + 20, title, style="title")
    low = 10 ** math.floor(math.log10(max(min(bars.values()), 0.1)))
    scale = (_WIDTH - _LEFT - _RIGHT) / math.log10(max(bars.values()) / low * 1.01)
    for number, (server, value) in enumerate(bars.items()):
        y = top + _TOP + number * (_BAR + _GAP)
        width = max(1.0, math.log10(max(value, low) / low) * scale)
        colour = _COLOURS.get(server, "#1f6feb" if "musterd" in server else _OTHER)
        yield _text(_LEFT - 8, y + 12, server, anchor="end")
        yield (
            f'<rect x="{_LEFT}" y="{y:.0f}" width="{width:.0f}" height="{_BAR}" fill="{colour}"/>'
        )
        yield _text(_LEFT + width + 6, y + 12, f"{value:,.0f}")


def _lines(
    title: str, lines: Mapping[tuple[str, str], Sequence[tuple[int, float]]], top: float
) -> Iterator[str]:
    yield _text(60, top + 20, title, style="title")
    sizes = sorted({size for points in lines.values() for size, _ in points})
    times = [time for points in lines.values() for _, time in points]
    low, high = math.floor(math.log10(min(times))), math.ceil(math.log10(max(times)))
    right, bottom = _WIDTH - 330, top + _TOP + _HEIGHT

    def x(size: int) -> float:
        first, last = math.log10(sizes[0]), math.log10(sizes[-1])
        return 60 + (math.log10(size) - first) / (last - first) * (right - 60)

    def y(time: float) -> float:
        return bottom - (math.log10(time) - low) / max(1, high - low) * _HEIGHT

    for size in sizes:
        yield _text(x(size), bottom + 18, f"{size:,}", anchor="middle")
    for power in range(low, high + 1):
        at = y(10.0**power)
        yield f'<line class="axis" x1="60" x2="{right}" y1="{at:.0f}" y2="{at:.0f}"/>'
        yield _text(52, at + 4, f"{10.0**power:g}", anchor="end")
    ends = sorted((y(points[-1][1]), key) for key, points in lines.items())
    label = top + _TOP
    for end, key in ends:
        server, question = key
        dash = ' stroke-dasharray="5 4"' if question == DIFFERENT_LABEL.name else ""
        points = " ".join(f"{x(size):.0f},{y(time):.0f}" for size, time in lines[key])
        colour = _COLOURS[server]
        yield f'<polyline points="{points}" fill="none" stroke="{colour}"{dash} stroke-width="2"/>'
        # Labels of lines that end close together must not lie on each other.
        label = max(end, label)
        what = "3 by label" if dash else "all"
        yield _text(x(lines[key][-1][0]) + 8, label + 4, f"{server}: {what}")
        label += 15


def _text(x: float, y: float, text: str, *, anchor: str = "start", style: str = "") -> str:
    named = f' class="{style}"' if style else ""
    return f'<text{named} x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{text}</text>'
