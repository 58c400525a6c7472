"""A whole suite as one mergeable analysis."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import Any

import pyarrow as pa

from provender.expect.measures import Measure, Measured
from provender.expect.plan import Plan, plan
from provender.expect.rows import RowState
from provender.expect.suite import Suite


@dataclass(frozen=True)
class ExpectationAnalysis(Measured):
    """Everything that the expectations of a suite need to know of the rows.

    Attributes:
        suite: the suite as loaded.
        schema: the columns that every batch has.

    The state is a list with one part per distinct measure; equal measures are taken once,
    whichever expectations ask for them.
    """

    suite: Suite
    schema: pa.Schema

    def __reduce__(self) -> tuple[Any, ...]:
        # Plans hold functions, which can't travel; the other side makes them again.
        return (ExpectationAnalysis, (self.suite, self.schema))

    @property
    def id(self) -> str:
        return f"expect/{self.suite.name}"

    @property
    def version(self) -> int:
        return 2

    def parameters(self) -> dict[str, Any]:
        types = [[field.name, str(field.type)] for field in self.schema]
        return {"measures": [repr(m) for m in self.measures], "schema": types}

    @cached_property
    def plans(self) -> tuple[Plan, ...]:
        """How each expectation is answered, in the suite's order."""
        return tuple(plan(e, self.schema) for e in self.suite.expectations)

    @cached_property
    def measures(self) -> tuple[Measure, ...]:
        """The distinct measures of all plans, in order of first need."""
        return tuple(dict.fromkeys(m for p in self.plans for m in p.measures))

    def columns(self) -> tuple[str, ...]:
        """Return the columns to read; one of them at least, as rows must be counted."""
        return super().columns() or tuple(self.schema.names[:1])

    def parts(self, state: list[Any], index: int) -> list[Any]:
        """Return the parts of a state that expectation ``index`` is answered from."""
        by_measure = dict(zip(self.measures, state, strict=True))
        return [by_measure[m] for m in self.plans[index].measures]


@dataclass(frozen=True)
class CountsOf:
    """The suite's answers without the numbers of failing rows: what is folded over all pieces.

    A state of a piece grows with its failing rows; one of all pieces must not.
    """

    of: ExpectationAnalysis

    @property
    def id(self) -> str:
        return f"{self.of.id}/counts"

    @property
    def version(self) -> int:
        return self.of.version

    def parameters(self) -> dict[str, Any]:
        return self.of.parameters()

    def columns(self) -> tuple[str, ...]:
        return self.of.columns()

    def empty(self, first_row: int = 0) -> list[Any]:
        return self.of.empty(first_row)

    def add(self, state: list[Any], batch: pa.RecordBatch) -> list[Any]:
        return self.of.add(state, batch)

    def merge(self, states: Sequence[list[Any]]) -> list[Any]:
        return self.of.merge(states)

    def pack(self, state: list[Any]) -> bytes:
        return self.of.pack(_counted(state))

    def unpack(self, data: bytes) -> list[Any]:
        return _counted(self.of.unpack(data))


def _counted(state: list[Any]) -> list[Any]:
    return [part.counted() if isinstance(part, RowState) else part for part in state]
