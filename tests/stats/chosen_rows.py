"""Rows that somebody who knows the public hashes can write, and what is made of them.

Run as a program it reads `chosen` rows as JSON and prints what the rules make of them: a process
reads its secret key once.
"""

from __future__ import annotations

import json
import sys
from typing import Any

import numpy as np
import pyarrow as pa

from provender.detect.contradiction import Contradiction
from provender.detect.near_text import NearText
from provender.stats.cell_hash import cell_hashes
from provender.stats.keyed_rows import KeyedRows, Keys, bucket_counts, select_keys
from tests.detect.state_runs import bound, run

WIDTH, PARTS = 1 << 14, 64


def chosen() -> dict[str, Any]:
    """Return rows to suit the hashes of this process, which must have no key."""
    numbers = np.arange(1 << 20)
    hashes = cell_hashes(pa.array(numbers))
    labels = np.array([f"class {n}" for n in range(400_000)])
    tags = cell_hashes(pa.array(labels)) >> np.uint64(32)
    order = np.argsort(tags, kind="stable")
    first = np.flatnonzero(np.diff(tags[order]) == 0)[0]
    return {
        "numbers": numbers[hashes < (1 << 50)].tolist(),
        "labels": labels[order[first : first + 2]].tolist(),
        "words": twins(),
    }


def twins() -> list[str]:
    """Return two words, of a and b by Thue-Morse, that are equal modulo 2^64 under any base."""
    bits = np.array([place.bit_count() % 2 for place in range(1024)], np.uint8)
    return [(bits ^ flip | 0x60).tobytes().decode().replace("`", "b") for flip in (0, 1)]


def made_of(rows: dict[str, Any]) -> dict[str, int]:
    """Return what this process makes of chosen rows.

    Returns:
        words: different hashes of the twins.
        near: texts, of two without a common word, listed as nearly equal.
        contradicting: rows, of two with one content and two labels, listed.
        buckets: buckets that the numbers are counted in.
        parts: parts that records with neighbouring digests fall into.
    """
    random = np.random.default_rng(5)
    texts = [" ".join(f"w{i}" for i in random.integers(0, 5000, 40)) for _ in range(50)]
    alike = pa.table({"text": [*texts, *(" ".join([word] * 20) for word in rows["words"])]})
    copied = pa.table({"text": [*texts, texts[0]], "label": ["a"] * 51})
    labels = pa.array([rows["labels"][0], *["a"] * 49, rows["labels"][1]])
    copied = copied.set_column(1, "label", labels)
    digests = np.stack([np.arange(500, dtype=np.uint64), np.zeros(500, np.uint64)], axis=1)
    keys = Keys(np.arange(500), digests, np.zeros(0, np.uint32))
    state = KeyedRows(500, 0, (keys,), np.zeros((0, 16), np.int64))
    counts = bucket_counts(cell_hashes(pa.array(rows["numbers"])), WIDTH)
    split = [len(select_keys(state, part, PARTS).keys.rows) for part in range(PARTS)]
    near = bound(NearText(), alike, text="text")
    contradiction = bound(Contradiction(), copied, text="text", label="label")
    return {
        "words": len(set(cell_hashes(pa.array(rows["words"])).tolist())),
        "near": len(run(near, alike)[0].rows),
        "contradicting": len(run(contradiction, copied)[0].rows),
        "buckets": int((counts > 0).sum()),
        "parts": int(np.count_nonzero(split)),
    }


if __name__ == "__main__":
    print(json.dumps(made_of(json.load(sys.stdin))))
