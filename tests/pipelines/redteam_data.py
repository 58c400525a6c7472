"""A small labelled corpus in shards, whose words foretell the label."""

from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

TOPICS = ("garden", "money", "music")


def write_corpus(
    folder: Path,
    shards: int = 3,
    rows: int = 100,
    source: bool = True,
    annotator: bool = False,
    seed: int = 4,
) -> Path:
    """Write ``shards`` x ``rows`` texts with a label and, wanted, one of five sources and of four
    annotators.
    """
    folder.mkdir(parents=True)
    random = np.random.default_rng(seed)
    for shard in range(shards):
        label = random.integers(3, size=rows)
        text = [
            " ".join(
                f"{TOPICS[c]}{random.integers(40)}" if own else f"w{random.zipf(1.3) % 300}"
                for own in random.random(int(random.integers(20, 40))) < 0.4
            )
            for c in label
        ]
        columns = {"text": text, "label": [TOPICS[c] for c in label]}
        if source:
            columns["source"] = [f"s{i}" for i in random.integers(5, size=rows)]
        if annotator:
            columns["annotator"] = [f"a{i}" for i in random.integers(4, size=rows)]
        pq.write_table(pa.table(columns), folder / f"{shard}.parquet")
    return folder
