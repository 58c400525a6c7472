"""What the three detectors of repeats flag on real data, with speed and state size.

python -m benchmarks.detectors_duplicates [--data ../shared/data]

Real tables hold few true repeats; cut to a few columns they are full of natural ones, which a
detector must not flag. 'excess copies' are rows equal to an earlier one, whatever the reason.
"""

from __future__ import annotations

import argparse
import time
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from benchmarks.calls import one_thread
from benchmarks.table import show
from provender.calibrate.fdr import PValueCounts
from provender.core.shard import Roles
from provender.detect.base import DataView, RowScores
from provender.detect.contradiction import Contradiction
from provender.detect.exact_row import ExactRow
from provender.detect.near_text import NearText
from provender.stats.keyed_rows import equal_groups

_RATES = (0.01, 0.05)
_BATCH = 16_384
_WHOLE = ("adult_data", "adult_test", "diamonds", "nycflights13_flights", "nycflights13_weather")
#: Columns that a table is cut to, where equal rows come of themselves.
_CUTS = (
    ("adult_data", "age workclass education occupation race sex income"),
    ("adult_data", "race sex income"),
    ("diamonds", "carat cut color clarity"),
    ("diamonds", "cut color clarity"),
    ("nycflights13_flights", "origin dest carrier month"),
    ("nycflights13_flights", "origin carrier month day"),
    (
        "nycflights13_flights",
        "month carrier origin dest hour minute sched_arr_time flight tailnum distance",
    ),
)
_TEXTS = ("bbc", "reuters-r8-train", "reuters-r8-test", "spamassassin")

Case = tuple[Any, str, pa.Table, Roles]


def cases(data: Path) -> Iterator[Case]:
    """Yield (detector, name, table, roles) for every set that is there."""
    for name in (*_WHOLE, "birdstrikes", "airports_20241001"):
        for table in _read(data, name):
            yield ExactRow(), name, table, Roles()
    for name, columns in _CUTS:
        for table in _read(data, name):
            kept = columns.split()
            yield ExactRow(), f"{name}, {_told(kept)}", table.select(kept), Roles()
    for table in _read(data, "adult_data"):
        for part in (table, table.select(["race", "sex", "income"])):
            name = f"adult_data, {part.num_columns} columns"
            yield Contradiction(), name, part, Roles(label="income")
    for name in _TEXTS:
        for table in _read(data, name):
            roles = Roles(text="text", label="label")
            for detector in (ExactRow(), Contradiction(), NearText()):
                yield detector, name, table, roles
    for table in _read(data, "chitchat_pairs"):
        pairs = table.select(["prompt", "response"])
        roles = Roles(prompt="prompt", response="response")
        for detector in (ExactRow(), NearText()):
            yield detector, "chitchat_pairs", pairs, roles
        yield NearText(), "chitchat_pairs, responses", table, Roles(text="response")
    mnist = data / "mnist10k.npz"
    if mnist.exists():
        arrays = np.load(mnist)
        pixels = arrays["x"].reshape(len(arrays["x"]), -1)
        image = pa.FixedSizeListArray.from_arrays(pa.array(pixels.reshape(-1)), pixels.shape[1])
        table = pa.table({"image": image, "y": arrays["y"]})
        yield ExactRow(), "mnist10k", table, Roles(image="image", label="y")


def _told(columns: list[str]) -> str:
    return " ".join(columns) if len(columns) < 5 else f"{len(columns)} columns"


def _read(data: Path, name: str) -> list[pa.Table]:
    path = data / f"{name}.parquet"
    return [pq.read_table(path).combine_chunks()] if path.exists() else []


def measured(case: Case) -> tuple[object, ...]:
    """Return one line of the table."""
    detector, name, table, roles = case
    bound = detector.bind(DataView(table.schema, roles))
    analysis = bound.analysis(0, None)
    began = time.process_time()
    state = analysis.empty()
    for batch in table.select(analysis.columns()).to_batches(max_chunksize=_BATCH):
        state = analysis.add(state, batch)
    spent = time.process_time() - began
    rows = table.num_rows
    scores = bound.flagged(bound.profile(0, state))
    excess: object = "-"
    if hasattr(state, "keys"):
        groups = equal_groups(state.keys.keys)
        excess = f"{len(groups.members) - len(groups.sizes):,}"
    return (
        name,
        type(bound).__name__,
        f"{rows:,}",
        excess,
        *(_flagged(scores, rows, rate) for rate in _RATES),
        f"{rows / spent:,.0f}",
        f"{len(analysis.pack(state)) / rows:.1f}",
    )


def _flagged(scores: RowScores, rows: int, rate: float) -> str:
    """Return flagged rows: of each group of equals all but one."""
    assert scores.rows is not None
    p_values = np.ones(rows)
    p_values[scores.rows] = scores.p_value
    passed = scores.p_value <= PValueCounts.of(p_values).threshold(rate)
    if scores.group is None:
        return f"{passed.sum():,}"
    grouped = scores.group[passed & (scores.group >= 0)]
    return f"{passed.sum() - len(np.unique(grouped)):,}"


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    given = parser.parse_args()
    one_thread()
    lines = [measured(case) for case in cases(given.data)]
    if not lines:
        print(f"skipped: {given.data} holds none of the tables (name their folder with --data)")
        return
    flagged = [f"flagged at {rate}" for rate in _RATES]
    head = ("data", "detector", "rows", "excess copies", *flagged, "rows/s", "state bytes/row")
    show("Repeated, near-repeated and contradicting records", head, lines)


if __name__ == "__main__":
    main()
