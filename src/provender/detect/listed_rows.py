"""What detectors share that read the data once and list rows with scores and p-values."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any, ClassVar

import numpy as np

from provender.calibrate.fdr import KEEP_BELOW
from provender.detect.base import Cause, RowScores
from provender.stats.packing import pack, unpack

_KIND = "listed-rows/1"


@dataclass(frozen=True)
class ListedRows:
    """The half of a `StateDetector` that reads a profile made by `pack_listed`."""

    rounds: ClassVar[int] = 1

    def flagged(self, profile: bytes) -> RowScores:
        """Return the listed rows; those whose p-value no policy may reject are not listed."""
        _, arrays = unpack(_KIND, profile)
        none = np.full(len(arrays["rows"]), -1, np.int32)
        return RowScores(arrays["score"], arrays["p_value"], none, arrays["rows"], arrays["group"])

    def causes(self, profile: bytes) -> list[Cause]:  # noqa: ARG002
        """Return nothing: the rule itself is the cause."""
        return []

    def limits(self, profile: bytes) -> str:
        """Return what could not be looked at and why."""
        return str(unpack(_KIND, profile)[0]["limits"])


@dataclass(frozen=True)
class UndividedRows(ListedRows):
    """A `StateDetector` whose state cannot be cut: what is alike has no key in common."""

    partitioned: ClassVar[bool] = False

    def select(self, state: Any, part: int, parts: int) -> Any:  # noqa: ARG002
        """Return the whole state."""
        return state

    def common(self, state: Any) -> Any:
        """Return the whole state: there is one part only."""
        return state

    def complete(self, state: Any, common: Any) -> Any:  # noqa: ARG002
        """Return the state: there is one part only."""
        return state


def pack_listed(
    rows: np.ndarray, score: np.ndarray, p_value: np.ndarray, group: np.ndarray, limits: str = ""
) -> bytes:
    """Return a profile of the rows whose p-value may be rejected, and of the rest of their groups.

    Args:
        rows: int64 (n,), row numbers in any order.
        score, p_value: float64 (n,).
        group: int64 (n,), as in `RowScores`; here a group's number is that of its first row, so
            that groups of different parts never share one.
        limits: what could not be looked at.
    """
    hopeful = p_value <= KEEP_BELOW
    kept = np.flatnonzero(hopeful | ((group >= 0) & np.isin(group, group[hopeful])))
    kept = kept[np.argsort(rows[kept], kind="stable")]
    arrays = {
        "rows": rows[kept].astype(np.int64),
        "score": score[kept].astype(np.float64),
        "p_value": p_value[kept].astype(np.float64),
        "group": group[kept].astype(np.int64),
    }
    return pack(_KIND, {"limits": limits}, arrays)
