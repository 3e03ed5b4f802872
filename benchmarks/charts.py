"""The charts of the results, as SVG, for a light page and for a dark one."""

from __future__ import annotations

import math
from collections.abc import Iterable, Mapping, Sequence
from html import escape
from typing import Any, Final

from attrs import frozen

from .results import figures
from .table import number

WIDTH: Final = 720
_FONT: Final = "font-family='system-ui, sans-serif' font-size='13'"


@frozen
class Theme:
    """The colours of a chart.

    Attributes:
        text: of letters.
        faint: of lines that only guide the eye.
        lines: of what is shown, the first one being recording's own.
    """

    text: str
    faint: str
    lines: tuple[str, ...]


THEMES: Final[Mapping[str, Theme]] = {
    "light": Theme("#1f2328", "#d0d7de", ("#0550ae", "#6e7781", "#bc4c00")),
    "dark": Theme("#e6edf3", "#3d444d", ("#79c0ff", "#8b949e", "#ffa657")),
}


def cost_chart(results: dict[str, Any], theme: Theme) -> str:
    """What an event costs, as bars on a logarithmic scale."""
    known = figures(results)
    unit = ", µs an event"
    bars = {name: known[name + unit] for name in _COSTS if known.get(name + unit)}
    if not bars:
        return _svg(40, [])
    most = math.log10(max(bars.values()) * 3)
    least = math.log10(min(0.1, *bars.values()))
    left, row, parts = 190, 30, []
    scale = (WIDTH - left - 70) / (most - least)
    for line, (name, value) in enumerate(sorted(bars.items(), key=lambda bar: bar[1])):
        y, length = 10 + line * row, (math.log10(value) - least) * scale
        colour = theme.lines[0] if name == "recording" else theme.lines[1]
        parts += [
            _text(left - 10, y + 15, name, theme.text, anchor="end"),
            f"<rect x='{left}' y='{y}' width='{length:.1f}' height='20' rx='3' fill='{colour}'/>",
            _text(left + length + 8, y + 15, f"{number(value)} µs", theme.text),
        ]
    return _svg(20 + len(bars) * row, parts)


_COSTS: Final = (
    "LiveKit's emit alone",
    "one empty listener",
    "the floor",
    "recording",
    "auditchain",
    "eventsourcing",
)


def growth_chart(results: dict[str, Any], theme: Theme) -> str:
    """Seconds by events, for recording, folding and verifying."""
    known = figures(results)
    lines = {name: known.get(f"{name}, seconds", []) for name in ("record", "fold", "verify")}
    return _plane(lines, theme, x="events", y="seconds of processor time")


def stall_chart(results: dict[str, Any], theme: Theme) -> str:
    """How late the loop was, by the share of the events that were no later."""
    known = figures(results)
    lines = {
        name: [[1 / (1 - share), late] for share, late in known.get(name, [])]
        for name in ("recorded", "not recorded")
    }
    return _plane(lines, theme, x="one event in so many was later", y="ms")


def _plane(lines: Mapping[str, Sequence[Sequence[float]]], theme: Theme, *, x: str, y: str) -> str:
    """Lines on two logarithmic scales; nothing if one of them is not known yet."""
    if not all(lines.values()):
        return _svg(40, [])
    across = _Scale.of([point[0] for line in lines.values() for point in line], 70, WIDTH - 110)
    up = _Scale.of([point[1] for line in lines.values() for point in line], 300, 20)
    parts = []
    for value in across.marks():
        at = across(value)
        parts.append(_line(at, 20, at, 300, theme.faint))
        parts.append(_text(at, 320, _tidy(value), theme.text, anchor="middle"))
    for value in up.marks():
        at = up(value)
        parts.append(_line(70, at, WIDTH - 110, at, theme.faint))
        parts.append(_text(60, at + 4, _tidy(value), theme.text, anchor="end"))
    parts.append(_text((WIDTH - 40) / 2, 342, x, theme.text, anchor="middle"))
    parts.append(_text(70, 12, y, theme.text))
    ends = [(up(line[-1][1]), name) for name, line in lines.items()]
    for colour, (name, line) in zip(theme.lines, lines.items(), strict=False):
        points = " ".join(f"{across(a):.1f},{up(b):.1f}" for a, b in line)
        parts.append(
            f"<polyline points='{points}' fill='none' stroke='{colour}' stroke-width='2.5'/>"
        )
        parts.append(_text(WIDTH - 102, _apart(name, ends) + 4, name, colour))
    return _svg(350, parts)


@frozen
class _Scale:
    """A logarithmic scale between two places of the picture."""

    least: float
    most: float
    start: float
    end: float

    @classmethod
    def of(cls, values: Iterable[float], start: float, end: float) -> _Scale:
        """The scale of whole powers of ten that the values need."""
        logarithms = [math.log10(value) for value in values if value > 0]
        return cls(math.floor(min(logarithms)), math.ceil(max(logarithms)), start, end)

    def __call__(self, value: float) -> float:
        share = (math.log10(value) - self.least) / max(1, self.most - self.least)
        return self.start + share * (self.end - self.start)

    def marks(self) -> list[float]:
        return [10.0**power for power in range(int(self.least), int(self.most) + 1)]


def _apart(name: str, ends: list[tuple[float, str]]) -> float:
    """Where a line's name goes: at its end, and not over another's."""
    placed, before = 0.0, -math.inf
    for at, other in sorted(ends):
        before = max(at, before + 16)
        if other == name:
            placed = before
    return placed


def _tidy(value: float) -> str:
    return f"{value:,.0f}" if value >= 1 else f"{value:g}"


def _text(x: float, y: float, text: str, colour: str, *, anchor: str = "start") -> str:
    return (
        f"<text x='{x:.1f}' y='{y:.1f}' fill='{colour}' text-anchor='{anchor}' {_FONT}>"
        f"{escape(text)}</text>"
    )


def _line(x1: float, y1: float, x2: float, y2: float, colour: str) -> str:
    return f"<line x1='{x1:.1f}' y1='{y1:.1f}' x2='{x2:.1f}' y2='{y2:.1f}' stroke='{colour}'/>"


def _svg(height: int, parts: list[str]) -> str:
    size = f"width='{WIDTH}' height='{height}' viewBox='0 0 {WIDTH} {height}'"
    return "\n".join([f"<svg xmlns='http://www.w3.org/2000/svg' {size}>", *parts, "</svg>", ""])
