"""The plot: how many answers a second, and how time grows with the catalogue."""

import math
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass

from benchmarks.questions import DIFFERENT, DIFFERENT_LABEL, PLAIN, Question
from benchmarks.results import Results
from benchmarks.targets import DOCKERD, POSTGRESQL, SQLITE, p50, rate

_WIDTH, _LEFT, _RIGHT = 860, 190, 90
_BAR, _GAP = 16, 6
_HEIGHT, _TOP = 260, 40
_LEGEND = 24
_CLASSES = {SQLITE: "sqlite", POSTGRESQL: "postgresql", DOCKERD: "dockerd"}
_LEGENDS = {
    "sqlite": SQLITE,
    "postgresql": POSTGRESQL,
    "musterd": "musterd otherwise",
    "dockerd": DOCKERD,
    "other": "others",
}
_LIGHT = {
    "back": "#ffffff",
    "text": "#424a53",
    "axis": "#d0d7de",
    "sqlite": "#1f6feb",
    "postgresql": "#8250df",
    "musterd": "#6cb6ff",
    "dockerd": "#bc4c00",
    "other": "#8c959f",
}
_DARK = {
    "back": "#0d1117",
    "text": "#c9d1d9",
    "axis": "#30363d",
    "sqlite": "#58a6ff",
    "postgresql": "#bc8cff",
    "musterd": "#1f5fbf",
    "dockerd": "#f0883e",
    "other": "#6e7681",
}


@dataclass(frozen=True)
class Figure:
    """What the plot shows.

    Attributes:
        rates: Answers a second by server, for each number of images.
        times: Milliseconds by number of images, for each server and question.
    """

    rates: Mapping[int, Mapping[str, float]]
    times: Mapping[tuple[str, str], Sequence[tuple[int, float]]]


def plot(results: Results) -> str:
    """Return an SVG of a run."""
    return drawn(figure(results))


def figure(results: Results) -> Figure:
    """Return what the plot shows of a run."""
    rates = {}
    for size in results.sizes():
        found = {
            server: results.median(size, PLAIN, 16, server, rate)
            for server in results.servers(size, PLAIN)
        }
        rates[size] = {server: value for server, value in found.items() if value is not None}
    times = {
        (server, question.name): _times(results, server, question)
        for server in (SQLITE, POSTGRESQL, DOCKERD)
        for question in (DIFFERENT, DIFFERENT_LABEL)
    }
    return Figure(
        {size: bars for size, bars in rates.items() if len(bars) > 1},
        {key: points for key, points in times.items() if len(points) > 1},
    )


def _times(results: Results, server: str, question: Question) -> list[tuple[int, float]]:
    found = ((size, results.median(size, question, 1, server, p50)) for size in results.sizes())
    return [(size, time) for size, time in found if time]


def drawn(shown: Figure) -> str:
    """Return the SVG: bars from zero, and lines on logarithmic axes."""
    y = 10.0
    servers = {server for bars in shown.rates.values() for server in bars}
    kinds = {_class(server) for server in servers}
    parts = [*_legend([(name, _LEGENDS[name], "") for name in _LEGENDS if name in kinds], y)]
    y += _LEGEND
    for size, bars in shown.rates.items():
        parts += _bars(
            f"{size:,} images, the plain listing, 16 connections: answers a second", bars, y
        )
        y += _TOP + len(bars) * (_BAR + _GAP) + 10
    if shown.times:
        title = "Another query each time: median in ms, by number of images (both axes logarithmic)"
        parts += _lines(title, shown.times, y)
        y += _TOP + _LEGEND + _HEIGHT + 40
    head = f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {_WIDTH} {y:.0f}">'
    back = '<rect class="back" width="100%" height="100%"/>'
    return "\n".join([head, f"<style>{_style()}</style>", back, *parts, "</svg>", ""])


def _style() -> str:
    return (
        f"text{{font:12px system-ui,sans-serif}}.title{{font-weight:600}}{_colours(_LIGHT)}"
        f"@media(prefers-color-scheme:dark){{{_colours(_DARK)}}}"
    )


def _colours(colours: Mapping[str, str]) -> str:
    return f"text{{fill:{colours['text']}}}" + "".join(
        f".{name}{{fill:{colour}}}polyline.{name},line.{name}{{fill:none;stroke:{colour}}}"
        for name, colour in colours.items()
        if name != "text"
    )


def _class(server: str) -> str:
    return _CLASSES.get(server, "musterd" if "musterd" in server else "other")


def _legend(entries: Sequence[tuple[str, str, str]], y: float) -> Iterator[str]:
    """Draw entries of a class, a text and, for lines, a dash."""
    x = 60.0
    for name, text, dash in entries:
        if dash:
            yield _line(name, (x, x + 24), (y + 8, y + 8), dash)
        else:
            yield f'<rect class="{name}" x="{x:.0f}" y="{y + 2:.0f}" width="12" height="12"/>'
        yield _text(x + (30 if dash else 18), y + 12, text)
        x += 48 + 6.5 * len(text)


def _bars(title: str, bars: Mapping[str, float], top: float) -> Iterator[str]:
    yield _text(_LEFT, top + 24, title, style="title")
    scale = (_WIDTH - _LEFT - _RIGHT) / max(bars.values())
    for number, (server, value) in enumerate(bars.items()):
        y = top + _TOP + number * (_BAR + _GAP)
        width = max(1.0, value * scale)
        place = f'x="{_LEFT}" y="{y:.0f}" width="{width:.0f}" height="{_BAR}"'
        yield _text(_LEFT - 8, y + 12, server, anchor="end")
        yield f'<rect class="{_class(server)}" {place}/>'
        yield _text(_LEFT + width + 6, y + 12, f"{value:,.0f}")


def _lines(
    title: str, lines: Mapping[tuple[str, str], Sequence[tuple[int, float]]], top: float
) -> Iterator[str]:
    yield _text(60, top + 24, title, style="title")
    servers = list(dict.fromkeys(server for server, _ in lines))
    yield from _legend(
        [
            *((_class(server), server, _SOLID) for server in servers),
            ("other", "all images", _SOLID),
            ("other", "three images by label", _DASHED),
        ],
        top + _TOP - 6,
    )
    top += _LEGEND
    sizes = sorted({size for points in lines.values() for size, _ in points})
    times = [time for points in lines.values() for _, time in points]
    low, high = math.floor(math.log10(min(times))), math.ceil(math.log10(max(times)))
    right, bottom = _WIDTH - 40, top + _TOP + _HEIGHT

    def x(size: int) -> float:
        first, last = math.log10(sizes[0]), math.log10(sizes[-1])
        return 60 + (math.log10(size) - first) / (last - first) * (right - 60)

    def y(time: float) -> float:
        return bottom - (math.log10(time) - low) / max(1, high - low) * _HEIGHT

    for size in sizes:
        yield _text(x(size), bottom + 18, f"{size:,}", anchor="middle")
    for power in range(low, high + 1):
        at = y(10.0**power)
        yield _line("axis", (60, right), (at, at), _SOLID)
        yield _text(52, at + 4, f"{10.0**power:g}", anchor="end")
    for (server, question), found in lines.items():
        dash = _DASHED if question == DIFFERENT_LABEL.name else _SOLID
        points = " ".join(f"{x(size):.0f},{y(time):.0f}" for size, time in found)
        yield (
            f'<polyline class="{_class(server)}" points="{points}" stroke-width="2"'
            f' stroke-dasharray="{dash}"/>'
        )


_SOLID, _DASHED = "none", "5 4"


def _line(name: str, x: tuple[float, float], y: tuple[float, float], dash: str) -> str:
    place = f'x1="{x[0]:.0f}" x2="{x[1]:.0f}" y1="{y[0]:.0f}" y2="{y[1]:.0f}"'
    width = 1 if name == "axis" else 2
    return f'<line class="{name}" {place} stroke-width="{width}" stroke-dasharray="{dash}"/>'


def _text(x: float, y: float, text: str, *, anchor: str = "start", style: str = "") -> str:
    named = f' class="{style}"' if style else ""
    return f'<text{named} x="{x:.0f}" y="{y:.0f}" text-anchor="{anchor}">{text}</text>'
