"""Every detector on the bundled real data: it finds its planted twin and leaves the clean one be."""

from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq
import pytest

from provender.calibrate.fdr import PValueCounts
from provender.core.shard import Roles
from provender.detect.base import DataView, RowDetector, StateDetector, Unchecked
from provender.detect.registry import DETECTORS

SAMPLES = Path(__file__).parents[2] / "data_samples"
RATE = 0.05
ROLES = {
    "adult": Roles(label="income", source="source"),
    "mail": Roles(label="label", text="text", source="source"),
    "digits": Roles(label="label", embedding="pixels", source="source", key="id"),
}


def tables_of(folder: Path) -> dict[str, pa.Table]:
    return {path.name: pq.read_table(path) for path in sorted(folder.iterdir())}


def flags(rule: str, tables: list[pa.Table], roles: Roles) -> np.ndarray:
    """Run a detector in a plain loop over batches; return what it flags at RATE: bool (rows,)."""
    detector: Any = next(d for d in DETECTORS if d.rule.id == rule)
    bound = detector.bind(DataView(tables[0].schema, roles))
    assert not isinstance(bound, Unchecked), bound
    profile = None
    for number in range(bound.rounds):
        analysis = bound.analysis(number, profile)
        states = []
        for table in tables:
            state = analysis.empty()
            for batch in table.select(analysis.columns() or table.column_names).to_batches():
                state = analysis.add(state, batch)
            states.append(state)
        profile = bound.profile(number, analysis.merge(states))
    p_values = np.ones(sum(table.num_rows for table in tables))
    if isinstance(bound, StateDetector):
        listed = bound.flagged(profile)
        p_values[listed.rows] = listed.p_value
    else:
        assert isinstance(bound, RowDetector)
        score = bound.scorer(profile)
        batches = [b for t in tables for b in t.select(bound.score_columns()).to_batches()]
        p_values = np.concatenate([score(b).p_value for b in batches])
    return p_values <= PValueCounts.of(p_values).threshold(RATE)
