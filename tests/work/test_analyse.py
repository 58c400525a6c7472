"""One read feeds every analysis, and analyses that are the same only once."""

from __future__ import annotations

from dataclasses import dataclass

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from pipelines.fingerprint import survey
from pipelines.run import Run
from provender.core.shard import Roles
from provender.errors import StoreError
from provender.io.states import StateStore
from provender.stats.census import CensusAnalysis
from provender.work.analyse import AnalysePlan, analyse
from provender.work.task import load_task

_READS: list[int] = []


@dataclass(frozen=True)
class Watched(CensusAnalysis):
    """Notes every batch it is given."""

    def add(self, state, batch):
        _READS.append(batch.num_rows)
        return super().add(state, batch)


def test_two_detectors_that_ask_for_one_analysis_share_its_state(tmp_path):
    (tmp_path / "data").mkdir()
    pq.write_table(pa.table({"a": ["x", "y", "x"], "b": [1, 2, 3]}), tmp_path / "data/0.parquet")
    run = Run(StateStore(str(tmp_path / "c")), 1)
    data = survey([str(tmp_path / "data")], Roles(), run)
    (task,) = (load_task(ref, run.store) for ref in data.tasks(run.store))
    same, other = Watched(("a",)), Watched(("b",))
    _READS.clear()
    found = analyse(task, AnalysePlan(run.store, data.schema, (same, other, Watched(("a",)))))
    assert _READS == [3, 3]
    assert found.names[0] == found.names[2] != found.names[1]
    assert same.unpack(run.store.require(found.names[2])).values["a"] == {"x": 2, "y": 1}


def test_a_worker_without_the_runs_secret_key_ends_the_run(tmp_path):
    (tmp_path / "data").mkdir()
    pq.write_table(pa.table({"a": ["x", "y"]}), tmp_path / "data/0.parquet")
    run = Run(StateStore(str(tmp_path / "c")), 1)
    data = survey([str(tmp_path / "data")], Roles(), run)
    (task,) = (load_task(ref, run.store) for ref in data.tasks(run.store))
    plan = AnalysePlan(run.store, data.schema, (Watched(("a",)),), hash_key="0123456789abcdef")
    with pytest.raises(StoreError, match="PROVENDER_SECRET_KEY"):
        analyse(task, plan)
