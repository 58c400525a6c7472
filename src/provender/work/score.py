"""The scoring read: every row's p-value is counted, only the improbable rows are kept."""

from __future__ import annotations

from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from provender.calibrate.fdr import KEEP_BELOW
from provender.core.shard import ShardFailure
from provender.detect.base import RowDetector, RowScores, StateDetector
from provender.errors import ProvenderError
from provender.io.schema import conform
from provender.io.states import StateStore, state_name
from provender.stats.census import as_text
from provender.stats.packing import pack, unpack
from provender.work.analyse import failure_of, read_batches
from provender.work.rounds import Detection
from provender.work.summary import ScoreSummary, summarise
from provender.work.task import STATE_SCHEMA, SpanTask, content_of, schema_digest

_KIND = "scores/1"


@dataclass(frozen=True)
class Scored:
    """The outcome for one piece: (detector, store name of its kept scores)."""

    index: int
    names: tuple[tuple[int, str], ...]
    failure: ShardFailure | None = None


@dataclass(frozen=True)
class KeptScores:
    """Rows of one piece that are kept.

    Attributes:
        rows: int64 (kept,), numbers within the shard, ascending.
        score, p_value: float64 (kept,).
        cause: int32 (kept,).
        summary: of every row, kept or not.
    """

    rows: np.ndarray
    score: np.ndarray
    p_value: np.ndarray
    cause: np.ndarray
    summary: ScoreSummary


def score(task: SpanTask, detection: Detection, label: str | None, keep_all: bool) -> Scored:
    """Score the piece's rows with every row detector and store what is kept."""
    if detection.failures:
        return Scored(task.index, ())
    try:
        return Scored(task.index, tuple(_score(task, detection, label, keep_all)))
    except ProvenderError as error:
        return Scored(task.index, (), failure_of(task.shard.ref.name, error))


def scores_name(
    task: SpanTask, detection: Detection, index: int, label: str | None, keep_all: bool
) -> str:
    """Return the store name of the scores that row detector ``index`` gives to a piece."""
    detector: Any = detection.detectors[index]
    return state_name(
        "scores",
        STATE_SCHEMA,
        [detector.rule.id, detection.profiles[index][0], label or "", keep_all],
        content_of(task),
        schema_digest(detection.schema, detector.score_columns()),
    )


def row_detectors(detection: Detection) -> list[int]:
    """Return which detectors score rows in a read of their own."""
    return [i for i, d in enumerate(detection.detectors) if isinstance(d, RowDetector)]


def _score(
    task: SpanTask, detection: Detection, label: str | None, keep_all: bool
) -> list[tuple[int, str]]:
    named, missing = [], []
    for index in row_detectors(detection):
        name = scores_name(task, detection, index, label, keep_all)
        named.append((index, name))
        if detection.fresh or detection.store.get(name) is None:
            missing.append((index, name))
    if missing:
        _read_and_score(task, detection, missing, label, keep_all)
    if keep_all:
        named += [
            (index, _score_listed(task, detection, index, detector))
            for index, detector in enumerate(detection.detectors)
            if isinstance(detector, StateDetector)
        ]
    return named


def _score_listed(task: SpanTask, detection: Detection, index: int, detector: StateDetector) -> str:
    """Store the piece's scores by a state detector: 0, at p = 1, for rows it does not list."""
    rows = task.span.rows
    score, p_value = np.zeros(rows), np.ones(rows)
    cause = np.full(rows, -1, np.int32)
    for profile in detection.profiles[index]:
        listed = detector.flagged(detection.store.require(profile))
        assert listed.rows is not None
        low, high = np.searchsorted(listed.rows, [task.first_row, task.first_row + rows])
        place = listed.rows[low:high] - task.first_row
        score[place], p_value[place] = listed.score[low:high], listed.p_value[low:high]
        cause[place] = listed.cause[low:high]
    numbers = np.arange(task.span.first_row, task.span.first_row + rows)
    kept = KeptScores(numbers, score, p_value, cause, ScoreSummary.empty())
    return detection.store.put_content("listed", pack_scores(kept))


def _read_and_score(
    task: SpanTask,
    detection: Detection,
    missing: list[tuple[int, str]],
    label: str | None,
    keep_all: bool,
) -> None:
    detectors: list[Any] = [detection.detectors[i] for i, _ in missing]
    needs = [d.score_columns() for d in detectors]
    wanted = {c for columns in needs for c in columns} | ({label} if label else set())
    columns = tuple(n for n in detection.schema.names if n in wanted)
    seen = pa.schema([detection.schema.field(n) for n in columns])
    scorers = [
        _scorer(d, detection.profiles[i][0], detection.store)
        for d, (i, _) in zip(detectors, missing, strict=True)
    ]
    pieces: list[list[KeptScores]] = [[] for _ in missing]
    first_row = task.span.first_row
    for raw in read_batches(task, detection.store, columns):
        batch = conform(raw, seen)
        classes = as_text(batch.column(label)) if label else None
        for own, scorer, kept in zip(needs, scorers, pieces, strict=True):
            kept.append(_keep(scorer(batch.select(list(own))), first_row, classes, keep_all))
        first_row += batch.num_rows
    for (_, name), kept in zip(missing, pieces, strict=True):
        detection.store.put(name, pack_scores(_concatenate(kept)))


@lru_cache(maxsize=32)
def _scorer(detector: RowDetector, profile: str, store: StateStore) -> Any:
    """Set a scorer up once per process: pieces of one data set share it."""
    return detector.scorer(store.require(profile))


def _keep(
    scores: RowScores, first_row: int, classes: pa.Array | None, keep_all: bool
) -> KeptScores:
    p = scores.p_value
    kept = ~np.isnan(p) if keep_all else p <= KEEP_BELOW
    rows = np.flatnonzero(kept)
    return KeptScores(
        rows + first_row,
        scores.score[kept],
        p[kept],
        scores.cause[kept].astype(np.int32),
        summarise(p, classes),
    )


def _concatenate(pieces: list[KeptScores]) -> KeptScores:
    if not pieces:
        none = np.zeros(0)
        return KeptScores(
            none.astype(np.int64), none, none, none.astype(np.int32), ScoreSummary.empty()
        )
    summary = ScoreSummary.empty()
    for piece in pieces:
        summary = summary.merge(piece.summary)
    return KeptScores(
        np.concatenate([k.rows for k in pieces]),
        np.concatenate([k.score for k in pieces]),
        np.concatenate([k.p_value for k in pieces]),
        np.concatenate([k.cause for k in pieces]),
        summary,
    )


def pack_scores(kept: KeptScores) -> bytes:
    """Return kept scores as bytes, without pickle."""
    arrays = {"rows": kept.rows, "score": kept.score, "p": kept.p_value, "cause": kept.cause}
    return pack(_KIND, kept.summary.to_json(), arrays)


def unpack_scores(data: bytes) -> KeptScores:
    """Return what `pack_scores` wrote."""
    meta, a = unpack(_KIND, data)
    return KeptScores(a["rows"], a["score"], a["p"], a["cause"], ScoreSummary.from_json(meta))
