"""Which records two data sets do not share: how many, where, and which cells changed."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any


@dataclass(frozen=True, order=True)
class RecordPlace:
    """One record: its shard, its number in it from 0, and its hex digest."""

    shard: str
    row: int
    digest: str

    def to_json(self) -> dict[str, Any]:
        return {"shard": self.shard, "row": self.row, "digest": self.digest}


@dataclass(frozen=True)
class CellChange:
    """A column whose cell differs; ``old`` and ``new`` are texts, None for null."""

    column: str
    old: str | None = None
    new: str | None = None


@dataclass(frozen=True)
class ChangedRecord:
    """A record that both sides have under one key, with other cells.

    Attributes:
        key: texts of the key's cells, None for null; () where content is not shown.
    """

    before: RecordPlace
    after: RecordPlace
    cells: tuple[CellChange, ...]
    key: tuple[str | None, ...] = ()


@dataclass(frozen=True)
class RecordChanges:
    """Attributes:
    key: the columns that name a record; () where none was given.
    removed, added: records that only one side has, and whose key, if any, the other lacks.
    changed: records whose key both sides have once, with other cells.
    unclear: (before, after) records that only one side has, whose key occurs more than once.
    columns: (column, changed records in which its cell differs), most first.
    shards_before, shards_after: (shard, records in it that only its side has).
    removed_rows, added_rows, changed_rows: the first of them, by shard and row.
    redacted: whether the cells' values are left out.
    """

    key: tuple[str, ...]
    removed: int
    added: int
    changed: int
    unclear: tuple[int, int]
    columns: tuple[tuple[str, int], ...]
    shards_before: tuple[tuple[str, int], ...]
    shards_after: tuple[tuple[str, int], ...]
    removed_rows: tuple[RecordPlace, ...]
    added_rows: tuple[RecordPlace, ...]
    changed_rows: tuple[ChangedRecord, ...]
    redacted: bool

    def to_json(self) -> dict[str, Any]:
        return {
            "key": list(self.key),
            "removed": self.removed,
            "added": self.added,
            "changed": self.changed,
            "unclear": list(self.unclear),
            "columns": dict(self.columns),
            "shards_before": dict(self.shards_before),
            "shards_after": dict(self.shards_after),
            "removed_rows": [place.to_json() for place in self.removed_rows],
            "added_rows": [place.to_json() for place in self.added_rows],
            "changed_rows": [self._changed(record) for record in self.changed_rows],
            "redacted": self.redacted,
        }

    def _changed(self, record: ChangedRecord) -> dict[str, Any]:
        value: dict[str, Any] = {"before": record.before.to_json(), "after": record.after.to_json()}
        if self.redacted:
            return {**value, "cells": [cell.column for cell in record.cells]}
        cells = [{"column": c.column, "old": c.old, "new": c.new} for c in record.cells]
        return {**value, "key": list(record.key), "cells": cells}
