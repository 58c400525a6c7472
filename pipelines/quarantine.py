"""quarantine: every shard's clean and rejected records, apart, and checked to be all of it."""

from __future__ import annotations

from pathlib import Path

import apache_beam as beam
import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from apache_beam.pvalue import AsList

from pipelines.run import Run, keep_result
from provender.beam.transforms import CallEach, Once, elements
from provender.core.manifest import Manifest
from provender.core.shard import ShardFailure
from provender.io.states import StateStore
from provender.work.dataset import DataSet, raise_failures
from provender.work.quarantine import Quarantined, QuarantineTask, quarantine


def split(
    data: DataSet,
    manifest: Manifest,
    suspects: Path,
    rejecting: tuple[str, ...],
    folder: Path,
    run: Run,
) -> dict[str, int]:
    """Write clean/, rejected/ and reasons.parquet into ``folder``; return records in each.

    Args:
        suspects: suspects.parquet; the rows of rules in ``rejecting`` are rejected.

    Raises:
        ProvenderError: when a shard cannot be read or the records do not add up.
    """
    reasons = pq.read_table(suspects)
    reasons = reasons.filter(pc.is_in(reasons["rule"], pa.array(rejecting, pa.string())))
    rows = _by_shard(reasons)
    multisets = {s.name: s.row_multiset for s in manifest.shards}
    tasks = []
    for pieces in data.tasks_by_shard():
        name = pieces[0].shard.ref.name
        tasks.append(QuarantineTask(pieces, rows.get(name, ()), multisets[name]))
    for side in ("clean", "rejected"):
        (folder / side).mkdir(parents=True)
    pq.write_table(reasons.select(["shard", "row", "rule"]), folder / "reasons.parquet")

    def build(root: beam.Pipeline, result: str) -> None:
        done = elements(root, "List shards", tasks) | "Split shards" >> CallEach(
            quarantine, str(folder.resolve()), run.store, stage="quarantine", size=_size
        )
        _ = root | "Keep counts" >> Once(_keep, AsList(done), run.store, result)

    value = run.execute(build, data.bytes)
    raise_failures([ShardFailure(**f) for f in value["failures"]])
    return {"clean": value["clean"], "rejected": value["rejected"]}


def _by_shard(reasons: pa.Table) -> dict[str, tuple[int, ...]]:
    ordered = reasons.sort_by([("shard", "ascending"), ("row", "ascending")])
    names = ordered["shard"].to_numpy(zero_copy_only=False)
    rows = ordered["row"].to_numpy()
    cuts = np.flatnonzero(names[1:] != names[:-1]) + 1
    return {
        str(names[part[0]]): tuple(np.unique(rows[part]).tolist())
        for part in np.split(np.arange(len(rows)), cuts)
        if len(part)
    }


def _size(task: QuarantineTask) -> int:
    return task.tasks[0].shard.ref.size


def _keep(done: list[Quarantined], store: StateStore, result: str) -> str:
    value = {
        "clean": sum(d.clean for d in done),
        "rejected": sum(d.rejected for d in done),
        "failures": [vars(d.failure) for d in done if d.failure],
    }
    return keep_result(value, store, result)
