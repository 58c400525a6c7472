"""validate: a Great Expectations suite answered once for the whole data set."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import apache_beam as beam
import pyarrow as pa
from apache_beam.pvalue import AsList, AsSingleton

from pipelines.arguments import as_command, standalone
from pipelines.fingerprint import fingerprint, survey
from pipelines.run import Run, keep_result, loading, pieces_of
from provender.beam.transforms import CallEach, Fold, Grouped, Once, Placed
from provender.core.manifest import Manifest
from provender.errors import UsageError
from provender.expect.analysis import CountsOf, ExpectationAnalysis
from provender.expect.suite import Suite, load_suite
from provender.io.outputs import OutputFolder, write_json
from provender.io.states import StateStore
from provender.work.analyse import AnalysePlan, analyse, span_bytes
from provender.work.dataset import DataSet, raise_failures
from provender.work.failing import failing_of, fold_failing, load_failing
from provender.work.fold import Part, fold_states
from provender.work.starts import store_starts
from provender.work.suspects import failing_tables, write_failing
from provender.work.validation import (
    Answered,
    answer,
    answers,
    column_of,
    rule_of,
    validation_document,
)
from provender.work.wire import from_wire, to_wire


@dataclass(frozen=True)
class Validation:
    """What a suite says of the data.

    Attributes:
        document: validation.json as JSON values.
        failing: (shard, store name of its failing rows), in canonical order.
    """

    document: dict[str, Any]
    failing: tuple[tuple[str, str], ...] = ()

    def tables(self, store: StateStore) -> Iterator[pa.Table]:
        """Yield the failing rows as suspects."""
        subjects = [(rule_of(r), column_of(r)) for r in self.document["results"]]
        return failing_tables(self.failing, subjects, store)


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
        return Validation(validation_document(manifest.root, None, []))
    store, shard_rows = run.store, data.shard_rows()
    plan = AnalysePlan(store, data.schema, (suite,))
    starts = store_starts(data.starts(), store)

    def build(root: beam.Pipeline, result: str) -> None:
        analysed = pieces_of(root, data, store) | "Read pieces" >> CallEach(
            analyse, plan, stage="validate", load=loading(store), size=span_bytes
        )
        folded = (
            analysed
            | "Place states" >> beam.Map(_state)
            | "Fold states" >> Fold(fold_states, CountsOf(suite), store, count=data.pieces)
        )
        answered = root | "Answer" >> Once(_answer, AsList(folded), suite, store)
        failing = (
            analysed
            | "Find shards" >> beam.Map(_by_shard)
            | "Find failing rows"
            >> Grouped(_failing_of, AsSingleton(answered), suite, starts, store, give=_tallied)
            | "Fold failing rows" >> Fold(fold_failing, store, count=len(data.names))
        )
        _ = root | "Keep results" >> Once(
            _keep, AsSingleton(answered), AsList(failing), store, result
        )

    answered, failing = run.execute(build, data.bytes)
    raise_failures(failing.failures)
    tally = load_failing(failing.name, store)
    found = answers(answered, tally, suite, shard_rows, store)
    return Validation(
        validation_document(manifest.root, suite.suite.name, found),
        tuple((shard_rows[shard][0], name) for shard, name in tally.tables),
    )


def _state(message: bytes) -> tuple[str, int, bytes]:
    analysed = from_wire(message)
    return "", analysed.index, to_wire(analysed.part(0))


def _by_shard(message: bytes) -> tuple[int, int, bytes]:
    analysed = from_wire(message)
    return analysed.shard_index, analysed.index, message


def _answer(
    folded: list[tuple[str, bytes]], suite: ExpectationAnalysis, store: StateStore
) -> Answered:
    return answer([from_wire(part) for _, part in folded], suite, store)


def _failing_of(
    grouped: tuple[int, Any],
    answered: bytes,
    suite: ExpectationAnalysis,
    starts: str,
    store: StateStore,
) -> tuple[int, Part]:
    return grouped[0], failing_of(grouped, from_wire(answered), suite, starts, store)


def _tallied(failing: tuple[int, Part]) -> Iterator[Placed]:
    shard, part = failing
    yield "", shard, to_wire(part)


def _keep(answered: bytes, failing: list[tuple[str, bytes]], store: StateStore, result: str) -> str:
    return keep_result([from_wire(answered), from_wire(failing[0][1])], store, result)


def write_validation(draft: Path, found: Validation, store: StateStore) -> None:
    """Write validation.json and failing.parquet into ``draft``."""
    write_json(draft / "validation.json", found.document)
    write_failing(draft / "failing.parquet", found.tables(store))


def main(argv: Sequence[str] | None = None) -> None:
    """Write validation.json and failing.parquet for --input into --output."""
    given = standalone("validate", argv)
    suite = read_suite(given.suite or "")
    data = survey(given.input, given.roles, given.run)
    bound = ExpectationAnalysis(suite, data.schema)
    manifest, _ = fingerprint(data, given.run, (bound,))
    found = validate(data, manifest, bound, given.run)
    with OutputFolder(given.output).staging("validation.json") as draft:
        write_validation(draft, found, given.run.store)


if __name__ == "__main__":
    as_command(main)
