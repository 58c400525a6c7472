"""What a scan costs an engine: a model of bytes, held against counters of real scans.

python -m benchmarks.cost [--sizes 8x4000,32x4000,8x16000] [--data ../shared/data]

A size is shards x records in each, every shard one piece. Counted are the bytes decoded, the bytes
of states in the store, the bytes that are moved between workers, and the largest side input. The
model's constants are its own; a ratio far from 1 says that docs/scale.md is wrong.
"""

from __future__ import annotations

import argparse
import datetime
from collections import Counter
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apache_beam as beam
import numpy as np
from apache_beam.metrics.metric import MetricsFilter

from benchmarks.data import real_table, write_small
from benchmarks.table import empty_folder, show
from pipelines.detect import detectors_for
from pipelines.fingerprint import survey
from pipelines.run import Run
from pipelines.scan import ScanRequest, scan
from provender.core.shard import Roles
from provender.detect.base import RowDetector, StateDetector
from provender.io.states import StateStore
from provender.work.rounds import ROWS_PER_PART

_DAY = datetime.date(2026, 1, 1)


#: A key of 16 bytes, a row number of 8, and for contradictions a label of 4.
KEY = 26
#: Counters of values, of each detector that keeps keys, in the state of a piece.
COUNTERS = 300_000
#: Everything else that is kept of a piece: identity, other detectors, census, layout.
PIECE = 75_000
#: A reference to a piece, as it is spread over the workers.
REFERENCE = 125
#: The name of a state, as it is grouped.
NAME = 110
#: The name of a part of keys, among the names of profiles.
PART = 75
#: What a shard costs beside its pieces: survey, scores and tally on their way.
SHARD = 1_100


@dataclass(frozen=True)
class Shape:
    """What the cost depends on.

    Attributes:
        stored: bytes of all shards.
        reads: rounds after the first that some detector reads the data in.
        keyed: detectors that keep a key of every record.
        by_row: detectors that score rows.
    """

    stored: float
    rows: float
    shards: float
    pieces: float
    detectors: int
    reads: int
    keyed: int
    by_row: int


def model(shape: Shape) -> dict[str, float]:
    """Return the bytes that docs/scale.md says a scan costs."""
    # States of pieces, and, where there is more than one part, once more when they are cut.
    parts = -(-shape.rows // ROWS_PER_PART)
    cut = parts > 1
    keys = shape.rows * shape.keyed * KEY * (1 + cut)
    counters = shape.pieces * shape.keyed * COUNTERS * (1 + cut / 7)
    names = (shape.detectors + 2) + shape.by_row + shape.detectors * shape.reads / 2
    moved = shape.pieces * (3 * REFERENCE + NAME * names) + shape.shards * SHARD
    return {
        # Hashed, decoded once, once more in each further round, once to score.
        "read": shape.stored * (2 + shape.reads + (1 if shape.by_row else 0)),
        "states": keys + counters + shape.pieces * PIECE,
        "moved": moved,
        "side input": 250 + 180 * shape.detectors + PART * shape.keyed * parts,
    }


def shape_of(folder: Path, run: Run) -> Shape:
    """Return what a folder's cost depends on."""
    data = survey([str(folder)], Roles(), run)
    detectors, _ = detectors_for(data)
    keyed = sum(isinstance(d, StateDetector) and d.partitioned for d in detectors)
    by_row = sum(isinstance(d, RowDetector) for d in detectors)
    reads = max(d.rounds for d in detectors) - 1
    return Shape(
        data.bytes, data.rows, len(data.names), data.pieces, len(detectors), reads, keyed, by_row
    )


def counted(folder: Path, room: Path) -> tuple[Shape, dict[str, float], Counter[str]]:
    """Scan and return the shape, the counters, and the store's bytes by kind."""
    results: list[Any] = []
    original = beam.Pipeline.run

    def run_and_keep(pipeline: beam.Pipeline, *given: Any) -> Any:
        results.append(original(pipeline, *given))
        return results[-1]

    beam.Pipeline.run = run_and_keep
    try:
        store = StateStore(str(room / "cache"))
        scan(ScanRequest((str(folder),), str(room / "out")), Run(store, workers=1), _DAY)
    finally:
        beam.Pipeline.run = original
    total: Counter[str] = Counter()
    widest = 0
    for result in results:
        found = result.metrics().query(MetricsFilter().with_namespace("provender"))
        for metric in found["counters"]:
            total[metric.key.metric.name] += metric.committed
        for metric in found["distributions"]:
            widest = max(widest, metric.committed.max)
    kinds: Counter[str] = Counter()
    for path in (room / "cache").rglob("*"):
        if path.is_file():
            kinds[path.relative_to(room / "cache").parts[0]] += path.stat().st_size
    counters: dict[str, float] = {
        "read": total["bytes_read"],
        "states": sum(kinds.values()),
        "moved": total["bytes_shuffled"],
        "side input": widest,
    }
    return shape_of(folder, Run(store, workers=1)), counters, kinds


def main() -> None:
    """Print model and counters side by side, and what the model says of 10 TB."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--sizes", default="8x4000,64x4000,8x32000")
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--out", type=Path, default=Path("bench-out"))
    given = parser.parse_args()
    given.out.mkdir(parents=True, exist_ok=True)
    _, table = real_table(given.data)
    lines, by_kind = [], []
    for size in given.sizes.split(","):
        shards, rows = map(int, size.split("x"))
        with empty_folder(given.out) as room:
            (room / "data").mkdir()
            random = np.random.default_rng([20261127, shards, rows])
            for number in range(shards):
                write_small(room / "data" / f"{number:05d}.parquet", table, rows, random)
            shape, counters, kinds = counted(room / "data", room)
        expected = model(shape)
        for what, found in counters.items():
            told = expected[what]
            lines.append((size, what, f"{found:,.0f}", f"{told:,.0f}", f"{found / told:.2f}"))
        largest = ", ".join(f"{k} {n / 1e3:,.0f}" for k, n in kinds.most_common(6))
        by_kind.append(f"  {size}: {largest}")
    show("Bytes of a scan", ("shards x records", "what", "counted", "model", "ratio"), lines)
    print("\nThe store's largest kinds, kB")
    print("\n".join(by_kind))
    detectors = Shape(1e13, 1e11, 1e5, 6.4e5, shape.detectors, shape.reads, 2, shape.by_row)
    said = ", ".join(f"{what} {value:.2g}" for what, value in model(detectors).items())
    print(f"\n10 TB, 1e11 records, 100,000 shards, 640,000 pieces, in bytes: {said}")


if __name__ == "__main__":
    main()
