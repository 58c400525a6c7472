"""Numeric outliers and spectral signatures on real data, clean and planted.

    python -m benchmarks.detectors_numeric [--data ../shared/data] [--rate 0.01]

Prints flagged rows of clean sets, then recall and precision of plantings (seeded, one column or
one class at a time; precision counts flags that the clean set does not have). A column takes part
in a planting only where the planted values are gross: outside its 0.1-99.9 % range by that range.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from provender.calibrate.fdr import PValueCounts
from provender.core.shard import Roles
from provender.detect.base import DataView
from provender.detect.outliers import RobustColumn
from provender.detect.spectral.detector import ClassSignature

TABLES = (
    "adult_data",
    "adult_test",
    "nycflights13_flights",
    "nycflights13_weather",
    "nycflights13_planes",
    "diamonds",
    "birdstrikes",
    "airports_20221121",
    "airports_20241001",
)
TEXTS = ("spamassassin", "reuters-r8-train", "reuters-r8-test", "bbc")
PLANTED_ROWS = 60_000
IMAGE = Roles(label="y", image="image")


def flags(detector: Any, table: pa.Table, roles: Roles, rate: float) -> np.ndarray:
    """Return bool (rows,)."""
    bound, profile = detector.bind(DataView(table.schema, roles)), None
    pieces = table.to_batches(20_000)
    for number in range(bound.rounds):
        analysis = bound.analysis(number, profile)
        state = analysis.empty()
        for piece in pieces:
            state = analysis.add(state, piece)
        profile = bound.profile(number, state)
    score = bound.scorer(profile)
    p_values = np.concatenate([score(piece).p_value for piece in pieces])
    return np.asarray(p_values <= PValueCounts.of(p_values).threshold(rate))


def numbers(path: Path) -> tuple[pa.Table, pa.Table]:
    """Return (all rows, at most `PLANTED_ROWS` of them) of the numeric columns."""
    table = pq.read_table(path)
    names = [f.name for f in table.schema if pa.types.is_integer(f.type)]
    names += [f.name for f in table.schema if pa.types.is_floating(f.type)]
    columns = {n: table[n].cast(pa.float64()) for n in names}
    if table.num_rows > PLANTED_ROWS:
        rows = np.random.default_rng(0).choice(table.num_rows, PLANTED_ROWS, replace=False)
        return pa.table(columns), pa.table(columns).take(rows)
    return pa.table(columns), pa.table(columns)


PLANTS: dict[str, Callable[[np.ndarray, np.ndarray, np.random.Generator], np.ndarray]] = {
    "5-100 x range": lambda old, known, rng: (
        np.median(known)
        + np.ptp(np.quantile(known, [0.001, 0.999]))
        * np.exp(rng.uniform(np.log(5), np.log(100), len(old)))
    ),
    "unit error x 100": lambda old, _known, _rng: old * 100,
    "sign flip": lambda old, _known, _rng: -old,
    "sentinel -999": lambda old, _known, _rng: np.full_like(old, -999),
    "sentinel 9999999": lambda old, _known, _rng: np.full_like(old, 9_999_999),
}


def is_gross(kind: str, new: np.ndarray, known: np.ndarray) -> bool:
    low, high = np.quantile(known, [0.001, 0.999])
    if kind == "sign flip":
        return bool(known.min() > 0 and low + np.quantile(known, 0.05) > 0.05 * (high - low))
    width = high - low
    return bool(((new < low - width) | (new > high + width)).mean() > 0.95)


def outlier_plantings(table: pa.Table, kind: str, share: float, rate: float) -> Iterator[Any]:
    """Yield (column, recall, precision)."""
    before = flags(RobustColumn(), table, Roles(), rate)
    for name in table.column_names:
        values = table[name].to_numpy().copy()
        known = np.flatnonzero(np.isfinite(values))
        if len(known) < 200 or len(np.unique(values[known])) < 30:
            continue
        rng = np.random.default_rng(1)
        rows = rng.choice(known, max(3, int(share * len(known))), replace=False)
        new = PLANTS[kind](values[rows], values[known], rng)
        if not is_gross(kind, new, values[known]):
            continue
        inside = (new >= values[known].min()) & (new <= values[known].max())
        values[rows] = new
        where = table.column_names.index(name)
        planted = table.set_column(where, name, pa.array(values, from_pandas=True))
        after = flags(RobustColumn(), planted, Roles(), rate)
        goal = np.zeros(len(values), bool)
        goal[rows[~inside]] = True
        hits = (after & goal).sum()
        yield name, hits / goal.sum(), hits / max(1, (after & ~before).sum())


def images(x: np.ndarray, y: np.ndarray) -> pa.Table:
    flat = np.asarray(x, np.uint8).reshape(len(x), -1)
    cells = pa.FixedSizeListArray.from_arrays(pa.array(flat.ravel()), flat.shape[1])
    return pa.table({"image": cells, "y": pa.array([str(v) for v in y])})


def patched(x: np.ndarray, y: np.ndarray, target: int, share: float) -> tuple[pa.Table, np.ndarray]:
    """BadNets: a bright 2 × 2 corner on images of other classes, labelled as the target."""
    rng = np.random.default_rng(target)
    x, y, planted = x.copy(), y.copy(), np.zeros(len(y), bool)
    count = round(share * (y == target).sum())
    planted[rng.choice(np.flatnonzero(y != target), count, replace=False)] = True
    x[planted, -2:, -2:], y[planted] = x.max(), target
    return images(x, y), planted


def outliers(data: Path, rate: float) -> None:
    print(f"\noutliers/robust-column, clean\n{'table':24}{'rows':>9}{'flagged':>9}{'seconds':>9}")
    small = {}
    for name in TABLES:
        whole, small[name] = numbers(data / f"{name}.parquet")
        start = time.perf_counter()
        count = flags(RobustColumn(), whole, Roles(), rate).sum()
        print(f"{name:24}{whole.num_rows:9}{count:9}{time.perf_counter() - start:9.2f}")
    print("\nplanted, one column at a time\nkind                share  columns  recall>=.9  recall")
    for kind in PLANTS:
        for share in (0.001, 0.01):
            found = [f for t in small.values() for f in outlier_plantings(t, kind, share, rate)]
            recall, precision = np.array([f[1:] for f in found]).T
            both = (recall >= 0.9).mean()
            line = f"{kind:18}{share:7.3f}{len(found):9}{both:12.2f}{recall.mean():8.2f}"
            print(line, f"precision {precision.mean():.2f}", flush=True)


def spectral(data: Path, rate: float) -> None:
    from sklearn.datasets import load_digits

    digits, mnist = load_digits(), np.load(data / "mnist10k.npz", allow_pickle=False)
    emoji = np.load(data / "emoji_google64.npz", allow_pickle=False)
    sets = {"digits": (digits.images, digits.target), "mnist": (mnist["x"], mnist["y"])}
    clean = {n: (images(*s), IMAGE) for n, s in {**sets, "emoji": (emoji["x"], emoji["y"])}.items()}
    for name in TEXTS:
        table = pq.read_table(data / f"{name}.parquet", columns=["label", "text"])
        clean[name] = (table, Roles(label="label", text="text"))
    print(f"\nspectral/class-signature, clean\n{'set':24}{'rows':>9}{'flagged':>9}")
    for name, (table, roles) in clean.items():
        print(f"{name:24}{table.num_rows:9}{flags(ClassSignature(), table, roles, rate).sum():9}")
    print("\nBadNets corner, ten targets\nset      share of target  planted  found  others")
    for name, (x, y) in sets.items():
        for share in (0.02, 0.05):
            planted = found = others = 0
            for target in range(10):
                table, goal = patched(x, y, target, share)
                hits = flags(ClassSignature(), table, IMAGE, rate)
                planted += int(goal.sum())
                found += int((hits & goal).sum())
                others += int((hits & ~goal).sum())
            print(f"{name:9}{share:15.2f}{planted:9}{found:7}{others:8}", flush=True)


if __name__ == "__main__":
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--rate", type=float, default=0.01)
    options = parser.parse_args()
    if not options.data.is_dir():
        raise SystemExit(f"{options.data}: no such folder; give the real tables with --data")
    outliers(options.data, options.rate)
    spectral(options.data, options.rate)
