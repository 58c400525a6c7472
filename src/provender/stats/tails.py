"""How fast a body of values thins out, told by the body and not by what may lie beyond it.

A `Tail` is fitted to distances from a centre. Its depth at x is -ln P(X >= x). Quantiles at a
fixed ladder of levels are its anchors; between two of them the depth is a Weibull curve,
beyond the last it goes on as one whose shape is the smaller of the body's overall and last
local shape, times a margin. Poison that sits in the tail must not be an anchor: where the next
rung of the ladder jumps far more than any of the rungs before, the body ends and what lies
beyond the gap is left out of the fit. Clean tails, heavy ones too, grow evenly from rung to
rung, so they are followed down to their last `LEAST` values.
"""

from __future__ import annotations

from dataclasses import dataclass

import numpy as np

#: A rung needs this many values at or beyond it; fewer say nothing about a quantile.
LEAST = 10
#: Rungs per halving of the share beyond.
RUNGS = 2
#: A break is a rung this many times larger (in log distance) than the `LOOK_BACK` before it…
JUMP, LOOK_BACK = 2.0, 6
#: …and moves by this factor at least. Natural groups that lie apart reach 1.6 (Hawaii flights).
BREAK = float(np.log(1.8))
#: The same for the part of a zero-inflated column that is not zero: such parts are mixtures
#: (top-codes, classes of amounts); samples of Adult's capital gain jump by up to 6.7.
BREAK_OF_MIXTURE = float(np.log(8.0))
#: At most this share of all values may lie beyond breaks: more is a population, not an accident.
MOST = 0.05
#: Fewest anchors that show a shape.
FEWEST = 3
#: No tail is taken to fall faster than exp(-x**4); Gaussian is 2, exponential 1.
STEEPEST = 4.0
#: Extrapolated shapes are multiplied by this; by the second where a break was found, which is
#: evidence by itself that the body ends there.
MARGIN, MARGIN_AT_BREAK = 0.6, 0.75
_DEEPEST = 3000.0


@dataclass(frozen=True)
class Tail:
    """A fitted tail.

    Attributes:
        distance: float64 (n,), anchors, ascending, positive.
        depth: float64 (n,), -ln of the share of the body at or beyond each, ascending.
        shape: Weibull shape beyond the last anchor, margin included.
        beyond: how many values lie beyond a break and were left out.
    """

    distance: np.ndarray
    depth: np.ndarray
    shape: float
    beyond: int = 0

    def depth_at(self, distance: np.ndarray) -> np.ndarray:
        """Return -ln P(X >= distance) for positive float64 distances of any shape."""
        log = np.log(distance)
        anchors = np.log(self.distance)
        depth = np.interp(log, anchors, np.log(self.depth))
        depth += np.minimum(log - anchors[0], 0.0)
        depth += self.shape * np.maximum(log - anchors[-1], 0.0)
        return np.asarray(np.exp(np.minimum(depth, np.log(_DEEPEST))))


def fit_tail(
    distance: np.ndarray,
    counts: np.ndarray,
    rows: int,
    mixture: bool = False,
    boundary: float | None = None,
) -> Tail | None:
    """Fit the tail of values at ``distance`` from a centre; None where they show no shape.

    Args:
        distance: float64 (n,), ascending, positive: the occupied cells on one side.
        counts: int64 (n,), values in each.
        rows: values on both sides and at the centre.
        mixture: whether these are the rest of a column that mostly sits on its centre.
        boundary: distance of the column's zero, if that is on this side.
    """
    inside = len(distance)
    if boundary is not None and _crosses(distance, counts, rows, boundary):
        inside = int(np.searchsorted(distance, boundary, side="right"))
    least_jump = BREAK_OF_MIXTURE if mixture else BREAK
    while (end := _break(distance[:inside], counts[:inside], least_jump)) is not None:
        if counts[end:].sum() > MOST * rows:
            break
        inside = end
    beyond = int(counts[inside:].sum())
    distance, counts = distance[:inside], counts[:inside]
    if counts.sum() < LEAST:
        return None
    survivors = _survivors(counts)
    anchors = np.unique(_ladder(survivors))
    share = survivors[anchors] / survivors[0]
    anchors, share = anchors[share < 1], share[share < 1]
    if len(anchors) < FEWEST:
        return None
    log_distance, log_depth = np.log(distance[anchors]), np.log(-np.log(share))
    # The last local shape spans a factor of four in the share beyond.
    since = min(int(np.searchsorted(-share, -4 * share[-1])), len(share) - FEWEST)
    shapes = [
        (log_depth[-1] - log_depth[i]) / (log_distance[-1] - log_distance[i]) for i in (0, since)
    ]
    margin = MARGIN_AT_BREAK if beyond else MARGIN
    return Tail(distance[anchors], -np.log(share), float(margin * min(*shapes, STEEPEST)), beyond)


def _survivors(counts: np.ndarray) -> np.ndarray:
    """Return for each cell the number of values in it or farther out."""
    return np.cumsum(counts[::-1])[::-1]


def _ladder(survivors: np.ndarray) -> np.ndarray:
    """Return the cell of each rung: the farthest that keeps the rung's share at or beyond it."""
    rungs = np.arange(1, RUNGS * np.log2(survivors[0] / LEAST) + 1e-9)
    wanted = survivors[0] * 2.0 ** (-rungs / RUNGS)
    return np.asarray(np.searchsorted(-survivors, -wanted, side="right") - 1)


def _break(distance: np.ndarray, counts: np.ndarray, least_jump: float) -> int | None:
    """Return the first cell beyond the first break, if there is one."""
    if counts.sum() < LEAST:
        return None
    cells = _ladder(_survivors(counts))
    log = np.log(distance)
    steps = np.diff(log[cells])
    for i in range(2, len(steps)):
        before = steps[max(0, i - LOOK_BACK) : i].max()
        if steps[i] > max(least_jump, JUMP * before):
            gaps = np.diff(log[cells[i] : cells[i + 1] + 1])
            return int(cells[i] + np.argmax(gaps) + 1)
    return None


def _crosses(distance: np.ndarray, counts: np.ndarray, rows: int, boundary: float) -> bool:
    """Tell whether the values past zero are a group of their own and not the body's last end.

    A body that thins out across zero leaves small values past it. Flipped signs leave values
    as large as the body's own: their median is farther from zero than the nearest 10 % of the
    body are.
    """
    first = int(np.searchsorted(distance, boundary, side="right"))
    past = int(counts[first:].sum())
    if not 0 < past <= MOST * rows:
        return False
    nearest = np.cumsum(counts[:first][::-1])
    if not first or nearest[-1] < 0.1 * rows:
        return False
    median = distance[first + np.searchsorted(np.cumsum(counts[first:]), past / 2)] - boundary
    near = boundary - distance[first - 1 - np.searchsorted(nearest, 0.1 * rows)]
    return bool(median > near)
