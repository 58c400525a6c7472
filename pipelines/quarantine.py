"""quarantine: every shard's clean and rejected records, apart, and checked to be all of it."""

from __future__ import annotations

from collections.abc import Iterator
from functools import partial
from itertools import groupby
from pathlib import Path

import apache_beam as beam
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq
from apache_beam.pvalue import AsList

from pipelines.detect import Detected
from pipelines.run import Run, keep_result
from pipelines.validate import Validation
from provender.beam.transforms import CallEach, Fold, Once, Placed, elements
from provender.core.manifest import Manifest
from provender.io.states import StateStore
from provender.io.storage import discard_drafts, joined, make_folders, whole_file
from provender.work.dataset import DataSet, raise_failures
from provender.work.quarantine import (
    Quarantined,
    QuarantineTask,
    Rejecting,
    add_quarantined,
    quarantine,
    quarantine_size,
)
from provender.work.suspects import Subjects
from provender.work.validation import rule_of
from provender.work.wire import from_wire, to_wire

#: Stands in no rule's id.
_BETWEEN = "\0"


def split(
    data: DataSet,
    manifest: Manifest,
    found: tuple[Validation, Detected],
    rejected: frozenset[tuple[str, str]],
    suspects: Path,
    folder: str,
    run: Run,
) -> dict[str, int]:
    """Write clean/, rejected/ and reasons.parquet into a folder; return records in each.

    Args:
        rejected: (rule, what) of the findings whose rows are rejected; of a failed expectation
            the rule counts.
        suspects: suspects.parquet.
        folder: a path or fsspec address that every worker reaches.

    Raises:
        ProvenderError: when a shard cannot be read or the records do not add up.
    """
    make_folders(folder, ("clean", "rejected"))
    with whole_file(joined(folder, "reasons.parquet")) as draft:
        _write_reasons(suspects, rejected, found[1].subjects, draft)
    tasks = _tasks(data, manifest, found, run.store)
    rejecting = _rejecting(found, rejected)

    def build(root: beam.Pipeline, result: str) -> None:
        total = (
            elements(root, "List shards", tasks, run.store)
            | "Split shards"
            >> CallEach(
                quarantine,
                rejecting,
                folder,
                run.store,
                stage="quarantine",
                size=partial(quarantine_size, store=run.store),
                give=_placed,
            )
            | "Add counts up" >> Fold(add_quarantined, count=len(data.names))
        )
        _ = root | "Keep counts" >> Once(_keep, AsList(total), run.store, result)

    total = run.execute(build, data.bytes)
    raise_failures(total.failures)
    discard_drafts(folder)
    return {"clean": total.clean, "rejected": total.rejected}


def _tasks(
    data: DataSet,
    manifest: Manifest,
    found: tuple[Validation, Detected],
    store: StateStore,
) -> Iterator[QuarantineTask]:
    failing, marks = dict(found[0].failing), dict(found[1].marks)
    pieces = groupby(data.tasks(store), key=lambda ref: ref[4])
    for entry, (_, refs) in zip(manifest.shards, pieces, strict=True):
        name = entry.name
        yield tuple(refs), marks.get(name, ""), failing.get(name, ""), entry.row_multiset


def _rejecting(
    found: tuple[Validation, Detected], rejected: frozenset[tuple[str, str]]
) -> Rejecting:
    validation, detected = found
    subjects, rules = detected.subjects, {rule for rule, _ in rejected}
    results = validation.document["results"]
    return Rejecting(
        tuple(
            (number, cause)
            for number, rule in enumerate(subjects.rules)
            for cause, what in enumerate(["", *subjects.causes[number]], -1)
            if (rule, what) in rejected
        ),
        tuple(i for i, result in enumerate(results) if rule_of(result) in rules),
    )


def _write_reasons(
    suspects: Path, rejected: frozenset[tuple[str, str]], subjects: Subjects, path: Path
) -> None:
    """Write shard, row and rule of every suspect that is rejected."""
    columns = ["shard", "row", "rule"]
    findings = pa.array([_BETWEEN.join(one) for one in rejected], pa.string())
    others = pa.array(sorted({rule for rule, _ in rejected} - {*subjects.rules}), pa.string())
    with pq.ParquetFile(suspects) as file:
        schema = pa.schema([file.schema_arrow.field(c) for c in columns])
        with pq.ParquetWriter(path, schema) as writer:
            for batch in file.iter_batches(columns=[*columns, "what"]):
                of = pc.binary_join_element_wise(batch["rule"], batch["what"], _BETWEEN)
                hit = pc.or_(pc.is_in(of, findings), pc.is_in(batch["rule"], others))
                writer.write_batch(batch.filter(hit).select(columns))


def _placed(counts: Quarantined) -> Iterator[Placed]:
    yield "", counts.shard_index, to_wire(counts)


def _keep(total: list[tuple[str, bytes]], store: StateStore, result: str) -> str:
    return keep_result(from_wire(total[0][1]), store, result)
