"""How fast verify reads: beside BLAKE3 alone on the same bytes, and over many small files.

python -m benchmarks.verify_speed [--megabytes 2048] [--files 100000]

Both sides of a ratio take turns in one run, on files that the kernel has cached. The hash alone
reads 4 MiB at a time, in as many threads as verify uses, and compares nothing.
"""

from __future__ import annotations

import argparse
import datetime
import os
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from blake3 import blake3

from benchmarks.filled import random_shards, small_shards
from benchmarks.table import empty_folder, show
from provender.core.entries import Entries, ShardEntry
from provender.core.freshness import SealVersion
from provender.core.manifest import Manifest
from provender.core.statement import seal_statement
from provender.core.strict_json import strict_json
from provender.io.chunks import CHUNK_BYTES, hash_stream
from provender.provenance.verify import Asked, verify_data

_REPEATS = 3
_SHARDS = 4
_ZERO = "0" * 64


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--megabytes", type=int, default=2048)
    parser.add_argument("--files", type=int, default=100_000)
    given = parser.parse_args()
    with empty_folder(Path.cwd()) as room:
        large(room / "large", given.megabytes << 20)
    with empty_folder(Path.cwd()) as room:
        many(room / "many", given.files)


def large(data: Path, total: int) -> None:
    """A few large shards: verify beside the hash alone."""
    random_shards(data, total, _SHARDS)
    manifest = manifest_of(data)
    seconds = side_by_side(lambda: hash_alone(data), lambda: check(manifest, data))
    alone, ours = seconds
    show(
        f"{total >> 20} MiB in {_SHARDS} shards, {os.cpu_count()} cores, least of {_REPEATS}",
        ("", "s", "MB/s", "of the hash alone"),
        [
            ("BLAKE3 alone", f"{alone:.2f}", f"{total / alone / 1e6:,.0f}", ""),
            ("verify", f"{ours:.2f}", f"{total / ours / 1e6:,.0f}", f"{alone / ours:.2f}"),
        ],
    )


def many(data: Path, files: int) -> None:
    """Many small shards: verify beside the hash alone, the manifest and the seal."""
    small_shards(data, files)
    manifest = manifest_of(data)
    document = manifest.canonical
    version = SealVersion("s", 1, None, datetime.date(2099, 1, 1))
    seal = seal_statement(manifest, version).payload()
    begun = time.perf_counter()
    Manifest.from_json(strict_json(document, "manifest.json", 2**30, 50_000_000))
    parsed = time.perf_counter() - begun
    alone, ours = side_by_side(lambda: hash_alone(data), lambda: check(manifest, data))
    show(
        f"{files:,} small files, least of {_REPEATS}",
        ("", "value"),
        [
            ("hash alone, s", f"{alone:.2f}"),
            ("verify, s", f"{ours:.2f}"),
            ("manifest read strictly, s", f"{parsed:.2f}"),
            ("manifest, MB", f"{len(document) / 1e6:.1f}"),
            ("statement of the seal, bytes", f"{len(seal):,}"),
        ],
    )


def manifest_of(data: Path) -> Manifest:
    """A manifest of bytes alone: what records they hold does not matter here."""
    entries = []
    for path in sorted(data.rglob("*.jsonl")):
        with path.open("rb") as file:
            found = hash_stream(file)
        entries.append(
            ShardEntry(
                path.relative_to(data).as_posix(),
                found.size,
                found.sha256,
                found.chunk_root,
                0,
                _ZERO,
                _ZERO,
                (("n", "int64"),),
                found.chunks,
            )
        )
    entries.sort(key=lambda e: e.name)
    made = {"record": "provender-record/1", "chunk_bytes": CHUNK_BYTES}
    return Manifest(Entries(entries), 0, _ZERO, made)


def hash_alone(data: Path) -> None:
    with ThreadPoolExecutor() as threads:
        list(threads.map(_hash, [p for p in data.rglob("*") if p.is_file()]))


def _hash(path: Path) -> None:
    with path.open("rb") as file:
        while chunk := file.read(CHUNK_BYTES):
            blake3(b"\x00").update(chunk).digest()


def check(manifest: Manifest, data: Path) -> None:
    assert not verify_data(manifest, [str(data)], Asked()).breaches


def side_by_side(*sides: Callable[[], None]) -> list[float]:
    """Return the least seconds of each side; they take turns."""
    least = [float("inf")] * len(sides)
    for _ in range(_REPEATS):
        for number, side in enumerate(sides):
            begun = time.perf_counter()
            side()
            least[number] = min(least[number], time.perf_counter() - begun)
    return least


if __name__ == "__main__":
    main()
