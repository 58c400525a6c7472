"""fingerprint: one read of every changed shard; a manifest of bytes and rows."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import apache_beam as beam
from apache_beam.pvalue import AsList

from pipelines.arguments import standalone
from pipelines.run import Run, keep_result
from provender.beam.transforms import CallEach, Once, elements
from provender.core.canonical import pretty_json
from provender.core.manifest import Manifest
from provender.core.shard import Roles, ShardFailure, ShardRef
from provender.io.discover import discover
from provender.io.outputs import OutputFolder
from provender.io.states import StateStore
from provender.stats.analysis import Analysis
from provender.work.analyse import Analysed, AnalysePlan, analyse, span_bytes
from provender.work.dataset import (
    DataSet,
    data_set,
    raise_failures,
    survey_from_json,
    survey_to_json,
)
from provender.work.fold import blocks
from provender.work.identities import IDENTITY, ShardIdentities, identities, manifest_of
from provender.work.survey import Surveyed, survey_shard


def survey(inputs: Sequence[str], roles: Roles, run: Run) -> DataSet:
    """Hash every shard's bytes and find out how it reads.

    Raises:
        ProvenderError: naming every shard that cannot be read, or what does not fit together.
    """
    refs = discover(inputs)

    def build(root: beam.Pipeline, result: str) -> None:
        surveyed = elements(root, "List shards", refs) | "Survey shards" >> CallEach(
            survey_shard, run.store, run.span_bytes, run.fresh, stage="hash", size=_size
        )
        _ = root | "Keep survey" >> Once(_keep_survey, AsList(surveyed), run.store, result)

    value = run.execute(build, sum(ref.size for ref in refs))
    return data_set(survey_from_json(value), roles)


def fingerprint(
    data: DataSet, run: Run, analyses: tuple[Analysis[Any], ...] = ()
) -> tuple[Manifest, dict[str, int]]:
    """Compute the manifest, and the states of ``analyses`` in the same read.

    Returns:
        The manifest, and what was read: shards and rows whose states were not stored yet.
    """
    plan = AnalysePlan(run.store, data.schema, analyses, (IDENTITY,), run.fresh)
    tasks = data.tasks()

    def build(root: beam.Pipeline, result: str) -> None:
        analysed = elements(root, "List pieces", tasks) | "Read pieces" >> CallEach(
            analyse, plan, stage="fingerprint", size=span_bytes
        )
        shards = [(i, tuple(run_)) for i, run_ in enumerate(blocks(data.tasks_by_shard()))]
        entries = elements(root, "List blocks", shards) | "Merge pieces" >> CallEach(
            identities, AsList(analysed), run.store
        )
        _ = root | "Keep manifest" >> Once(
            _keep_manifest, AsList(entries), AsList(analysed), run.store, result
        )

    value = run.execute(build, data.bytes)
    raise_failures([ShardFailure(**f) for f in value["failures"]])
    read = {tasks[i].shard.ref.name for i in value["read"]}
    counts = {"shards": len(data.shards), "shards_read": len(read), "rows_read": value["rows_read"]}
    return Manifest.from_json(value["manifest"], "the fingerprint pipeline's result"), counts


def _size(ref: ShardRef) -> int:
    return ref.size


def _keep_survey(surveyed: list[Surveyed], store: StateStore, result: str) -> str:
    return keep_result(survey_to_json(surveyed), store, result)


def _keep_manifest(
    parts: list[ShardIdentities | None], analysed: list[Analysed], store: StateStore, result: str
) -> str:
    failures = [a.failure for a in analysed if a.failure]
    whole = [part for part in parts if part is not None]
    value = {
        "manifest": None if failures else manifest_of(whole).to_json(),
        "failures": [vars(f) for f in failures],
        "read": sorted(a.index for a in analysed if a.rows_read),
        "rows_read": sum(a.rows_read for a in analysed),
    }
    return keep_result(value, store, result)


def main(argv: Sequence[str] | None = None) -> None:
    """Write manifest.json for --input into --output."""
    given = standalone("fingerprint", argv)
    data = survey(given.input, given.roles, given.run)
    manifest, _ = fingerprint(data, given.run)
    with OutputFolder(given.output).staging("manifest.json") as draft:
        (draft / "manifest.json").write_text(pretty_json(manifest.to_json()), "utf-8")


if __name__ == "__main__":
    main()
