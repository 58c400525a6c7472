"""validate: a Great Expectations suite answered once for the whole data set."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apache_beam as beam
import pyarrow as pa
import pyarrow.parquet as pq
from apache_beam.pvalue import AsList

from pipelines.arguments import standalone
from pipelines.fingerprint import fingerprint, survey
from pipelines.run import Run, keep_result
from provender.beam.transforms import CallEach, Once, elements
from provender.core.canonical import pretty_json
from provender.core.manifest import Manifest
from provender.core.shard import ShardFailure
from provender.errors import UsageError
from provender.expect.analysis import ExpectationAnalysis
from provender.expect.suite import Suite, load_suite
from provender.io.outputs import OutputFolder
from provender.work.analyse import Analysed, AnalysePlan, analyse, span_bytes
from provender.work.dataset import DataSet, raise_failures
from provender.work.fold import blocks, fold_names
from provender.work.validation import (
    failing_table,
    fold_answers,
    validated,
    validation_document,
)


@dataclass(frozen=True)
class Validation:
    """validation.json as JSON values, and the failing rows as suspects."""

    document: dict[str, Any]
    failing: pa.Table


def read_suite(path: str) -> Suite:
    """Return the suite in the file at ``path``.

    Raises:
        UsageError: when the file is missing or is not a suite.
    """
    try:
        text = Path(path).read_bytes()
    except OSError as error:
        raise UsageError(path, f"cannot be read ({error.strerror})", "check --suite") from error
    return load_suite(text, path)


def validate(
    data: DataSet, manifest: Manifest, suite: ExpectationAnalysis | None, run: Run
) -> Validation:
    """Answer ``suite``; without one, say that nothing was expected."""
    if suite is None:
        nothing = validation_document(manifest.root, None, [])
        return Validation(nothing, failing_table(nothing, [], [], run.store))
    plan = AnalysePlan(run.store, data.schema, (suite,))
    tasks, shard_rows = data.tasks(), data.shard_rows()

    def build(root: beam.Pipeline, result: str) -> None:
        analysed = elements(root, "List pieces", tasks) | "Read pieces" >> CallEach(
            analyse, plan, stage="validate", size=span_bytes
        )
        folded = elements(root, "List blocks", enumerate(map(tuple, blocks(tasks)))) | (
            "Fold pieces" >> CallEach(fold_answers, plan, AsList(analysed))
        )
        _ = root | "Keep results" >> Once(
            _keep, AsList(folded), AsList(analysed), plan, shard_rows, result
        )

    value = run.execute(build, data.bytes)
    raise_failures([ShardFailure(**f) for f in value["failures"]])
    document = validation_document(manifest.root, suite.suite.name, value["results"])
    return Validation(document, failing_table(document, value["failing"], shard_rows, run.store))


def _keep(
    folded: list[tuple[int, str]],
    analysed: list[Analysed],
    plan: AnalysePlan,
    shard_rows: list[tuple[str, int]],
    result: str,
) -> str:
    failures = [vars(a.failure) for a in analysed if a.failure]
    if failures:
        return keep_result({"failures": failures}, plan.store, result)
    suite: Any = plan.analyses[0]
    names = [name for _, name in sorted(folded)]
    while len(names) > 1:
        names = [fold_names(suite, run, plan.store) for run in blocks(names)]
    answers = validated(suite, names[0], shard_rows, plan.store)
    value = {
        "failures": [],
        "results": list(answers.results),
        "failing": list(answers.failing),
    }
    return keep_result(value, plan.store, result)


def write_validation(draft: Path, found: Validation) -> None:
    """Write validation.json and failing.parquet into ``draft``."""
    (draft / "validation.json").write_text(pretty_json(found.document), "utf-8")
    pq.write_table(found.failing, draft / "failing.parquet", compression="zstd")


def main(argv: Sequence[str] | None = None) -> None:
    """Write validation.json and failing.parquet for --input into --output."""
    given = standalone("validate", argv)
    suite = read_suite(given.suite or "")
    data = survey(given.input, given.roles, given.run)
    bound = ExpectationAnalysis(suite, data.schema)
    manifest, _ = fingerprint(data, given.run, (bound,))
    found = validate(data, manifest, bound, given.run)
    with OutputFolder(given.output).staging("validation.json") as draft:
        write_validation(draft, found)


if __name__ == "__main__":
    main()
