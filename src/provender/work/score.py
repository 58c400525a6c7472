"""The scoring read: every row's p-value is counted, only the improbable rows are kept."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from typing import Any

import numpy as np
import pyarrow as pa

from provender.calibrate.fdr import KEEP_BELOW
from provender.core.shard import Roles, ShardFailure
from provender.detect.base import RowDetector, RowScores
from provender.errors import ProvenderError
from provender.io.states import StateStore, state_name
from provender.stats.census import as_text
from provender.stats.packing import pack, unpack
from provender.stats.secret import require_key
from provender.stats.sharing import shared
from provender.work.analyse import failure_of, read_batches, span_bytes
from provender.work.conversations import view
from provender.work.rounds import Detection, Standing
from provender.work.summary import ScoreSummary, summarise
from provender.work.task import (
    STATE_SCHEMA,
    SpanTask,
    TaskRef,
    content_of,
    schema_digest,
)
from provender.work.wire import message

_KIND = "scores/3"


@message
@dataclass(frozen=True)
class Scored:
    """The outcome for one piece.

    Attributes:
        task: the piece, as it travels.
        names: (detector, store name of its kept scores), of the detectors that score rows.
    """

    task: TaskRef
    names: tuple[tuple[int, str], ...] = ()
    rows_read: int = 0
    bytes_read: int = 0
    failure: ShardFailure | None = None

    @property
    def shard_index(self) -> int:
        """The shard's place among all."""
        return self.task[4]

    @property
    def index(self) -> int:
        """The piece's place among all."""
        return self.task[3]


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


def score(
    task: SpanTask, standing: Standing, detection: Detection, roles: Roles, keep_all: bool
) -> Scored:
    """Score the piece's rows with every row detector and store what is kept."""
    if standing.failures:
        return Scored(task.ref, failure=standing.failures[0])
    try:
        return _score(task, standing, detection, roles, keep_all)
    except ProvenderError as error:
        return Scored(task.ref, failure=failure_of(task.shard.ref.name, error))


def _name(
    task: SpanTask,
    standing: Standing,
    detection: Detection,
    index: int,
    roles: Roles,
    keep_all: bool,
) -> str:
    detector: Any = detection.detectors[index]
    return state_name(
        "scores",
        STATE_SCHEMA,
        [
            detector.rule.id,
            standing.profiles[index][0],
            roles.label,
            roles.contributors(),
            keep_all,
        ],
        content_of(task),
        schema_digest(detection.schema, detector.score_columns()),
    )


def row_detectors(detection: Detection) -> list[int]:
    """Return which detectors score rows in a read of their own."""
    return [i for i, d in enumerate(detection.detectors) if isinstance(d, RowDetector)]


def _score(
    task: SpanTask,
    standing: Standing,
    detection: Detection,
    roles: Roles,
    keep_all: bool,
) -> Scored:
    require_key(detection.hash_key)
    named = [
        (index, _name(task, standing, detection, index, roles, keep_all))
        for index in row_detectors(detection)
    ]
    store = detection.store
    missing = [(i, n) for i, n in named if detection.fresh or store.get(n) is None]
    if not missing:
        return Scored(task.ref, tuple(named))
    detectors: Any = detection.detectors
    scorers = [_scorer(detectors[i], standing.profiles[i][0], store) for i, _ in missing]
    _read_and_score(task, detection, missing, scorers, roles, keep_all)
    return Scored(task.ref, tuple(named), task.span.rows, span_bytes(task))


def _read_and_score(
    task: SpanTask,
    detection: Detection,
    missing: list[tuple[int, str]],
    scorers: list[Callable[[pa.RecordBatch], RowScores]],
    roles: Roles,
    keep_all: bool,
) -> None:
    detectors: list[Any] = [detection.detectors[i] for i, _ in missing]
    needs = [d.score_columns() for d in detectors]
    contributors = roles.contributors()
    beside = {c for c in (roles.label, *contributors.values()) if c}
    wanted = {c for columns in needs for c in columns} | beside
    columns = tuple(n for n in detection.schema.names if n in wanted)
    seen = pa.schema([detection.schema.field(n) for n in columns])
    pieces: list[list[KeptScores]] = [[] for _ in missing]
    first_row = task.span.first_row
    for raw in read_batches(task, detection.store, columns):
        batch = view(raw, seen)
        classes = as_text(batch.column(roles.label)) if roles.label else None
        names = {role: as_text(batch.column(column)) for role, column in contributors.items()}
        with shared():
            for own, scorer, kept in zip(needs, scorers, pieces, strict=True):
                scores = scorer(batch.select(list(own)))
                kept.append(_keep(scores, first_row, classes, names, keep_all))
        first_row += batch.num_rows
    for (_, name), kept in zip(missing, pieces, strict=True):
        detection.store.put(name, pack_scores(_concatenate(kept)))


@lru_cache(maxsize=32)
def _scorer(
    detector: Any, profile: str, store: StateStore
) -> Callable[[pa.RecordBatch], RowScores]:
    """Set a scorer up once per process: pieces of one data set share it."""
    scorer: Callable[[pa.RecordBatch], RowScores] = detector.scorer(store.require(profile))
    return scorer


def _keep(
    scores: RowScores,
    first_row: int,
    classes: pa.Array | None,
    names: Mapping[str, pa.Array],
    keep_all: bool,
) -> KeptScores:
    p = scores.p_value
    kept = ~np.isnan(p) if keep_all else p <= KEEP_BELOW
    rows = np.flatnonzero(kept)
    return KeptScores(
        rows + first_row,
        scores.score[kept],
        p[kept],
        scores.cause[kept].astype(np.int32),
        summarise(p, classes, names),
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
