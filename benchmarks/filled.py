"""Folders of shards whose bytes alone matter."""

from __future__ import annotations

from pathlib import Path

import numpy as np

from provender.io.chunks import CHUNK_BYTES


def random_shards(data: Path, total: int, count: int) -> None:
    """Write about ``total`` random bytes in ``count`` files of whole chunks."""
    data.mkdir()
    random = np.random.default_rng(0)
    for number in range(count):
        with (data / f"{number}.jsonl").open("wb") as file:
            for _ in range(total // count // CHUNK_BYTES):
                file.write(random.bytes(CHUNK_BYTES))


def small_shards(data: Path, count: int) -> None:
    """Write ``count`` files of twenty lines each, a thousand in a folder."""
    for number in range(count):
        path = data / f"{number // 1000:03}" / f"{number:06}.jsonl"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(f'{{"n": {number}}}\n' * 20)
