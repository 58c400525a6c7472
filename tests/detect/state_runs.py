"""How tests run a `StateDetector` in a plain loop, whole or in parts."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

import numpy as np
import pyarrow as pa

from provender.core.shard import Roles
from provender.detect.base import DataView, RowScores, StateDetector, Unchecked
from tests.laws import batches


def bound(detector: Any, table: pa.Table, **roles: str) -> Any:
    """Bind to a table that the detector can be run on."""
    ready = detector.bind(DataView(table.schema, Roles(**roles)))
    assert not isinstance(ready, Unchecked)
    assert isinstance(ready, StateDetector)
    return ready


def run(detector: Any, table: pa.Table, cuts: Sequence[int] = ()) -> tuple[RowScores, bytes]:
    """Return (scores, profile) of a bound detector; each piece is a state of its own."""
    profile = detector.profile(0, _folded(detector, table, cuts))
    return detector.flagged(profile), profile


def run_in_parts(detector: Any, table: pa.Table, cuts: Sequence[int], parts: int) -> RowScores:
    """Return the scores when every part is selected, folded and profiled apart."""
    analysis = detector.analysis(0, None)
    states = _states(detector, table, cuts)
    folded = []
    for part in range(parts):
        chosen = [detector.select(s, part, parts) for s in states]
        chosen = [analysis.unpack(analysis.pack(s)) for s in chosen]
        folded.append(analysis.merge(chosen))
    common = analysis.merge([detector.common(s) for s in states])
    whole = [detector.complete(state, common) for state in folded]
    found = [detector.flagged(detector.profile(0, state)) for state in whole]
    rows = np.concatenate([f.rows for f in found])
    order = np.argsort(rows)
    score, p_value, cause, group = (
        np.concatenate([getattr(f, name) for f in found])[order]
        for name in ("score", "p_value", "cause", "group")
    )
    return RowScores(score, p_value, cause, rows[order], group)


def _states(detector: Any, table: pa.Table, cuts: Sequence[int]) -> list[Any]:
    analysis = detector.analysis(0, None)
    pieces = batches(table.select(analysis.columns()), cuts)
    return [analysis.add(analysis.empty(), piece) for piece in pieces]


def _folded(detector: Any, table: pa.Table, cuts: Sequence[int]) -> Any:
    return detector.analysis(0, None).merge(_states(detector, table, cuts))
