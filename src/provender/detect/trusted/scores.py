"""Counts of what a measure says of rows, by group: of trusted rows, and of those under test."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from provender.core.digest import sha256_hex
from provender.detect.base import RowDetector, RowScores, Stored
from provender.stats.census import as_text
from provender.stats.packing import pack, unpack
from provender.stats.quantiles import ValueCounts

_STANDARD = "trusted-standard/1"
_SCORES = "trusted-scores/1"
#: Scores are counted in steps of 1/512 of log(1 + |score|), up to 7.5: at most 7,681 of them.
_STEPS, _FARTHEST = 512, 3840

Counts = dict[str, ValueCounts]
#: Scores, float64 (rows,); the same in steps; causes, int32 (rows,); (group, int64 its rows), each
#: row in one at most.
Measured = tuple[np.ndarray, np.ndarray, np.ndarray, Iterator[tuple[str, np.ndarray]]]


@dataclass(frozen=True)
class Held:
    """Bytes at hand, as `Stored` has them."""

    data: bytes

    @property
    def digest(self) -> str:
        return sha256_hex(self.data)

    def load(self) -> bytes:
        return self.data


@dataclass(frozen=True)
class Standard:
    """What trusted data say to a measure.

    Attributes:
        profile: the measure's own, from one half of the trusted rows.
        counts: scores of the other half, by group.
    """

    profile: bytes
    counts: Mapping[str, ValueCounts]

    def pack(self) -> bytes:
        arrays = _arrays(self.counts) | {"profile": np.frombuffer(self.profile, np.uint8)}
        return pack(_STANDARD, {"groups": list(self.counts)}, arrays)

    @staticmethod
    def unpack(data: bytes) -> Standard:
        meta, arrays = unpack(_STANDARD, data)
        return Standard(arrays["profile"].tobytes(), _counts(meta["groups"], arrays))


@dataclass(frozen=True)
class Measure:
    """Scores rows and says which are compared with which.

    Attributes:
        detector: a bound row detector; only its scores and causes are used.
        label: the column that groups rows; None where they are one group.
    """

    detector: RowDetector
    label: str | None

    def columns(self) -> tuple[str, ...]:
        beside = (self.label,) if self.label else ()
        return tuple(dict.fromkeys((*self.detector.score_columns(), *beside)))

    def causes(self, profile: bytes) -> list[str]:
        """Return names of the detector's causes."""
        return [cause.what for cause in self.detector.causes(profile)]

    def parameters(self) -> dict[str, Any]:
        return {"columns": self.columns(), "label": self.label}

    def scorer(self, profile: bytes) -> Callable[[pa.RecordBatch], Measured]:
        """Return a pure function of a batch."""
        score = self.detector.scorer(profile)

        def measured(batch: pa.RecordBatch) -> Measured:
            found = score(batch.select(list(self.detector.score_columns())))
            log = np.sign(found.score) * np.log1p(np.abs(found.score))
            steps = np.clip(np.rint(log * _STEPS), -_FARTHEST, _FARTHEST)
            return found.score, steps, found.cause.copy(), self._groups(batch, found)

        return measured

    def _groups(self, batch: pa.RecordBatch, found: RowScores) -> Iterator[tuple[str, np.ndarray]]:
        known = ~np.isnan(found.score)
        if self.label is None:
            yield "", np.flatnonzero(known)
            return
        labels = as_text(batch[self.label]).dictionary_encode()
        codes = labels.indices.fill_null(-1).to_numpy(zero_copy_only=False)
        for code, name in enumerate(labels.dictionary.to_pylist()):
            rows = np.flatnonzero(known & (codes == code))
            if len(rows):
                yield name, rows


@dataclass(frozen=True)
class Counted:
    """The state.

    Attributes:
        standard: the analysis's own: it rides along for the profile, not packed.
        counts: steps of scores, by group.
    """

    standard: Stored
    counts: Counts


@dataclass(frozen=True)
class CountScores:
    """The analysis: steps of scores by group, under the profile that ``standard`` holds."""

    id: str
    measure: Measure
    standard: Stored
    version: int = 2

    def parameters(self) -> dict[str, Any]:
        # What the measure's own parameters are shows in its profile.
        return self.measure.parameters() | {"standard": self.standard.digest}

    def columns(self) -> tuple[str, ...]:
        return self.measure.columns()

    def empty(self, first_row: int = 0) -> Counted:  # noqa: ARG002
        return Counted(self.standard, {})

    def add(self, state: Counted, batch: pa.RecordBatch) -> Counted:
        _, steps, _, groups = _scorer(self.measure, self.standard)(batch)
        own = {name: ValueCounts.of(steps[rows]) for name, rows in groups}
        return self.merge([state, Counted(self.standard, own)])

    def merge(self, states: Sequence[Counted]) -> Counted:
        every = [state.counts for state in states]
        names = sorted({name for counts in every for name in counts})
        parts = {name: [counts[name] for counts in every if name in counts] for name in names}
        total = {name: found[0].merge(*found[1:]) for name, found in parts.items()}
        return Counted(self.standard, total)

    def pack(self, state: Counted) -> bytes:
        return pack(_SCORES, {"groups": list(state.counts)}, _arrays(state.counts))

    def unpack(self, data: bytes) -> Counted:
        meta, arrays = unpack(_SCORES, data)
        return Counted(self.standard, _counts(meta["groups"], arrays))


@lru_cache(maxsize=8)
def _scorer(measure: Measure, standard: Stored) -> Any:
    """Set a measure up once per process."""
    return measure.scorer(Standard.unpack(standard.load()).profile)


def _arrays(counts: Mapping[str, ValueCounts]) -> dict[str, np.ndarray]:
    found: dict[str, np.ndarray] = {}
    for i, value in enumerate(counts.values()):
        found |= {f"{i}.cells": value.cells, f"{i}.counts": value.counts}
    return found


def _counts(groups: Sequence[str], arrays: Mapping[str, Any]) -> Counts:
    # Few enough whole numbers are counted exactly: no bits were dropped.
    return {
        name: ValueCounts(0, arrays[f"{i}.cells"], arrays[f"{i}.counts"])
        for i, name in enumerate(groups)
    }
