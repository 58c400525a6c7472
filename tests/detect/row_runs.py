"""How tests run a `RowDetector` in a plain loop."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from provender.calibrate.fdr import PValueCounts
from provender.core.shard import Roles
from provender.detect.base import DataView, RowDetector, RowScores, Unchecked
from tests.laws import batches, one_pass

RATE = 0.01


def bound(detector: Any, table: pa.Table, **roles: str) -> Any:
    """Bind to a table that the detector can be run on."""
    ready = detector.bind(DataView(table.schema, Roles(**roles)))
    assert not isinstance(ready, Unchecked)
    assert isinstance(ready, RowDetector)
    return ready


def run(detector: Any, table: pa.Table, cuts: Sequence[int] = ()) -> tuple[RowScores, bytes]:
    """Return (scores of all rows, last profile) of a bound detector."""
    profile = None
    pieces = batches(table, cuts)
    for number in range(detector.rounds):
        analysis = detector.analysis(number, profile)
        profile = detector.profile(number, one_pass(analysis, pieces))
    assert profile is not None
    score = detector.scorer(profile)
    found = [score(piece) for piece in pieces]
    names = ("score", "p_value", "cause")
    return RowScores(*(np.concatenate([getattr(f, n) for f in found]) for n in names)), profile


def flagged(scores: RowScores) -> np.ndarray:
    """Return bool (rows,): rejected at `RATE`."""
    return np.asarray(scores.p_value <= PValueCounts.of(scores.p_value).threshold(RATE))


def without(table: pa.Table, scores: RowScores, cause: int, rows: int) -> pa.Table:
    """Return ``table`` without so many rows of a cause, the highest scores first."""
    mine = np.flatnonzero(scores.cause == cause)
    gone = mine[np.lexsort((mine, -scores.score[mine]))][:rows]
    return table.filter(pa.array(~np.isin(np.arange(table.num_rows), gone)))
