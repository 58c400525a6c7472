"""The three reads of spectral/class-signature: moments, moments of the bodies, scores."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

import numpy as np
import pyarrow as pa

from provender.core.digest import sha256_hex
from provender.detect.embedding import Embedding
from provender.detect.spectral.plan import Space, unpack_spaces
from provender.stats.covariance import Key, Moments, merged, pack_moments, unpack_moments
from provender.stats.packing import pack, unpack
from provender.stats.quantiles import ValueCounts

_SCORES = "spectral-scores/1"
#: Scores are counted in 128 cells per octave.
_SCORE_SHIFT = 45


@dataclass(frozen=True)
class Source:
    """Where labels and vectors come from."""

    label: str
    embedding: Embedding

    def columns(self) -> tuple[str, ...]:
        return (self.label, self.embedding.column)

    def blocks(
        self, batch: pa.RecordBatch
    ) -> Iterator[tuple[int, np.ndarray, np.ndarray, np.ndarray]]:
        """Yield (length, row numbers, labels as text, features) of labelled rows."""
        labels = batch.column(self.label).cast(pa.string())
        for length, rows, features in self.embedding.blocks(batch):
            names = labels.take(pa.array(rows))
            known = np.asarray(names.is_valid())
            if known.any():
                text = np.asarray(names.drop_null().to_numpy(zero_copy_only=False), np.str_)
                yield length, rows[known], text, features[known]

    def groups(
        self, batch: pa.RecordBatch, spaces: Sequence[Space]
    ) -> Iterator[tuple[int, Space, np.ndarray, np.ndarray, np.ndarray]]:
        """Yield (space's place, space, row numbers, group numbers, features) of planned rows."""
        places = {space.length: place for place, space in enumerate(spaces)}
        for length, rows, text, features in self.blocks(batch):
            if length in places:
                space = spaces[places[length]]
                labels = np.array(space.labels)
                group = np.minimum(np.searchsorted(labels, text), len(labels) - 1)
                known = labels[group] == text
                if known.any():
                    yield places[length], space, rows[known], group[known], features[known]


@dataclass(frozen=True)
class ClassMoments:
    """Rounds 0 and 1: exact moments per (label, length, part).

    Attributes:
        plan: None in round 0; in round 1 the packed spaces, and part tells kept rows (1) from
            trimmed ones (0).
        most_groups: groups kept, first in order of (label, length), to bound the state.
    """

    id: str
    source: Source
    most_groups: int
    plan: bytes | None = None
    version: int = 2

    def parameters(self) -> dict[str, Any]:
        return _parameters(self.source, self.plan) | {"most_groups": self.most_groups}

    def columns(self) -> tuple[str, ...]:
        return self.source.columns()

    def empty(self, first_row: int = 0) -> dict[Key, Moments]:  # noqa: ARG002
        return {}

    def add(self, state: dict[Key, Moments], batch: pa.RecordBatch) -> dict[Key, Moments]:
        return self.merge([state, *self._parts(batch)])

    def _parts(self, batch: pa.RecordBatch) -> Iterator[dict[Key, Moments]]:
        if self.plan is None:
            for length, _, text, features in self.source.blocks(batch):
                names, group = np.unique(text, return_inverse=True)
                for i, name in enumerate(names[: self.most_groups]):
                    yield {(str(name), length, 0): Moments.of(features[group == i])}
            return
        for _, space, _, group, features in self.source.groups(batch, unpack_spaces(self.plan)):
            # Whole numbers, so that the sum of squares has no rounding to depend on.
            steps = np.rint(space.projection.of(features, group) * 256)
            kept = (steps**2).sum(axis=1) <= space.limits[group] * 256**2
            for i in np.unique(group):
                for part in (0, 1):
                    there = (group == i) & (kept == part)
                    if there.any():
                        key = (space.labels[i], space.length, part)
                        yield {key: Moments.of(features[there])}

    def merge(self, states: Sequence[dict[Key, Moments]]) -> dict[Key, Moments]:
        total = merged(states)
        if self.plan is not None:
            return total
        return {key: total[key] for key in sorted(total)[: self.most_groups]}

    def pack(self, state: dict[Key, Moments]) -> bytes:
        return pack_moments(state)

    def unpack(self, data: bytes) -> dict[Key, Moments]:
        return unpack_moments(data)


@dataclass(frozen=True)
class Scores:
    """State of round 2.

    Attributes:
        plan: the packed spaces, which the profile is made with (known to the analysis, not packed).
        rows: rows met.
        scored: rows that belong to a planned group.
        own: per (space's place, group), the scores of its rows on its own direction.
        others: the same for the rows of all other groups.
    """

    plan: bytes
    rows: int
    scored: int
    own: Mapping[tuple[int, int], ValueCounts]
    others: Mapping[tuple[int, int], ValueCounts]


@dataclass(frozen=True)
class SignatureScores:
    """Round 2: how far rows lie along each group's direction, by own group and others."""

    id: str
    source: Source
    plan: bytes
    version: int = 2

    def parameters(self) -> dict[str, Any]:
        return _parameters(self.source, self.plan)

    def columns(self) -> tuple[str, ...]:
        return self.source.columns()

    def empty(self, first_row: int = 0) -> Scores:  # noqa: ARG002
        return Scores(self.plan, 0, 0, {}, {})

    def add(self, state: Scores, batch: pa.RecordBatch) -> Scores:
        parts = [state, Scores(self.plan, batch.num_rows, 0, {}, {})]
        for place, space, rows, group, features in self.source.groups(
            batch, unpack_spaces(self.plan)
        ):
            scores = np.abs(space.projection.of(features, group))
            own, others = {}, {}
            for i in range(len(space.labels)):
                mine = group == i
                own[place, i] = ValueCounts.of(scores[mine, i], _SCORE_SHIFT)
                others[place, i] = ValueCounts.of(scores[~mine, i], _SCORE_SHIFT)
            parts.append(Scores(self.plan, 0, len(rows), own, others))
        return self.merge(parts)

    def merge(self, states: Sequence[Scores]) -> Scores:
        return Scores(
            self.plan,
            sum(s.rows for s in states),
            sum(s.scored for s in states),
            _merged_counts([s.own for s in states]),
            _merged_counts([s.others for s in states]),
        )

    def pack(self, state: Scores) -> bytes:
        arrays, heads = {}, []
        for name, counts in (("own", state.own), ("others", state.others)):
            for place, i in sorted(counts):
                value = counts[place, i]
                heads.append([name, place, i, value.shift])
                arrays[f"cells{len(heads)}"] = value.cells
                arrays[f"counts{len(heads)}"] = value.counts
        return pack(_SCORES, {"rows": state.rows, "scored": state.scored, "of": heads}, arrays)

    def unpack(self, data: bytes) -> Scores:
        meta, arrays = unpack(_SCORES, data)
        counts: dict[str, dict[tuple[int, int], ValueCounts]] = {"own": {}, "others": {}}
        for n, (name, place, i, shift) in enumerate(meta["of"], start=1):
            value = ValueCounts(shift, arrays[f"cells{n}"], arrays[f"counts{n}"])
            counts[name][place, i] = value
        return Scores(self.plan, meta["rows"], meta["scored"], counts["own"], counts["others"])


def _parameters(source: Source, plan: bytes | None) -> dict[str, Any]:
    return asdict(source) | {"plan": None if plan is None else sha256_hex(plan)}


def _merged_counts(
    parts: Sequence[Mapping[tuple[int, int], ValueCounts]],
) -> dict[tuple[int, int], ValueCounts]:
    keys = sorted({key for part in parts for key in part})
    found = {key: [part[key] for part in parts if key in part] for key in keys}
    return {key: values[0].merge(*values[1:]) for key, values in found.items()}
