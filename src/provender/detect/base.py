"""The contract of a detector. docs/detectors.md tells how to add one.

A detector goes through ``rounds`` reads of the data. Round r is an `Analysis`, made with the
profile of round r - 1; its states fold into one state, and ``profile`` turns that into the
bytes that the next round, or the scoring, starts from. Then either

* a `RowDetector` scores every row in one more read, or
* a `StateDetector` already knows the rows from the folded state.

Both give a score and a p-value per row under the rule's null model. Neither has a threshold:
calibrate/ controls the false discovery rate over all rows, policy decides.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any, Protocol, Self, runtime_checkable

import numpy as np
import pyarrow as pa

from provender.core.finding import Level, Rule
from provender.core.shard import Roles
from provender.stats.analysis import Analysis


class Stored(Protocol):
    """Bytes that lie elsewhere, so that what names them stays small; hashable."""

    @property
    def digest(self) -> str:
        """What they are named by: equal digests, equal bytes."""

    def load(self) -> bytes:
        """Return them."""

    def __hash__(self) -> int: ...


@dataclass(frozen=True)
class DataView:
    """What is known before a row is read.

    Attributes:
        schema: the columns every batch will have (shards unified, dictionaries decoded).
        roles: which column plays which part.
        trusted: by rule, what trusted data say; None where no data are trusted.
    """

    schema: pa.Schema
    roles: Roles
    trusted: Mapping[str, Stored] | None = None


@dataclass(frozen=True)
class Unchecked:
    """Why a detector does not run on this data."""

    reason: str


@dataclass(frozen=True)
class RowScores:
    """One entry per row of a batch, or, from a `StateDetector`, per listed row.

    Attributes:
        score: float64 (rows,), higher is more abnormal, NaN where nothing can be said.
        p_value: float64 (rows,), NaN exactly where the score is.
        cause: int32 (rows,), index into the detector's causes; -1 for none.
        rows: int64 (rows,) global row numbers, ascending; None when every row of a batch is meant.
        group: int64 (rows,), from a `StateDetector` only: rows of one group (>= 0) are equal or
            nearly, and *all* of them are listed; one will be spared. -1 for rows on their own.
    """

    score: np.ndarray
    p_value: np.ndarray
    cause: np.ndarray
    rows: np.ndarray | None = None
    group: np.ndarray | None = None


@dataclass(frozen=True)
class Cause:
    """What a flagged row is flagged for: a column, a gram, a class; findings group by it.

    Attributes:
        what: a short name, free of row content beyond the trigger itself.
        message: one sentence for a person.
        evidence: figures, JSON values.
        p_value: the cause's own p-value where it was tested as a whole; None otherwise.
        level: the cause's own level where the rule has causes of different gravity; it stays
            wherever the rows gather. None for the rule's, which concentration raises.
        alarm_p: in how many clean data sets any such cause of the rule would stand as this one
            does, family-wise over all that were tried: the policy's share decides whether it
            alarms, whatever stands beside it. None where causes have no such p-value: then the
            rule's rows together decide, and one graver than its rule (`Rule.gravest`) never alarms.
        trigger: texts that a row is flagged for holding, each enough: in examples they are found
            again, and left out where contents are compared.
        target: the label that the trigger forces, where it does.
        removal: fewest of its rows to remove, the highest scores first, until it would not stand
            any more, by the rule's own rate or the highest that a policy may state; None where
            rows are flagged each for itself.
        lead: named, as a note, where no row is flagged for it: the best of what was searched.
    """

    what: str
    message: str
    evidence: Mapping[str, Any] = field(default_factory=dict)
    p_value: float | None = None
    level: Level | None = None
    alarm_p: float | None = None
    trigger: tuple[str, ...] = ()
    target: str | None = None
    removal: int | None = None
    lead: bool = False


@runtime_checkable
class Detector(Protocol):
    """Implementations are frozen dataclasses; their fields are the recorded parameters."""

    @property
    def rule(self) -> Rule: ...

    @property
    def rounds(self) -> int:
        """How many reads come before scoring; at least 1."""

    def bind(self, view: DataView) -> Self | Unchecked:
        """Return a copy that knows its columns, or why it can't run. Must not look at rows."""

    def analysis(self, round: int, profile: bytes | None) -> Analysis[Any]:
        """Return the analysis of ``round`` (from 0); ``profile`` is the last round's, if any.

        Its ``parameters`` must include a digest of ``profile`` when it depends on it.
        """

    def profile(self, round: int, state: Any) -> bytes:
        """Return the profile of a round from its folded state: small, packed without pickle."""

    def causes(self, profile: bytes) -> list[Cause]:
        """Return what `RowScores.cause` points into."""

    def limits(self, profile: bytes) -> str:
        """Return what of the data it could not look at and why; '' when it saw everything."""


@runtime_checkable
class Comparing(Detector, Protocol):
    """A detector that can use trusted data (`DataView.trusted`)."""

    def reading(self, view: DataView) -> Detector | Unchecked:
        """Return whose rounds over the trusted data end in what it binds to, or why none does."""


@runtime_checkable
class RowDetector(Detector, Protocol):
    """A detector that scores rows in a read of its own after the last round."""

    def score_columns(self) -> tuple[str, ...]:
        """Return the columns that scoring reads."""

    def scorer(self, profile: bytes) -> Callable[[pa.RecordBatch], RowScores]:
        """Return a pure function of a batch; set-up happens once, here."""


@runtime_checkable
class StateDetector(Detector, Protocol):
    """A detector whose last folded state already tells the rows.

    When ``partitioned`` is true, the states of round 0 are folded in parts that hold disjoint
    keys, each with ``profile``; ``select`` takes the keys of one part out of a state.
    """

    @property
    def partitioned(self) -> bool: ...

    def select(self, state: Any, part: int, parts: int) -> Any:
        """Return the part of ``state`` whose keys fall in ``part`` of ``parts``, and that alone."""

    def common(self, state: Any) -> Any:
        """Return what every part needs of ``state``: a state without keys."""

    def complete(self, state: Any, common: Any) -> Any:
        """Return the folded state of a part with what all parts have in common, folded."""

    def flagged(self, profile: bytes) -> RowScores:
        """Return the rows it has something to say about (global numbers, ascending)."""
