"""The flagged rows of one shard, with the class and source each belongs to."""

from __future__ import annotations

from collections.abc import Sequence
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
from provender.work.listed import suspects_listed
from provender.work.score import row_detectors, scores_name, unpack_scores
from provender.work.task import SpanTask
from provender.work.thresholds import Thresholds

_KIND = "marks/1"
EXAMPLES = 5
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


@dataclass(frozen=True)
class Group:
    """Flagged rows of one shard that share rule, cause, class and source."""

    rule: int
    cause: int
    label: str | None
    source: str | None
    rows: int
    score: float
    p_value: float


@dataclass(frozen=True)
class Marked:
    """The outcome for one shard.

    Attributes:
        name: store name of the flagged rows; '' when there are none.
        flagged: distinct flagged rows.
        examples: (rule, cause, example) of the first flagged rows of each cause.
    """

    shard_index: int
    name: str = ""
    groups: tuple[Group, ...] = ()
    flagged: int = 0
    examples: tuple[tuple[int, int, dict[str, Any]], ...] = ()
    failure: ShardFailure | None = None


def mark(
    tasks: tuple[SpanTask, ...],
    thresholds: Thresholds,
    plan: MarkPlan,
) -> Marked:
    """Gather what every rule flags in one shard.

    Args:
        tasks: all pieces of the shard, in order.
        thresholds: the largest flagged p-value per rule.
    """
    index = tasks[0].shard_index
    if thresholds.detection.failures:
        return Marked(index)
    try:
        flags = _flags(tasks, thresholds, plan)
        return _marked(index, tasks, flags, thresholds, plan) if flags.num_rows else Marked(index)
    except ProvenderError as error:
        return Marked(index, failure=failure_of(tasks[0].shard.ref.name, error))


def _flags(tasks: Sequence[SpanTask], thresholds: Thresholds, plan: MarkPlan) -> pa.Table:
    """Return (row, rule, score, p_value, cause) of the shard's flagged rows."""
    detection = thresholds.detection
    start = tasks[0].first_row
    stop = start + sum(t.span.rows for t in tasks)
    found: list[tuple[int, np.ndarray, np.ndarray, np.ndarray, np.ndarray]] = []
    for rule in row_detectors(detection):
        for task in tasks:
            name = scores_name(task, detection, rule, plan.roles.label, plan.keep_all)
            kept = unpack_scores(detection.store.require(name))
            hit = kept.p_value <= thresholds.p_values[rule]
            found.append(
                (rule, kept.rows[hit], kept.score[hit], kept.p_value[hit], kept.cause[hit])
            )
    for rule, detector in enumerate(detection.detectors):
        if isinstance(detector, StateDetector):
            for name in detection.profiles[rule]:
                listed = suspects_listed(
                    detector, name, detection.store, detection.starts, thresholds.crowds[rule]
                )
                assert listed.rows is not None
                low, high = np.searchsorted(listed.rows, [start, stop])
                hit = np.arange(low, high)[listed.p_value[low:high] <= thresholds.p_values[rule]]
                found.append(
                    (
                        rule,
                        listed.rows[hit] - start,
                        listed.score[hit],
                        listed.p_value[hit],
                        listed.cause[hit],
                    )
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
    return table.sort_by([("row", "ascending"), ("rule", "ascending")])


def _marked(
    index: int,
    tasks: Sequence[SpanTask],
    flags: pa.Table,
    thresholds: Thresholds,
    plan: MarkPlan,
) -> Marked:
    rows = np.unique(flags["row"].to_numpy())
    roles, store = plan.roles, thresholds.detection.store
    context = [c for c in (roles.text, roles.prompt, roles.response) if c and plan.show_content]
    wanted = [c for c in dict.fromkeys([roles.label, roles.source, *context]) if c]
    picked = _pick(tasks, store, rows, wanted)
    place = pa.array(np.searchsorted(rows, flags["row"].to_numpy()))
    flags = flags.append_column("label", _values(picked, roles.label, place))
    flags = flags.append_column("source", _values(picked, roles.source, place))
    flags = flags.combine_chunks()
    data = pack(_KIND, {}, {name: flags[name].combine_chunks() for name in flags.column_names})
    return Marked(
        index,
        store.put_content("marks", data),
        _groups(flags),
        len(rows),
        _examples(tasks[0].shard.ref.name, flags, picked, place, context),
    )


def load_marks(store: StateStore, name: str) -> pa.Table:
    """Return a shard's flagged rows: row, rule, score, p_value, cause, label, source."""
    return pa.table(unpack(_KIND, store.require(name))[1])


def _values(picked: pa.Table | None, column: str | None, place: pa.Array) -> pa.Array:
    if picked is None or column is None or column not in picked.column_names:
        return pa.nulls(len(place), pa.large_string())
    return picked[column].combine_chunks().take(place)


def _pick(
    tasks: Sequence[SpanTask], store: StateStore, rows: np.ndarray, columns: Sequence[str]
) -> pa.Table | None:
    """Read the given rows of a shard, as text."""
    if not columns:
        return None
    own = {name for name, _ in tasks[0].shard.schema}
    columns = [c for c in columns if c in own]
    pieces = []
    for task in tasks:
        low, high = task.span.first_row, task.span.first_row + task.span.rows
        if not np.any((rows >= low) & (rows < high)):
            continue
        position = low
        for batch in read_batches(task, store, tuple(columns)):
            inside = rows[(rows >= position) & (rows < position + batch.num_rows)] - position
            if len(inside):
                taken = batch.take(pa.array(inside))
                pieces.append(pa.table({c: as_text(taken.column(c)) for c in columns}))
            position += batch.num_rows
    return pa.concat_tables(pieces) if pieces else None


def _groups(flags: pa.Table) -> tuple[Group, ...]:
    keys = ["rule", "cause", "label", "source"]
    grouped = flags.group_by(keys, use_threads=False).aggregate(
        [("row", "count"), ("score", "max"), ("p_value", "min")]
    )
    return tuple(
        Group(
            g["rule"],
            g["cause"],
            g["label"],
            g["source"],
            g["row_count"],
            g["score_max"],
            g["p_value_min"],
        )
        for g in grouped.to_pylist()
    )


def _examples(
    shard: str,
    flags: pa.Table,
    picked: pa.Table | None,
    place: pa.Array,
    context: Sequence[str],
) -> tuple[tuple[int, int, dict[str, Any]], ...]:
    """Return the most abnormal rows of each (rule, cause) in this shard."""
    seen: dict[tuple[int, int], int] = {}
    examples: list[tuple[int, int, dict[str, Any]]] = []
    order = pc.sort_indices(flags, [("p_value", "ascending"), ("row", "ascending")]).to_pylist()
    for i in order:
        key = (flags["rule"][i].as_py(), flags["cause"][i].as_py())
        if seen.get(key, 0) >= EXAMPLES:
            continue
        seen[key] = seen.get(key, 0) + 1
        example: dict[str, Any] = {
            "shard": shard,
            "row": flags["row"][i].as_py(),
            "label": flags["label"][i].as_py(),
            "source": flags["source"][i].as_py(),
            "score": _finite(flags["score"][i].as_py()),
            "p_value": flags["p_value"][i].as_py(),
        }
        if context and picked is not None:
            values = [picked[c][place[i].as_py()].as_py() for c in context]
            example["text"] = " ⏎ ".join((v or "")[:_EXCERPT] for v in values)
        examples.append((*key, example))
    return tuple(examples)


def _finite(value: float) -> float | None:
    return value if np.isfinite(value) else None
