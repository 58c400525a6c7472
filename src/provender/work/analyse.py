"""One read of a piece of a shard feeds every analysis whose state is not stored yet."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field
from typing import Any

import pyarrow as pa

from provender.core.shard import ShardFailure
from provender.errors import ProvenderError, StoreError
from provender.io.reader import read_span
from provender.io.states import StateStore
from provender.stats.analysis import Analysis
from provender.stats.secret import key_id, require_key
from provender.stats.sharing import shared
from provender.work.conversations import stored, view
from provender.work.fold import Part
from provender.work.task import SpanTask, load_chunks, span_state_name
from provender.work.wire import message


@dataclass(frozen=True)
class AnalysePlan:
    """What to compute for each piece.

    Attributes:
        analyses: those that see batches conformed to ``schema``.
        raw: those that see a shard's own types (row identity).
        schema: the unified schema.
        fresh: compute again what is stored.
        hash_key: id of the secret key that every worker must have.
    """

    store: StateStore
    schema: pa.Schema
    analyses: tuple[Analysis[Any], ...] = ()
    raw: tuple[Analysis[Any], ...] = ()
    fresh: bool = False
    hash_key: str | None = field(default_factory=key_id)


@message
@dataclass(frozen=True)
class Analysed:
    """The outcome for one piece.

    Attributes:
        index: the task's index.
        shard_index: its shard's.
        names: store names of the states, in the order of the plan, raw ones first; () where the
            piece could not be read.
        rows_read: records that were decoded for it; 0 when every state was stored.
        bytes_read: the piece's share of the file, when it was read.
    """

    index: int
    shard_index: int
    names: tuple[str, ...] = ()
    rows_read: int = 0
    bytes_read: int = 0
    failure: ShardFailure | None = None

    def part(self, place: int) -> Part:
        """Return the state at ``place`` as what a fold takes."""
        return Part("", (self.failure,)) if self.failure else Part(self.names[place])


def analyse(task: SpanTask, plan: AnalysePlan) -> Analysed:
    """Store the states that are missing for ``task``; read its records only if one is."""
    try:
        return _analyse(task, plan)
    except ProvenderError as error:
        failure = failure_of(task.shard.ref.name, error)
        return Analysed(task.index, task.shard_index, failure=failure)


def failure_of(name: str, error: ProvenderError) -> ShardFailure:
    """Carry an expected failure as a result, so that the other shards still count.

    Raises:
        StoreError: where ``error`` is one: it is no shard's failure and ends the run.
    """
    if isinstance(error, StoreError):
        raise error
    cause = error.cause if error.subject == name else f"{error.subject}: {error.cause}"
    return ShardFailure(name, cause, error.mend, error.exit_code)


def _analyse(task: SpanTask, plan: AnalysePlan) -> Analysed:
    require_key(plan.hash_key)
    store = plan.store
    wanted = [(a, span_state_name(a, task, None), True) for a in plan.raw]
    wanted += [(a, span_state_name(a, task, plan.schema), False) for a in plan.analyses]
    # Detectors may share an analysis: states of one name are computed once.
    distinct = {name: (analysis, name, raw) for analysis, name, raw in wanted}
    missing = [w for w in distinct.values() if plan.fresh or store.get(w[1]) is None]
    names = tuple(name for _, name, _ in wanted)
    if not missing:
        return Analysed(task.index, task.shard_index, names)
    columns = _columns([a for a, _, _ in missing], plan.schema.names)
    states = [a.empty(task.span.first_row) for a, _, _ in missing]
    rows = 0
    seen = _columns([a for a, _, raw in missing if not raw], plan.schema.names)
    schema = plan.schema if seen is None else pa.schema([plan.schema.field(n) for n in seen])
    for batch in read_batches(task, store, columns):
        rows += batch.num_rows
        # All see the same arrays, so that what they make of them can be shared.
        whole = view(batch, schema)
        with shared():
            states = [
                analysis.add(state, batch if raw else _seen(whole, analysis))
                for (analysis, _, raw), state in zip(missing, states, strict=True)
            ]
    for (analysis, name, _), state in zip(missing, states, strict=True):
        store.put(name, analysis.pack(state))
    return Analysed(task.index, task.shard_index, names, rows, span_bytes(task))


def read_batches(
    task: SpanTask, store: StateStore, columns: tuple[str, ...] | None
) -> Iterator[pa.RecordBatch]:
    """Yield the piece's record batches in the shard's own types, from verified bytes.

    Args:
        columns: those wanted, of a `view` too; None for all that are stored.
    """
    own = {name for name, _ in task.shard.schema}
    present = None if columns is None else stored(columns, own)
    yield from read_span(task.shard, task.span, load_chunks(store, task.shard), present)


def span_bytes(task: SpanTask) -> int:
    """Return the piece's share of the file's bytes, by records."""
    total = sum(s.rows for s in task.shard.spans)
    return task.shard.ref.size * task.span.rows // total if total else task.shard.ref.size


def _columns(analyses: list[Analysis[Any]], names: list[str]) -> tuple[str, ...] | None:
    """Return the union of what the analyses need, None when one needs all."""
    needed: set[str] = set()
    for analysis in analyses:
        columns = analysis.columns()
        if columns is None:
            return None
        needed.update(columns)
    return tuple(n for n in names if n in needed)


def _seen(batch: pa.RecordBatch, analysis: Analysis[Any]) -> pa.RecordBatch:
    columns = analysis.columns()
    return batch if columns is None else batch.select(list(columns))
