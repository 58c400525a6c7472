"""What an analysis of expectations or of a profile consists of: measures, each with its own state.

A measure looks at the rows that its row condition keeps. The law of stats/analysis.py holds for
each; a composite state is a list of theirs, in the order of the measures.
"""

from __future__ import annotations

import json
from abc import ABC, abstractmethod
from collections.abc import Sequence
from typing import Any, Protocol

import pyarrow as pa

from provender.expect.conditions import condition_columns, condition_mask
from provender.expect.view import View
from provender.stats.packing import pack, unpack

KIND = "measures/2"


class Measure(Protocol):
    """Implementations are frozen, hashable dataclasses."""

    @property
    def condition(self) -> str:
        """The row condition as JSON; '' for every row."""

    def columns(self) -> tuple[str, ...]:
        """Return the columns it reads, without those of the condition."""

    def empty(self) -> Any:
        """Return the state of no rows."""

    def add(self, state: Any, view: View) -> Any:
        """Return the state with a view's rows added (changed in place or not)."""

    def merge(self, states: Sequence[Any]) -> Any:
        """Return the state of all pieces in order."""

    def dump(self, state: Any) -> tuple[dict[str, Any], dict[str, Any]]:
        """Return (JSON values, arrays): the same for the same rows, however they were cut."""

    def load(self, meta: dict[str, Any], arrays: dict[str, Any]) -> Any:
        """Return what ``dump`` wrote."""


class Measured(ABC):
    """An analysis by measures; the state is a list with one part for each of them."""

    @property
    @abstractmethod
    def measures(self) -> tuple[Measure, ...]:
        """Each of them once."""

    def columns(self) -> tuple[str, ...]:
        """Return every column that the measures and their conditions read, sorted."""
        found = {c for m in self.measures for c in m.columns()}
        for condition in {m.condition for m in self.measures if m.condition}:
            found.update(condition_columns(json.loads(condition)))
        return tuple(sorted(found))

    def empty(self, first_row: int = 0) -> list[Any]:
        del first_row
        return [measure.empty() for measure in self.measures]

    def add(self, state: list[Any], batch: pa.RecordBatch) -> list[Any]:
        """Return the state with a batch added; a condition is evaluated once."""
        views = {"": View(batch)}
        for condition in {m.condition for m in self.measures} - {""}:
            views[condition] = View(batch, condition_mask(json.loads(condition), views[""]))
        return [m.add(s, views[m.condition]) for m, s in zip(self.measures, state, strict=True)]

    def merge(self, states: Sequence[list[Any]]) -> list[Any]:
        """Return the state of all pieces."""
        parts = zip(*states, strict=True)
        return [m.merge(part) for m, part in zip(self.measures, parts, strict=True)]

    def pack(self, state: list[Any]) -> bytes:
        """Return a state as bytes."""
        metas, arrays = [], {}
        for place, (measure, part) in enumerate(zip(self.measures, state, strict=True)):
            meta, cells = measure.dump(part)
            metas.append(meta)
            arrays.update({f"{place}.{name}": cell for name, cell in cells.items()})
        return pack(KIND, {"measures": metas}, arrays)

    def unpack(self, data: bytes) -> list[Any]:
        """Return the state that ``pack`` wrote.

        Raises:
            ValueError: when the bytes are not such a state, or of other measures.
        """
        meta, arrays = unpack(KIND, data)
        cells: list[dict[str, Any]] = [{} for _ in self.measures]
        try:
            for name, cell in arrays.items():
                place, _, short = name.partition(".")
                cells[int(place)][short] = cell
            return [
                m.load(part, cell)
                for m, part, cell in zip(self.measures, meta["measures"], cells, strict=True)
            ]
        except (KeyError, IndexError, TypeError) as error:
            raise ValueError(f"not a state of these measures: {error!r}") from error
