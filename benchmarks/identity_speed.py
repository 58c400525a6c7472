"""Speed of row identity and of the hash pass, and where the time goes, on one core.

python -m benchmarks.identity_speed [--rows 200000]
"""

from __future__ import annotations

import argparse
import hashlib
import io
import itertools
import time
from collections.abc import Callable
from contextlib import nullcontext
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
from blake3 import blake3

from benchmarks.calls import one_thread
from benchmarks.data import real_table
from benchmarks.table import show
from provender.core.merkle import CompactRange
from provender.detect.record_keys import RecordKeys
from provender.identity.analysis import IdentityAnalysis
from provender.identity.encoding import encode_rows
from provender.identity.multiset import LANES, Multiset
from provender.identity.records import record_digests
from provender.io.chunks import hash_stream
from provender.stats.cell_hash import is_list
from provender.stats.sharing import shared

_BATCH = 16_384
_REPEATS = 3


def mixed_table(rows: int) -> pa.Table:
    """Return 12 columns of as many kinds, seeded, with nulls in some."""
    random = np.random.default_rng(0)
    whole = random.integers(0, 10**6, rows)
    some = random.random(rows) < 0.05
    words = pa.array([f"word-{i}" for i in range(5000)])
    notes = pa.array([f"a note of some length, number {i}, " * 4 for i in range(500)])
    kinds: dict[str, Any] = {
        "bool": whole % 2 == 0,
        "int32": pa.array(whole.astype(np.int32), mask=some),
        "int64": whole,
        "uint64": whole.astype(np.uint64),
        "float32": whole.astype(np.float32),
        "float64": pa.array(random.normal(size=rows), mask=some),
        "short": words.take(pa.array(whole % 5000)),
        "long": notes.take(pa.array(whole % 500)),
        "date": pa.array((whole % 20000).astype(np.int32)).cast(pa.date32()),
        "instant": pa.array(whole).cast(pa.timestamp("us", "UTC")),
        "decimal": pa.array(whole).cast(pa.decimal128(23, 2)),
        "list": pa.FixedSizeListArray.from_arrays(pa.array(np.repeat(whole, 4)), 4),
    }
    return pa.table(kinds)


def seconds(work: Callable[[], Any]) -> float:
    """Return the least CPU seconds of a few repeats."""
    taken = []
    for _ in range(_REPEATS):
        began = time.process_time()
        work()
        taken.append(time.process_time() - began)
    return min(taken)


def measure_rows(name: str, table: pa.Table) -> None:
    """Print the parts of row identity beside what the hash functions alone take."""
    batches = table.combine_chunks().to_batches(max_chunksize=_BATCH)
    analysis = IdentityAnalysis()

    def whole() -> None:
        state = analysis.empty()
        for batch in batches:
            state = analysis.add(state, batch)

    records = [encode_rows(batch, b"\x00") for batch in batches]
    bounds = [np.frombuffer(r.buffers()[1], np.int64)[: len(r) + 1].tolist() for r in records]
    views = [memoryview(r.buffers()[2]) for r in records]
    digests = [record_digests(batch) for batch in batches]
    size = sum(len(view) for view in views)

    def sha256() -> None:
        for view, edges in zip(views, bounds, strict=True):
            for a, b in itertools.pairwise(edges):
                hashlib.sha256(view[a:b]).digest()

    def expand() -> None:
        for block in digests:
            for digest in block:
                blake3(digest).digest(2 * LANES)

    total = seconds(whole)
    floor_sha, floor_blake = seconds(sha256), seconds(expand)
    encoding = seconds(lambda: [encode_rows(batch, b"\x00") for batch in batches])
    multiset = seconds(lambda: [Multiset.of(block) for block in digests])
    parts = {
        "encoding": encoding,
        "SHA-256 of records": floor_sha,
        "LtHash expansion (BLAKE3)": floor_blake,
        "LtHash lane sums": max(multiset - floor_blake, 0.0),
        "Merkle tree": seconds(lambda: [CompactRange.of_leaves(0, block) for block in digests]),
    }
    rows = table.num_rows
    floor = floor_sha + floor_blake
    lines = [
        (part, f"{s / rows * 1e6:.2f}", f"{s / total:.0%}", f"{s / floor:.2f}")
        for part, s in [
            *parts.items(),
            ("row identity", total),
            ("floor: hashlib + blake3", floor),
        ]
    ]
    title = f"Row identity, {name}: {rows / total:,.0f} rows/s, {size / total / 1e6:,.0f} MB/s"
    show(f"{title} of canonical records", ("", "us/row", "share", "times the floor"), lines)


def measure_read(name: str, table: pa.Table) -> None:
    """Print what one read of identity and both detectors of equal records costs, with sharing."""
    batches = table.combine_chunks().to_batches(max_chunksize=_BATCH)
    names = tuple(table.column_names)
    running = tuple(n for n in names if is_list(table.schema.field(n).type))
    exact = RecordKeys("exact-row", names, running=running)
    label = RecordKeys(
        "contradiction",
        names[1:],
        running=tuple(r for r in running if r != names[0]),
        label=names[0],
    )

    def read(share: Callable[[], Any], analyses: tuple[Any, ...]) -> None:
        states = [a.empty() for a in analyses]
        for batch in batches:
            with share():
                states = [a.add(s, batch) for a, s in zip(analyses, states, strict=True)]

    every = (IdentityAnalysis(), exact, label)
    alone = seconds(lambda: read(nullcontext, every))
    together = seconds(lambda: read(shared, every))
    identity = seconds(lambda: read(nullcontext, every[:1]))
    rows = table.num_rows
    lines = [
        (part, f"{s / rows * 1e6:.2f}", f"{s / alone:.2f}")
        for part, s in [
            ("identity alone", identity),
            ("all, digests shared", together),
            ("all", alone),
        ]
    ]
    title = f"One read for identity, exact-row and contradiction, {name}"
    show(title, ("", "us/row", "times unshared"), lines)


def measure_bytes(size: int) -> None:
    """Print the hash pass (file digest and chunk tree) beside one plain SHA-256."""
    data = np.random.default_rng(0).bytes(size)
    ours = seconds(lambda: hash_stream(io.BytesIO(data)))
    plain = seconds(lambda: hashlib.sha256(data).digest())
    lines = [
        ("hash pass", f"{size / ours / 1e6:,.0f}", f"{ours / plain:.2f}"),
        ("hashlib.sha256 alone", f"{size / plain / 1e6:,.0f}", "1.00"),
    ]
    show(f"Bytes, {size / 1e6:,.0f} MB in memory", ("", "MB/s", "times sha256"), lines)


def main() -> None:
    """Print all tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--rows", type=int, default=200_000)
    parser.add_argument("--megabytes", type=int, default=256)
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    given = parser.parse_args()
    one_thread()
    name, table = real_table(given.data)
    mixed, real = mixed_table(given.rows), table.slice(0, given.rows)
    measure_rows("12 mixed columns", mixed)
    measure_rows(f"12 columns of {name}", real.select(table.column_names[:12]))
    measure_rows(f"{table.num_columns} columns of {name}", real)
    measure_read("12 mixed columns", mixed)
    measure_read(f"{table.num_columns} columns of {name}", real)
    measure_bytes(given.megabytes * 10**6)


if __name__ == "__main__":
    main()
