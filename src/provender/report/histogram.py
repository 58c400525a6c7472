"""Charts of -log10 p by class, against what clean data would give and the flagging threshold."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import Any

from provender.report.wording import count

#: The drawing's size and margins, in SVG user units.
WIDTH, HEIGHT = 320, 170
LEFT, RIGHT, TOP, BOTTOM = 40, 10, 12, 32
MOST_CHARTS = 12
#: The axis shows at least this many decades and up to three times the threshold; a longer
#: tail is drawn as one last bar, or a single row at 1e-300 would flatten all the rest.
_LEAST_DECADES = 6.0
#: The count at the foot of the log axis: one row must still be a visible bar.
_FOOT = 0.4


@dataclass(frozen=True)
class Bar:
    """One bin: its box and its words."""

    x: float
    y: float
    width: float
    height: float
    title: str


@dataclass(frozen=True)
class Chart:
    """One class of one detector.

    Attributes:
        null_line: SVG polyline points: rows per bin if every p-value were uniform.
        threshold: x of the flagging threshold; None when nothing was flagged.
        x_ticks, y_ticks: (position, label).
    """

    label: str
    rows: int
    bars: tuple[Bar, ...]
    null_line: str
    threshold: float | None
    x_ticks: tuple[tuple[float, str], ...]
    y_ticks: tuple[tuple[float, str], ...]


def charts(detector: dict[str, Any]) -> tuple[list[Chart], int]:
    """Return the charts of one entry of findings.json's ``detectors``, and how many are left out.

    All charts share their axes. Where there are more than `MOST_CHARTS` classes, those with the
    most rows beyond the threshold are kept.
    """
    p = detector["p_threshold"]
    threshold = -math.log10(max(p, 1e-300)) if p >= 0 else None
    histograms = [h for h in detector["histograms"] if sum(h["counts"])]
    ranked = sorted(histograms, key=lambda h: (-_beyond(h, threshold), -sum(h["counts"])))
    kept = [h for h in histograms if any(h is k for k in ranked[:MOST_CHARTS])]
    if not kept:
        return [], 0
    last = max(h["edges"][i + 1] for h in kept for i, c in enumerate(h["counts"]) if c)
    end = max(_LEAST_DECADES, min(max(last, threshold or 0), 3 * (threshold or 4)))
    most = max(c for h in kept for c in [*h["counts"], _from(h, end)])
    return [_chart(h, threshold, end, most) for h in kept], len(histograms) - len(kept)


def _chart(histogram: dict[str, Any], threshold: float | None, end: float, most: int) -> Chart:
    def across(value: float) -> float:
        return round(LEFT + (WIDTH - LEFT - RIGHT) * min(value / end, 1.0), 2)

    def up(rows: float) -> float:
        part = math.log10(max(rows, _FOOT) / _FOOT) / math.log10(max(most, 10) / _FOOT)
        return round(HEIGHT - BOTTOM - (HEIGHT - BOTTOM - TOP) * min(part, 1.0), 2)

    edges, rows = histogram["edges"], sum(histogram["counts"])
    bars, null_points = [], []
    for low, high, hits in zip(edges, edges[1:], histogram["counts"], strict=False):
        if low >= end:
            break
        # The last bin in view also holds whatever lies beyond the axis.
        shown, words = hits, f"-log10 p from {low:g} to {high:g}"
        if high >= end:
            shown, words = _from(histogram, low), f"-log10 p of {low:g} and more"
        expected = rows * (10.0**-low - 10.0**-high)
        if expected > _FOOT:
            null_points += [f"{across(low)},{up(expected)}", f"{across(high)},{up(expected)}"]
        if shown:
            x, y = across(low), up(shown)
            width, height = max(across(high) - x - 0.5, 0.8), HEIGHT - BOTTOM - y
            bars.append(Bar(x, y, round(width, 2), round(height, 2), f"{words}: {count(shown)}"))
    step = next(s for s in (1, 2, 5, 10, 20, 50, 100) if end / s <= 8)
    powers = range(0, math.ceil(math.log10(max(most, 10))) + 1, 1 if most < 10**5 else 2)
    return Chart(
        label=histogram["class"],
        rows=rows,
        bars=tuple(bars),
        null_line=" ".join(null_points),
        threshold=None if threshold is None else across(threshold),
        x_ticks=tuple((across(v), str(v)) for v in range(0, int(end) + 1, step)),
        y_ticks=tuple((up(10**k), count(10**k)) for k in powers if 10**k <= max(most, 10)),
    )


def _from(histogram: dict[str, Any], low: float) -> int:
    pairs = zip(histogram["edges"], histogram["counts"], strict=False)
    return sum(hits for edge, hits in pairs if edge >= low)


def _beyond(histogram: dict[str, Any], threshold: float | None) -> int:
    return 0 if threshold is None else _from(histogram, threshold)
