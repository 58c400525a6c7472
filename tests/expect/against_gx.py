"""Where our answers differ from Great Expectations' own on the same rows.

Run as a program it tries every expectation of tables.py, which takes minutes:

    python -m tests.expect.against_gx --seeds 3
"""

from __future__ import annotations

import argparse
import math
from datetime import date
from typing import Any

import pandas as pd
import pyarrow as pa

from provender.expect.analysis import ExpectationAnalysis
from provender.expect.gx import pandas_frame, validate
from provender.expect.result import ExpectationResult, failing_rows, results
from provender.expect.suite import Expectation, Suite
from tests.expect import tables
from tests.laws import batches, one_pass


def suite_of(expectations: list[dict[str, Any]]) -> Suite:
    made = (
        Expectation(e["type"], e["kwargs"], e.get("severity", "critical")) for e in expectations
    )
    return Suite("tried", tuple(made))


def reference_frame(table: pa.Table) -> pd.DataFrame:
    """The pandas frame of a table: nullable types only where there are nulls."""
    frame = pandas_frame(table)
    for name in frame:
        plain = table.schema.field(name).type in (pa.int64(), pa.bool_())
        if plain and not table[name].null_count:
            frame[name] = frame[name].astype(table[name].type.to_pandas_dtype())
    return frame


def differences(table: pa.Table, expectations: list[dict[str, Any]]) -> list[str]:
    """Return one line per disagreement on success, counts, observed value or failing rows."""
    analysis = ExpectationAnalysis(suite_of(expectations), table.schema)
    state = one_pass(analysis, batches(table, [7, 70, 71, 150]))
    reference = validate(reference_frame(table), expectations)
    found = []
    for theirs, ours in zip(reference, results(analysis, state), strict=True):
        rows = failing_rows(analysis, state, ours.index).tolist()
        found += [
            f"{ours.expectation.type} {ours.expectation.kwargs}: {line}"
            for line in _compare(theirs, ours, rows)
        ]
    return found


def _compare(theirs: Any, ours: ExpectationResult, rows: list[int]) -> list[str]:
    told, outcome = theirs.result, ours.outcome
    pairs: list[tuple[str, Any, Any]] = [("success", bool(theirs.success), ours.success)]
    for name in ("element_count", "unexpected_count"):
        if name in told:
            pairs.append((name, told[name], getattr(outcome, name)))
    if "unexpected_index_list" in told:
        pairs.append(("rows", told["unexpected_index_list"], rows))
        pairs.append(("percent", told["unexpected_percent"], ours.unexpected_percent))
        pairs.append(("missing", told.get("missing_count"), outcome.missing_count))
    if "observed_value" in told:
        pairs.append(("observed", told["observed_value"], outcome.observed_value))
    return [f"{name}: GX {a!r}, ours {b!r}" for name, a, b in pairs if not _same(a, b)]


def _same(theirs: Any, ours: Any) -> bool:
    if isinstance(theirs, dict):
        return theirs.keys() == ours.keys() and all(_same(theirs[k], ours[k]) for k in theirs)
    if isinstance(theirs, list) and isinstance(ours, list):
        pairs = zip(theirs[:20], ours[:20], strict=True)
        return all(_same(a, b) for a, b in pairs)
    if isinstance(theirs, date):
        return bool(theirs.isoformat() == ours)
    if isinstance(ours, float):
        return math.isclose(theirs, ours, rel_tol=1e-12, abs_tol=1e-12)
    return bool(theirs == ours)


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seeds", type=int, default=1)
    for seed in range(parser.parse_args().seeds):
        table = tables.random_table(seed)
        tried = tables.everything(table)
        found = [d for i in range(0, len(tried), 50) for d in differences(table, tried[i : i + 50])]
        print(f"seed {seed}: {len(tried)} expectations, {len(found)} differences", *found, sep="\n")


if __name__ == "__main__":
    main()
