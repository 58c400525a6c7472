"""Row-level results, written shard by shard: memory is bounded by one shard's flagged rows."""

from __future__ import annotations

import hashlib
from collections.abc import Iterable, Iterator, Sequence
from dataclasses import dataclass
from itertools import chain
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from provender.errors import InputError
from provender.io.outputs import OutputFolder
from provender.io.states import StateStore
from provender.work.failing import suspect_rows
from provender.work.mark import load_marks
from provender.work.score import unpack_scores

#: Rows that are gathered before they are written.
_GROUP_ROWS = 65_536
SUSPECTS = pa.schema(
    [
        ("shard", pa.string()),
        ("row", pa.int64()),
        ("rule", pa.string()),
        ("what", pa.string()),
        ("score", pa.float64()),
        ("p_value", pa.float64()),
    ]
)


@dataclass(frozen=True)
class Subjects:
    """What the findings of each rule are about.

    Attributes:
        rules: rule ids, by number.
        causes: of each rule, the names of its causes, by number.
    """

    rules: Sequence[str]
    causes: Sequence[Sequence[str]]

    def name(self, rule: np.ndarray, cause: np.ndarray) -> tuple[pa.Array, pa.Array]:
        """Return strings (rows,): rule ids, and what the finding is about; '' where no cause is."""
        many = np.array([len(names) for names in self.causes], np.int64)
        start = np.cumsum(many) - many + 1
        flat = pa.array(["", *(name for names in self.causes for name in names)], pa.string())
        place = np.where((cause >= 0) & (cause < many[rule]), start[rule] + cause, 0)
        return pa.array(self.rules, pa.string()).take(pa.array(rule)), flat.take(pa.array(place))


def write_suspects(
    path: Path,
    marks: Iterable[tuple[str, str]],
    subjects: Subjects,
    failing: Iterable[pa.Table],
    store: StateStore,
) -> int:
    """Write suspects.parquet and return its number of lines.

    Args:
        marks: (shard, store name of its flagged rows), in canonical order.
        subjects: what the marks' numbers stand for.
        failing: rows that failed expectations, in tables as SUSPECTS; appended after the marks.
    """
    return _write_rows(path, chain(_marked(marks, subjects, store), failing))


def _marked(
    marks: Iterable[tuple[str, str]], subjects: Subjects, store: StateStore
) -> Iterator[pa.Table]:
    for shard, name in marks:
        flags = load_marks(store, name)
        rule, what = subjects.name(flags["rule"].to_numpy(), flags["cause"].to_numpy())
        yield pa.table(
            {
                "shard": pa.repeat(pa.scalar(shard), flags.num_rows),
                "row": flags["row"],
                "rule": rule,
                "what": what,
                "score": _nan_to_null(flags["score"]),
                "p_value": flags["p_value"],
            },
            SUSPECTS,
        )


def _write_rows(path: Path, tables: Iterable[pa.Table]) -> int:
    """Write tables as SUSPECTS, whatever their sizes in groups of many rows; return the rows.

    A group for every shard would make a footer of gigabytes for 100,000 shards.
    """
    lines = waiting = 0
    held: list[pa.Table] = []
    with pq.ParquetWriter(path, SUSPECTS, compression="zstd") as writer:
        for table in tables:
            held.append(table)
            waiting += table.num_rows
            lines += table.num_rows
            if waiting >= _GROUP_ROWS:
                writer.write_table(pa.concat_tables(held))
                held, waiting = [], 0
        if waiting:
            writer.write_table(pa.concat_tables(held))
    return lines


def failing_tables(
    tables: Iterable[tuple[str, str]], subjects: Sequence[tuple[str, str]], store: StateStore
) -> Iterator[pa.Table]:
    """Yield the rows that fail expectations, as suspects without score or p-value.

    Args:
        tables: (shard, store name of its failing rows), in canonical order.
        subjects: the rule that each place in the suite is found under, and its column.
    """
    for shard, name in tables:
        for place, rows in suspect_rows(name, store):
            none = pa.nulls(len(rows), pa.float64())
            texts = (shard, *subjects[place])
            shards, rule, what = (pa.repeat(pa.scalar(text), len(rows)) for text in texts)
            yield pa.table([shards, pa.array(rows), rule, what, none, none], schema=SUSPECTS)


def write_failing(path: Path, tables: Iterable[pa.Table]) -> None:
    """Write failing.parquet."""
    _write_rows(path, tables)


def write_scores(
    folder: Path, scores: Iterable[tuple[str, int, str]], subjects: Subjects, store: StateStore
) -> None:
    """Write scores/: for each shard one file with the score of every row a rule scored."""
    folder.mkdir()
    shards: dict[str, list[tuple[int, str]]] = {}
    for shard, rule, name in scores:
        shards.setdefault(shard, []).append((rule, name))
    for number, (shard, parts) in enumerate(sorted(shards.items())):
        # Shard names hold slashes and may clash when flattened: a number keeps files apart.
        short = hashlib.sha256(shard.encode()).hexdigest()[:8]
        with pq.ParquetWriter(
            folder / f"{number:06d}-{short}.parquet", SUSPECTS, compression="zstd"
        ) as writer:
            for rule, name in parts:
                kept = unpack_scores(store.require(name))
                every = np.full(len(kept.rows), rule)
                named, what = subjects.name(every, kept.cause)
                columns = {
                    "shard": pa.repeat(pa.scalar(shard), len(kept.rows)),
                    "row": kept.rows,
                    "rule": named,
                    "what": what,
                    "score": kept.score,
                    "p_value": kept.p_value,
                }
                writer.write_table(pa.table(columns, SUSPECTS))


def _nan_to_null(column: pa.ChunkedArray) -> pa.Array:
    values = column.to_numpy()
    return pa.array(values, pa.float64(), mask=np.isnan(values))


def read_failing(folder: OutputFolder) -> Iterator[pa.Table]:
    """Yield the rows that a validation found failing; none where there was no validation.

    Raises:
        InputError: when the file is damaged.
        StoreError: when it cannot be read.
    """
    raw = folder.open("failing.parquet")
    if raw is None:
        return
    try:
        with raw, pq.ParquetFile(raw) as file:
            for batch in file.iter_batches():
                yield pa.table(batch).select(SUSPECTS.names).cast(SUSPECTS)
    except (pa.ArrowException, OSError, KeyError) as error:
        place = folder.place("failing.parquet")
        raise InputError(place, "is not what validate wrote", "run validate again") from error
