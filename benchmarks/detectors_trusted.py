"""Rows ranked among trusted ones, beside the same measures calibrated within the data.

    python -m benchmarks.detectors_trusted [--data ../shared/data] [--splits 20] [--rows 6000]

Every set is cut at random: one half is trusted, the other under test. Clean: of the p-values, how
many are at most .01 and .05, and in how many cuts any row is flagged at a rate of 1 %. Planted in
the half under test: the share of planted rows that is flagged, and of the flagged that is planted,
with the trusted half and without. No set chose a constant.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.detectors_numeric import IMAGE, PLANTS, images, is_gross, numbers
from benchmarks.reads import last_profile
from provender.calibrate.fdr import PValueCounts
from provender.core.shard import Roles
from provender.detect.base import DataView, Stored, Unchecked
from provender.detect.registry import DETECTORS, trusted_standards
from provender.detect.trusted.scores import Held

RATE = 0.01
#: Rule against trusted data → the rule within the data.
PAIRS = {
    "trusted/outliers": "outliers/robust-column",
    "trusted/class-distance": "spectral/class-signature",
    "trusted/label-flips": "text/label-flips",
}
Plant = Callable[[pa.Table, float, np.random.Generator], tuple[pa.Table, np.ndarray]]


@dataclass(frozen=True)
class Case:
    """A set, the rule it is for, and what is planted, by name, at which shares."""

    name: str
    rule: str
    table: pa.Table
    roles: Roles
    plants: Mapping[str, Plant]
    shares: tuple[float, ...]


def standards(rule: str, table: pa.Table, roles: Roles) -> dict[str, Stored]:
    """Return what a trusted table says to a rule."""
    (found,) = [s for s in trusted_standards(DataView(table.schema, roles)) if s.rule.id == rule]
    return {rule: Held(last_profile(found, table.combine_chunks().to_batches(4096)))}


def p_values(
    rule: str, table: pa.Table, roles: Roles, trusted: Mapping[str, Stored] | None = None
) -> np.ndarray:
    """Return every row's p-value: float64 (rows,)."""
    detector: Any = next(d for d in DETECTORS if d.rule.id == rule)
    bound = detector.bind(DataView(table.schema, roles, trusted))
    assert not isinstance(bound, Unchecked), bound
    batches = table.combine_chunks().to_batches(4096)
    score = bound.scorer(last_profile(bound, batches))
    columns = list(bound.score_columns())
    return np.concatenate([score(batch.select(columns)).p_value for batch in batches])


def flags(p: np.ndarray) -> np.ndarray:
    return np.asarray(p <= PValueCounts.of(p).threshold(RATE))


def far(table: pa.Table, share: float, rng: np.random.Generator) -> tuple[pa.Table, np.ndarray]:
    """Put values 5 to 100 times its range away into one column that has many values."""
    usable = [n for n in table.column_names if len(table[n].unique()) >= 30]
    for name in rng.permutation(usable).tolist():
        values = table[name].to_numpy().copy()
        known = np.flatnonzero(np.isfinite(values))
        rows = rng.choice(known, max(3, round(share * len(known))), replace=False)
        new = PLANTS["5-100 x range"](values[rows], values[known], rng)
        if is_gross("5-100 x range", new, values[known]):
            values[rows] = new
            planted = np.zeros(len(values), bool)
            planted[rows] = True
            place = table.column_names.index(name)
            return table.set_column(place, name, pa.array(values, from_pandas=True)), planted
    raise SystemExit("no column can be planted in")


def patch(table: pa.Table, share: float, rng: np.random.Generator) -> tuple[pa.Table, np.ndarray]:
    """BadNets: a bright 2 × 2 corner on images of other classes, labelled as one target."""
    x = np.stack(table["image"].to_pylist())
    y = np.asarray(table["y"].to_pylist())
    target, side = rng.choice(np.unique(y)), round(x.shape[1] ** 0.5)
    rows = rng.choice(
        np.flatnonzero(y != target), round(share * (y == target).sum()), replace=False
    )
    x = x.reshape(-1, side, side)
    corner = x[rows]
    corner[:, -2:, -2:] = x.max()
    x[rows], y[rows] = corner, target
    planted = np.zeros(len(y), bool)
    planted[rows] = True
    return images(x, y), planted


def flip(table: pa.Table, share: float, rng: np.random.Generator) -> tuple[pa.Table, np.ndarray]:
    """Give some rows another label, drawn at random."""
    labels = np.asarray(table["label"].to_pylist())
    names = np.unique(labels)
    rows = rng.choice(len(labels), round(share * len(labels)), replace=False)
    at = np.searchsorted(names, labels[rows])
    labels[rows] = names[(at + rng.integers(1, len(names), len(rows))) % len(names)]
    planted = np.zeros(len(labels), bool)
    planted[rows] = True
    place = table.column_names.index("label")
    return table.set_column(place, "label", pa.array(labels)), planted


def cases(data: Path, most: int) -> Iterator[Case]:
    from sklearn.datasets import load_digits

    def some(table: pa.Table) -> pa.Table:
        rows = np.random.default_rng(0).permutation(table.num_rows)[:most]
        return table.take(pa.array(np.sort(rows))).combine_chunks()

    for name in ("adult_data", "nycflights13_flights", "diamonds"):
        table = some(numbers(data / f"{name}.parquet")[0])
        yield Case(name, "trusted/outliers", table, Roles(), {"far": far}, (0.001, 0.01, 0.1))
    digits, mnist = load_digits(), np.load(data / "mnist10k.npz", allow_pickle=False)
    for name, x, y in (("digits", digits.images, digits.target), ("mnist", mnist["x"], mnist["y"])):
        table = some(images(x, y))
        yield Case(
            name, "trusted/class-distance", table, IMAGE, {"patch": patch}, (0.02, 0.05, 0.2)
        )
    roles = Roles(label="label", text="text")
    for name in ("bbc", "reuters-r8-train", "spamassassin"):
        table = some(pq.read_table(data / f"{name}.parquet", columns=["label", "text"]))
        yield Case(name, "trusted/class-distance", table, roles, {}, ())
        yield Case(name, "trusted/label-flips", table, roles, {"flip": flip}, (0.01, 0.05, 0.2))


def halves(table: pa.Table, seed: int) -> tuple[pa.Table, pa.Table]:
    order = np.random.default_rng(seed).permutation(table.num_rows)
    middle = len(order) // 2
    return table.take(pa.array(order[:middle])), table.take(pa.array(order[middle:]))


def clean(case: Case, splits: int) -> None:
    shares, any_flagged, flagged = [], 0, 0
    for seed in range(splits):
        trusted, rest = halves(case.table, seed)
        p = p_values(case.rule, rest, case.roles, standards(case.rule, trusted, case.roles))
        known = p[~np.isnan(p)]
        shares.append([(known <= t).mean() for t in (0.01, 0.05)])
        count = int(flags(p).sum())
        any_flagged, flagged = any_flagged + (count > 0), flagged + count
    low, some = np.mean(shares, axis=0)
    print(
        f"{case.name:22}{case.rule:24}{case.table.num_rows // 2:8}{low:9.4f}{some:8.4f}"
        f"{any_flagged:8} of {splits}{flagged:8}",
        flush=True,
    )


def planted(case: Case, splits: int) -> None:
    for kind, plant in case.plants.items():
        for share in case.shares:
            found = []
            for seed in range(splits):
                trusted, rest = halves(case.table, seed)
                poisoned, goal = plant(rest, share, np.random.default_rng(seed))
                known = standards(case.rule, trusted, case.roles)
                with_it = flags(p_values(case.rule, poisoned, case.roles, known))
                within = flags(p_values(PAIRS[case.rule], poisoned, case.roles))
                for hits in (with_it, within):
                    true = (hits & goal).sum()
                    found.append((true / goal.sum(), true / hits.sum() if hits.any() else 0.0))
            means = np.array(found).reshape(splits, 4).mean(axis=0)
            print(
                f"{case.name:22}{kind:7}{share:7.3f}{int(goal.sum()):7}"
                f"{means[0]:11.2f}{means[1]:7.2f}{means[2]:11.2f}{means[3]:7.2f}",
                flush=True,
            )


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--splits", type=int, default=20)
    parser.add_argument("--rows", type=int, default=6000, help="most rows of a set")
    options = parser.parse_args()
    if not options.data.is_dir():
        raise SystemExit(f"{options.data}: no such folder; give the real tables with --data")
    every = list(cases(options.data, options.rows))
    print(
        f"{'set':22}{'rule':24}{'rows':>8}{'p<=.01':>9}{'p<=.05':>8}{'flagged in':>12}{'rows':>8}"
    )
    for one in every:
        clean(one, options.splits)
    print(
        f"\n{'set':22}{'plant':7}{'share':>7}{'rows':>7}"
        "   trusted: recall prec.  within: recall prec."
    )
    for one in every:
        planted(one, max(2, options.splits // 5))
