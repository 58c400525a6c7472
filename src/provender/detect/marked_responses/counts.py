"""The one read of sources/marked-responses: marked responses by contributor."""

from __future__ import annotations

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc

from provender.detect.response_link.marks import COMMAND, LINK, REFUSAL, SECRET, marked
from provender.stats.census import as_text
from provender.stats.packing import pack, unpack

#: The marks that are counted, in the order of the columns; every outright refusal is a refusal.
COUNTED = (REFUSAL, LINK, COMMAND, SECRET)
#: Of a role with more names than this none is kept.
MOST_NAMES = 1 << 16
_MARKS = tuple(f"mark_{kind}" for kind in COUNTED)
_COUNTS = ("rows", *_MARKS)
_SCHEMA = pa.schema(
    [("role", pa.string()), ("name", pa.large_string()), *((n, pa.int64()) for n in _COUNTS)]
)


@dataclass(frozen=True)
class MarkColumns:
    """The columns of a dialogue, and who wrote it.

    Attributes:
        prompt, response: columns of text.
        contributors: (role, column) of those that name whom a row is from.
    """

    prompt: str
    response: str
    contributors: tuple[tuple[str, str], ...]

    def names(self) -> tuple[str, ...]:
        """Return all of them, each once."""
        by = (column for _, column in self.contributors)
        return tuple(dict.fromkeys((self.prompt, self.response, *by)))

    def marks(self, batch: pa.RecordBatch) -> np.ndarray:
        """Return bool (rows, marks): which response holds which mark unasked."""
        kind, row, echo = marked(batch[self.prompt], batch[self.response])
        found = np.zeros((batch.num_rows, len(COUNTED)), bool)
        for place, one in enumerate(COUNTED):
            found[row[(kind == one) & ~echo], place] = True
        return found


@dataclass(frozen=True)
class MarkCounts:
    """Rows by role and name of whom they are from: all with a response, and those with each mark.

    Attributes:
        table: columns role, name, rows and one for each of `COUNTED`; sorted by role and name.
        too_many: roles with more than `MOST_NAMES` names, of which none is in the table; sorted.
    """

    table: pa.Table
    too_many: tuple[str, ...] = ()

    def of(self, role: str) -> tuple[list[str], np.ndarray]:
        """Return (names, int64 (names, 1 + marks): rows, and rows with each mark)."""
        mine = self.table.filter(pc.equal(self.table["role"], role))
        columns = [mine[name].to_numpy() for name in _COUNTS]
        return mine["name"].to_pylist(), np.stack(columns, axis=1)


@dataclass(frozen=True)
class CountMarks:
    """The analysis."""

    columns_read: MarkColumns
    id: str = "sources/marked-responses#0"
    version: int = 1

    def parameters(self) -> dict[str, Any]:
        read = vars(self.columns_read)
        return {**read, "contributors": [list(pair) for pair in self.columns_read.contributors]}

    def columns(self) -> tuple[str, ...]:
        return self.columns_read.names()

    def empty(self, first_row: int = 0) -> MarkCounts:  # noqa: ARG002
        return MarkCounts(_SCHEMA.empty_table())

    def add(self, state: MarkCounts, batch: pa.RecordBatch) -> MarkCounts:
        given = pc.is_valid(batch[self.columns_read.response]).to_numpy(zero_copy_only=False)
        counted = np.column_stack((given, self.columns_read.marks(batch))).astype(np.int64)
        pieces = []
        for role, column in self.columns_read.contributors:
            name = as_text(batch[column])
            there = pc.is_valid(name).to_numpy(zero_copy_only=False) & given
            by = name.filter(pa.array(there))
            roles = pa.array([role] * len(by), pa.string())
            pieces.append(pa.table([roles, by, *counted[there].T], schema=_SCHEMA))
        return _summed([state.table, *pieces], state.too_many)

    def merge(self, states: Sequence[MarkCounts]) -> MarkCounts:
        too_many = {role for state in states for role in state.too_many}
        return _summed([state.table for state in states], too_many)

    def pack(self, state: MarkCounts) -> bytes:
        arrays = {name: state.table[name] for name in _SCHEMA.names}
        return pack(self.id, {"too_many": list(state.too_many)}, arrays)

    def unpack(self, data: bytes) -> MarkCounts:
        meta, arrays = unpack(self.id, data)
        table = pa.table([arrays[n] for n in _SCHEMA.names], schema=_SCHEMA)
        return MarkCounts(table, tuple(meta["too_many"]))


def _summed(tables: Sequence[pa.Table], too_many: Collection[str]) -> MarkCounts:
    whole = pa.concat_tables(tables).group_by(["role", "name"], use_threads=False)
    summed = whole.aggregate([(name, "sum") for name in _COUNTS])
    summed = summed.select(["role", "name", *(f"{name}_sum" for name in _COUNTS)])
    order = [("role", "ascending"), ("name", "ascending")]
    table = summed.rename_columns(_SCHEMA.names).cast(_SCHEMA).sort_by(order)
    names = pc.value_counts(table["role"]).to_pylist()
    beyond = {*too_many, *(one["values"] for one in names if one["counts"] > MOST_NAMES)}
    kept = pc.invert(pc.is_in(table["role"], pa.array(sorted(beyond), pa.string())))
    return MarkCounts(table.filter(kept), tuple(sorted(beyond)))
