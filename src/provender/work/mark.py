"""The flagged rows of one shard, with the class, source and annotator each belongs to."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.core.shard import Roles, ShardFailure
from provender.detect.base import StateDetector
from provender.errors import ProvenderError
from provender.io.states import StateStore
from provender.stats.census import as_text
from provender.stats.packing import pack, unpack
from provender.work.analyse import failure_of, read_batches
from provender.work.conversations import view
from provender.work.rounds import Detection
from provender.work.score import KeptScores, Scored, pack_scores, unpack_scores
from provender.work.shard_rows import ShardRows
from provender.work.summary import LOW, ScoreSummary
from provender.work.suspected import Hits, load_hits
from provender.work.tally import EXAMPLES, CauseTally, Tally, finite, marks_of, store_tally
from provender.work.task import SpanTask, load_task
from provender.work.thresholds import Thresholds
from provender.work.wire import message

_KIND = "marks/2"
_EXCERPT = 240


@dataclass(frozen=True)
class MarkPlan:
    """What marking needs besides the thresholds.

    Attributes:
        keep_all: whether the scores of every row were kept.
        show_content: whether examples may carry what the rows hold.
    """

    roles: Roles
    keep_all: bool = False
    show_content: bool = False


@message
@dataclass(frozen=True)
class Marked:
    """The outcome for one shard.

    Attributes:
        tally: store name of what was counted; '' after a failure.
    """

    shard_index: int
    tally: str
    failure: ShardFailure | None = None


def mark(
    grouped: tuple[int, Sequence[Scored | Hits]],
    thresholds: Thresholds,
    detection: Detection,
    plan: MarkPlan,
) -> Marked:
    """Gather what every rule flags in one shard.

    Args:
        grouped: the shard's place, and of its pieces the scores and of its rows the hits.
        thresholds: the largest flagged p-value per rule.
    """
    index, found = grouped
    scored = [one for one in found if isinstance(one, Scored)]
    hits = [one for one in found if isinstance(one, Hits)]
    if thresholds.standing.failures:
        return Marked(index, "", thresholds.standing.failures[0])
    tasks = [load_task(one.task, detection.store) for one in scored]
    try:
        tally = _marked(index, tasks, scored, hits, thresholds, detection, plan)
        return Marked(index, store_tally(tally, detection.store))
    except ProvenderError as error:
        return Marked(index, "", failure_of(tasks[0].shard.ref.name, error))


def _marked(
    index: int,
    tasks: Sequence[SpanTask],
    scored: Sequence[Scored],
    hits: Sequence[Hits],
    thresholds: Thresholds,
    detection: Detection,
    plan: MarkPlan,
) -> Tally:
    scores = []
    if plan.keep_all:
        scores = [(index, rule, name) for one in scored for rule, name in one.names]
        scores += [(index, *kept) for kept in _all_listed(tasks, hits, detection)]
    flags, low = _flags(tasks, scored, hits, thresholds, detection)
    lows = {rule: ShardRows.of(index, rows) for rule, rows in low.items()}
    if not flags.num_rows:
        return Tally(scores=scores, low=lows)
    store, roles = detection.store, plan.roles
    rows = np.unique(flags["row"].to_numpy())
    context = [c for c in (roles.text, roles.prompt, roles.response) if c and plan.show_content]
    wanted = [
        c for c in dict.fromkeys([roles.label, *roles.contributors().values(), *context]) if c
    ]
    picked = _pick(tasks, detection, rows, wanted)
    place = pa.array(np.searchsorted(rows, flags["row"].to_numpy()))
    flags = flags.append_column("label", _values(picked, roles.label, place))
    flags = flags.append_column("source", _values(picked, roles.source, place))
    flags = flags.append_column("annotator", _values(picked, roles.annotator, place))
    flags = flags.combine_chunks()
    data = pack(_KIND, {}, {name: flags[name].combine_chunks() for name in flags.column_names})
    return Tally(
        _causes(index, tasks[0].shard.ref.name, flags, picked, place, context),
        marks_of(index, store.put_content("marks", data)),
        scores,
        lows,
    )


def _all_listed(
    tasks: Sequence[SpanTask], hits: Sequence[Hits], detection: Detection
) -> Iterator[tuple[int, str]]:
    """Yield (detector, store name) of every row's score by the detectors that list rows.

    A row that is not listed has score 0 at p = 1.
    """
    start, rows = tasks[0].first_row, sum(task.span.rows for task in tasks)
    for rule, detector in enumerate(detection.detectors):
        if not isinstance(detector, StateDetector):
            continue
        score, p_value = np.zeros(rows), np.ones(rows)
        cause = np.full(rows, -1, np.int32)
        for listed in (load_hits(one, detection.store) for one in hits if one.detector == rule):
            place = listed.rows - start
            score[place], p_value[place] = listed.score, listed.p_value
            cause[place] = listed.cause
        kept = KeptScores(np.arange(rows), score, p_value, cause, ScoreSummary.empty())
        yield rule, detection.store.put_content("listed", pack_scores(kept))


def _flags(
    tasks: Sequence[SpanTask],
    scored: Sequence[Scored],
    hits: Sequence[Hits],
    thresholds: Thresholds,
    detection: Detection,
) -> tuple[pa.Table, Counter[int]]:
    """Return (row, rule, score, p_value, cause) of the shard's flagged rows; low ones by rule."""
    start = tasks[0].first_row
    low: Counter[int] = Counter()
    found: list[tuple[int, np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []
    for piece in scored:
        for rule, name in piece.names:
            kept = unpack_scores(detection.store.require(name))
            if few := int((kept.p_value <= LOW).sum()):
                low[rule] += few
            hit = kept.p_value <= thresholds.p_values[rule]
            found.append(
                (rule, kept.rows[hit], kept.score[hit], kept.p_value[hit], kept.cause[hit])
            )
    for one in hits:
        listed = load_hits(one, detection.store)
        hit = listed.p_value <= thresholds.p_values[one.detector]
        rows = listed.rows[hit] - start
        found.append(
            (one.detector, rows, listed.score[hit], listed.p_value[hit], listed.cause[hit])
        )
    columns: dict[str, Any] = {
        "row": np.concatenate([f[1] for f in found]).astype(np.int64) if found else [],
        "rule": np.concatenate([np.full(len(f[1]), f[0]) for f in found]) if found else [],
        "score": np.concatenate([f[2] for f in found]) if found else [],
        "p_value": np.concatenate([f[3] for f in found]) if found else [],
        "cause": np.concatenate([f[4] for f in found]) if found else [],
    }
    schema = pa.schema(
        [
            ("row", pa.int64()),
            ("rule", pa.int32()),
            ("score", pa.float64()),
            ("p_value", pa.float64()),
            ("cause", pa.int32()),
        ]
    )
    table = pa.table({k: pa.array(v, schema.field(k).type) for k, v in columns.items()})
    return table.sort_by([("row", "ascending"), ("rule", "ascending")]), low


def load_marks(store: StateStore, name: str) -> pa.Table:
    """Return a shard's flagged rows: row, rule, score, p_value, cause, label, source, annotator."""
    return pa.table(unpack(_KIND, store.require(name))[1])


def _values(picked: pa.Table | None, column: str | None, place: pa.Array) -> pa.Array:
    if picked is None or column is None or column not in picked.column_names:
        return pa.nulls(len(place), pa.large_string())
    return picked[column].combine_chunks().take(place)


def _pick(
    tasks: Sequence[SpanTask], detection: Detection, rows: np.ndarray, columns: Sequence[str]
) -> pa.Table | None:
    """Read the given rows of a shard, as text."""
    if not columns:
        return None
    seen = pa.schema([detection.schema.field(c) for c in columns])
    pieces = []
    for task in tasks:
        low, high = task.span.first_row, task.span.first_row + task.span.rows
        if not np.any((rows >= low) & (rows < high)):
            continue
        position = low
        for batch in read_batches(task, detection.store, tuple(columns)):
            inside = rows[(rows >= position) & (rows < position + batch.num_rows)] - position
            if len(inside):
                taken = view(batch.take(pa.array(inside)), seen)
                pieces.append(pa.table({c: as_text(taken.column(c)) for c in columns}))
            position += batch.num_rows
    return pa.concat_tables(pieces) if pieces else None


def _causes(
    index: int,
    shard: str,
    flags: pa.Table,
    picked: pa.Table | None,
    place: pa.Array,
    context: Sequence[str],
) -> dict[tuple[int, int], CauseTally]:
    """Count the flagged rows by rule and cause; in these by class, source and annotator."""
    roles = ("source", "annotator")
    keys = ["rule", "cause", "label", *roles]
    grouped = flags.group_by(keys, use_threads=False).aggregate(
        [("row", "count"), ("score", "max"), ("p_value", "min")]
    )
    causes: dict[tuple[int, int], CauseTally] = {}
    for group in grouped.to_pylist():
        tally = CauseTally.of(
            index,
            group["row_count"],
            group["score_max"],
            group["p_value_min"],
            group["label"],
            {role: group[role] for role in roles},
        )
        key = (group["rule"], group["cause"])
        causes[key] = causes[key].merge(tally) if key in causes else tally
    for key, example in _examples(shard, flags, picked, place, context):
        causes[key].examples.append(example)
    return causes


def _examples(
    shard: str,
    flags: pa.Table,
    picked: pa.Table | None,
    place: pa.Array,
    context: Sequence[str],
) -> Iterator[tuple[tuple[int, int], dict[str, Any]]]:
    """Yield ((rule, cause), example) of the most abnormal rows of each in this shard."""
    seen: dict[tuple[int, int], int] = {}
    keys = [("p_value", "ascending"), ("score", "descending"), ("row", "ascending")]
    order = pc.sort_indices(flags, keys).to_pylist()
    rules, causes = flags["rule"].to_pylist(), flags["cause"].to_pylist()
    for i in order:
        key = (rules[i], causes[i])
        if seen.get(key, 0) >= EXAMPLES:
            continue
        seen[key] = seen.get(key, 0) + 1
        example: dict[str, Any] = {
            "shard": shard,
            "row": flags["row"][i].as_py(),
            "label": flags["label"][i].as_py(),
            "source": flags["source"][i].as_py(),
            "annotator": flags["annotator"][i].as_py(),
            "score": finite(flags["score"][i].as_py()),
            "p_value": flags["p_value"][i].as_py(),
        }
        if context and picked is not None:
            values = [picked[c][place[i].as_py()].as_py() for c in context]
            example["text"] = " ⏎ ".join((v or "")[:_EXCERPT] for v in values)
        yield key, example
