"""A source whose rows are too weak to be flagged one by one is found all the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.detect import detect, first_analyses
from pipelines.fingerprint import fingerprint, survey
from pipelines.run import Run
from provender.core.policy import Rates
from provender.core.shard import Roles
from provender.io.states import StateStore

OUTLIERS = "outliers/robust-column"


def found(folder: Path, planted: int, workers: int = 1) -> dict[str, Any]:
    """Detect in numbers of 20 sources, ``planted`` rows of s07 moved a little."""
    random = np.random.default_rng(8)
    value, source = random.normal(size=6000), random.integers(20, size=6000)
    value[np.flatnonzero(source == 7)[:planted]] = 4.0
    folder.mkdir()
    whole = pa.table({"value": value, "who": [f"s{i:02}" for i in source]})
    for shard in range(3):
        pq.write_table(whole.slice(2000 * shard, 2000), folder / f"{shard}.parquet")
    own = Run(StateStore(str(folder.with_suffix(".states"))), workers)
    data = survey((str(folder),), Roles(source="who"), own)
    manifest, _ = fingerprint(data, own, first_analyses(data))
    return detect(data, manifest, own, Rates()).document


def test_it_is_a_finding_that_flags_no_row_whatever_the_workers(tmp_path: Path) -> None:
    document = found(tmp_path / "one", 12)
    (source,) = [f for f in document["findings"] if f["what"] == "source s07"]
    assert (source["rule"], source["rows"]) == (OUTLIERS, 0)
    assert source["level"] == "note", "numbers differ between sources by nature"
    assert source["concentrated_in"][0][:2] == ["source", "s07"]
    assert source["evidence"]["low_rows"] >= 12
    assert found(tmp_path / "two", 12, workers=2) == document


def test_its_clean_twin_is_not_named(tmp_path: Path) -> None:
    document = found(tmp_path / "clean", 0)
    assert [f for f in document["findings"] if f["what"].startswith("source ")] == []
