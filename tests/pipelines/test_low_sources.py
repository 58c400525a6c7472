"""A source whose rows are too weak to be flagged one by one is found all the same."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.detect import detect, first_analyses
from pipelines.fingerprint import fingerprint, survey
from pipelines.run import Run
from provender.core.policy import Rates
from provender.core.shard import Roles
from provender.io.states import StateStore

OUTLIERS = "outliers/robust-column"


def found(
    folder: Path, planted: int, workers: int = 1, annotator: str | None = None
) -> dict[str, Any]:
    """Detect in numbers of 20 sources, ``planted`` rows of s07 moved a little.

    A column that is named ``annotator`` has its like, 20 annotators and a09.
    """
    # Seed 8 draws clean sources that differ as one set in twenty does: little is believed then.
    random = np.random.default_rng(9)
    value, source = random.normal(size=6000), random.integers(20, size=6000)
    value[np.flatnonzero(source == 7)[:planted]] = 4.0
    columns = {"value": value, "who": [f"s{i:02}" for i in source]}
    if annotator:
        other = random.integers(20, size=6000)
        value[np.flatnonzero(other == 9)[:planted]] = 4.0
        columns[annotator] = [f"a{i:02}" for i in other]
    folder.mkdir()
    whole = pa.table(columns)
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


def test_annotators_are_tested_beside_sources(tmp_path: Path) -> None:
    document = found(tmp_path / "both", 14, annotator="rater")
    assert document["roles"] == {"source": "who", "annotator": "rater"}
    weak = {f["what"]: f for f in document["findings"] if f["rule"] == OUTLIERS and not f["rows"]}
    assert set(weak) == {"source s07", "annotator a09"}
    assert weak["annotator a09"]["concentrated_in"][0][:2] == ["annotator", "a09"]


@pytest.mark.parametrize(("annotators", "level"), [(20, "warning"), (5, "note")])
def test_flagged_rows_of_one_annotator_are_told_to_be_his(
    tmp_path: Path, annotators: int, level: str
) -> None:
    rows = [{"text": f"row {i}", "annotator": f"a{i % annotators}"} for i in range(2000)]
    for i in range(20):  # spread over the shards
        rows[101 * i + 3] = {"text": "the same long text again and again here", "annotator": "a3"}
    (tmp_path / "flood").mkdir()
    for shard in range(4):
        pq.write_table(pa.Table.from_pylist(rows[shard::4]), tmp_path / f"flood/{shard}.parquet")
    own = Run(StateStore(str(tmp_path / "states")), 1)
    data = survey((str(tmp_path / "flood"),), Roles(text="text"), own)
    manifest, _ = fingerprint(data, own, first_analyses(data))
    findings = detect(data, manifest, own, Rates()).document["findings"]
    (flood,) = [f for f in findings if f["rule"] == "duplicates/exact-row"]
    assert flood["level"] == level, "repeats are a note; those of one of many people are not"
    assert [place[:2] for place in flood["concentrated_in"]] == [["annotator", "a3"]]
    assert "come from annotator a3" in flood["message"]
    assert (flood["annotators"], flood["sources"]) == ([["a3", 19]], [])
    assert {example["annotator"] for example in flood["examples"]} == {"a3"}


@pytest.mark.parametrize(("shards", "named"), [(20, ["shard 07.parquet"]), (10, [])])
def test_weak_rows_of_one_shard_are_a_note(tmp_path: Path, shards: int, named: list[str]) -> None:
    value = np.random.default_rng(8).normal(size=(shards, 300))
    value[7, :12] = 4.0
    (tmp_path / "data").mkdir()
    for shard in range(shards):
        one = pa.table({"value": value[shard]})
        pq.write_table(one, tmp_path / f"data/{shard:02}.parquet")
    own = Run(StateStore(str(tmp_path / "states")), 1)
    data = survey((str(tmp_path / "data"),), Roles(), own)
    manifest, _ = fingerprint(data, own, first_analyses(data))
    findings = detect(data, manifest, own, Rates()).document["findings"]
    weak = [f for f in findings if not f["rows"]]
    assert [f["what"] for f in weak] == named
    assert {f["level"] for f in findings} <= {"note"}


def test_its_clean_twin_is_not_named(tmp_path: Path) -> None:
    document = found(tmp_path / "clean", 0)
    assert [f for f in document["findings"] if f["what"].startswith("source ")] == []
