"""outliers/robust-column: values that a numeric column's own body cannot explain."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, replace
from typing import Any, ClassVar, Self

import numpy as np
import pyarrow as pa

from provender.core.finding import Level, Rule
from provender.detect.base import Cause, DataView, RowScores, Unchecked
from provender.stats.numbers import NumberCounts, Numbers, column_values
from provender.stats.packing import pack, unpack
from provender.stats.tails import MOST, Tail, fit_tail

_KIND = "robust-column/1"
#: The smallest p-value given: the first cell of the grid that counts p-values.
_LEAST_P = 1e-300


@dataclass(frozen=True)
class Side:
    """One side of a column's median: its tail and the share of values that lie in it."""

    tail: Tail
    mass: float
    borrowed: bool = False

    def p_values(self, distance: np.ndarray) -> np.ndarray:
        """Return two-sided p-values of values at ``distance`` (float64, positive)."""
        depth = self.tail.depth_at(distance)
        return np.asarray(np.minimum(1.0, 2 * self.mass * np.exp(-depth)))


@dataclass(frozen=True)
class Body:
    """What the bulk of a column looks like.

    Attributes:
        median, spread: the median and half the distance between the quartiles.
        below, above: None where the side shows no shape that a tail could be told from.
        infinite_is_odd: whether infinities are rare enough to be outliers.
    """

    median: float
    spread: float
    below: Side | None
    above: Side | None
    infinite_is_odd: bool

    def p_values(self, values: np.ndarray) -> np.ndarray:
        """Return p-values (float64, shape of ``values``), NaN where the value is NaN."""
        p = np.where(np.isnan(values), np.nan, 1.0)
        for side, sign in ((self.below, -1.0), (self.above, 1.0)):
            if side is not None:
                distance = sign * (values - self.median)
                there = np.isfinite(distance) & (distance > 0)
                p[there] = side.p_values(distance[there])
        infinite = np.isinf(values)
        p[infinite] = 0.0 if self.infinite_is_odd else 1.0
        return np.maximum(p, _LEAST_P)


def fit_body(numbers: Numbers, least_rows: int) -> Body | str:
    """Return the body of a column, or why it has none that a null can be fitted to."""
    rows = numbers.values.total
    if rows < least_rows:
        return f"{rows} finite values"
    values, counts = numbers.values.values(), numbers.values.counts
    ranks = np.cumsum(counts)
    low, median, high = values[np.searchsorted(ranks, [0.25 * rows, 0.5 * rows, 0.75 * rows])]
    under, over = values < median, values > median
    sides: list[Side | None] = []
    heaped = counts[values == median].sum() > rows / 2
    for there, sign in ((under, -1), (over, 1)):
        distance = np.abs(values[there] - median)[::sign]
        cells = counts[there][::sign]
        boundary = abs(median) if median * sign < 0 else None
        tail = fit_tail(distance, cells, rows, heaped, boundary) if there.any() else None
        mass = (cells.sum() - tail.beyond) / rows if tail else 0.0
        sides.append(Side(tail, float(mass)) if tail else None)
    below, above = sides
    # A side that could be poison as a whole can't be its own null: the other side stands in.
    if counts[under].sum() < MOST * rows:
        below = replace(above, borrowed=True) if above else None
    elif counts[over].sum() < MOST * rows:
        above = replace(below, borrowed=True) if below else None
    if below is None and above is None:
        return "too few distinct values away from the median"
    odd = numbers.infinite <= MOST * (rows + numbers.infinite)
    return Body(float(median), float(high - low) / 2, below, above, odd)


RULE = Rule(
    id="outliers/robust-column",
    title="Numeric outliers",
    sees="Values far outside the body of their own numeric column: unit errors, flipped signs, "
    "sentinels such as -999, infinities.",
    blind="Values inside the body or its own even tail; odd combinations of ordinary values; more "
    "than 5 % of a column; groups less than 1.8 times as far from the median as the body reaches "
    "(8 times in columns that are mostly one value, such as Adult's capital gain, whose 99999 is "
    "therefore spared); Pareto-like columns; columns of few distinct values.",
    null_model="Per column and side of the median: the body's own tail, a Weibull curve through "
    "its quantiles continued with a margin (shape times 0.6, or 0.75 beyond a gap). A row's "
    "p-value is the least of its columns' times their number.",
    false_alarms="At a false discovery rate of 1 %: Adult 0 of 48,842, flights 0 of 336,776, "
    "planes, birdstrikes and chitchat turns 0, airports 1 of 28,130 (the lowest one on earth), "
    "weather 1 of 26,115 (a wind of 1,048 mph), diamonds 28 of 53,940 (26 sizes of 0 or of 31.8 "
    "and more, which are errors, and two odd tables). Constants were chosen on these tables. Of "
    "130 bootstrap samples of Adult, 7 have flags, 24 rows of 740,000 in all. A natural group "
    "that lies apart (a rare price class, a top-code far out) is a false alarm.",
    level=Level.NOTE,
    references=(
        "Masson, Rim & Lee 2019, DDSketch",
        "Embrechts, Klueppelberg & Mikosch 1997, Modelling Extremal Events",
    ),
)


@dataclass(frozen=True)
class RobustColumn:
    """See ``rule``.

    Attributes:
        least_rows: columns with fewer finite values are not calibrated.
        names: the columns, set by ``bind``.
    """

    least_rows: int = 200
    names: tuple[str, ...] = ()

    rule: ClassVar[Rule] = RULE
    rounds: ClassVar[int] = 1

    def bind(self, view: DataView) -> Self | Unchecked:
        """Take every integer, decimal and floating column that plays no role."""
        taken = set(view.roles.given().values())
        names = tuple(f.name for f in view.schema if _is_number(f.type) and f.name not in taken)
        return replace(self, names=names) if names else Unchecked("no numeric column")

    def analysis(self, round: int, profile: bytes | None) -> NumberCounts:  # noqa: ARG002
        return NumberCounts(f"{RULE.id}#{round}", self.names)

    def profile(self, round: int, state: tuple[Numbers, ...]) -> bytes:  # noqa: ARG002
        bodies = [fit_body(numbers, self.least_rows) for numbers in state]
        return pack(_KIND, {"columns": [_body_json(b) for b in bodies]}, {})

    def score_columns(self) -> tuple[str, ...]:
        return self.names

    def scorer(self, profile: bytes) -> Callable[[pa.RecordBatch], RowScores]:
        """A row's p-value is the least of its columns', times the number of columns."""
        fitted = [
            (i, name, body)
            for i, (name, body) in enumerate(zip(self.names, _bodies(profile), strict=True))
            if isinstance(body, Body)
        ]

        def score(batch: pa.RecordBatch) -> RowScores:
            least = np.full(batch.num_rows, np.nan)
            cause = np.full(batch.num_rows, -1, np.int32)
            for i, name, body in fitted:
                p = body.p_values(column_values(batch, name))
                better = (p < least) | (np.isnan(least) & ~np.isnan(p))
                least[better], cause[better] = p[better], i
            p_value = np.minimum(least * len(fitted), 1.0)
            return RowScores(-np.log10(p_value), p_value, cause)

        return score

    def causes(self, profile: bytes) -> list[Cause]:
        """One per column, in order."""
        return [_cause(n, b) for n, b in zip(self.names, _bodies(profile), strict=True)]

    def limits(self, profile: bytes) -> str:
        parts = []
        for name, body in zip(self.names, _bodies(profile), strict=True):
            if isinstance(body, str):
                parts.append(f"{name} ({body})")
                continue
            for side, word in ((body.below, "below"), (body.above, "above")):
                if side is None:
                    parts.append(f"{name} {word} its median (too few distinct values)")
            if not body.infinite_is_odd:
                parts.append(f"infinities in {name} (more than {MOST:.0%} of it)")
        return "uncalibrated: " + ", ".join(parts) if parts else ""


def _is_number(kind: pa.DataType) -> bool:
    return bool(
        pa.types.is_integer(kind) or pa.types.is_floating(kind) or pa.types.is_decimal(kind)
    )


def _cause(name: str, body: Body | str) -> Cause:
    if isinstance(body, str):
        return Cause(name, f"column '{name}' is uncalibrated: {body}")
    evidence: dict[str, Any] = {"median": body.median, "half_quartile_range": body.spread}
    for side, word in ((body.below, "below"), (body.above, "above")):
        if side is not None:
            evidence[word] = {
                "body_ends_at_distance": float(side.tail.distance[-1]),
                "tail_shape": float(side.tail.shape),
                "values_beyond_a_gap": 0 if side.borrowed else side.tail.beyond,
                "tail_of_the_other_side": side.borrowed,
            }
    message = f"values of column '{name}' lie farther from its median than its own body explains"
    return Cause(name, message, evidence)


def _body_json(body: Body | str) -> Any:
    if isinstance(body, str):
        return body
    sides = [
        side
        and [
            side.tail.distance.tolist(),
            side.tail.depth.tolist(),
            float(side.tail.shape),
            side.tail.beyond,
            side.mass,
            side.borrowed,
        ]
        for side in (body.below, body.above)
    ]
    return [body.median, body.spread, *sides, body.infinite_is_odd]


def _bodies(profile: bytes) -> list[Body | str]:
    meta, _ = unpack(_KIND, profile)
    bodies: list[Body | str] = []
    for value in meta["columns"]:
        if isinstance(value, str):
            bodies.append(value)
            continue
        median, spread, below, above, odd = value
        bodies.append(Body(float(median), float(spread), _side(below), _side(above), odd))
    return bodies


def _side(value: Any) -> Side | None:
    if value is None:
        return None
    distance, depth, shape, beyond, mass, borrowed = value
    tail = Tail(np.array(distance, np.float64), np.array(depth, np.float64), shape, beyond)
    return Side(tail, mass, borrowed)
