"""What trusted data say to corpus/repeated-strings: the runs of words that they hold, too."""

from __future__ import annotations

from dataclasses import dataclass
from typing import ClassVar, Self

import numpy as np
from scipy.stats import hypergeom

from provender.core.finding import Rule
from provender.detect.base import Cause, DataView, Unchecked
from provender.detect.repeated_strings.runs import (
    MOST_RUNS,
    CountRuns,
    RunState,
    TextColumns,
    texts_of,
)
from provender.stats.packing import pack, unpack

_KIND = "repeated-strings-trusted/1"


@dataclass(frozen=True)
class TrustedRuns:
    """Attributes:
    keys: uint64 (runs,), ascending; where they are `MOST_RUNS`, no key above was looked at.
    texts: int64 (runs,), trusted texts that hold each.
    rows: trusted texts.
    """

    keys: np.ndarray
    texts: np.ndarray
    rows: int

    def held(self, keys: np.ndarray, group: np.ndarray, groups: int) -> np.ndarray:
        """Return int64 (groups,): trusted texts that hold the commonest run of a string.

        -1 of a string none of whose runs was looked at.

        Args:
            keys, group: uint64 and int64 (n,), runs and the string each belongs to.
        """
        at = np.minimum(np.searchsorted(self.keys, keys), max(len(self.keys) - 1, 0))
        there = self.keys[at] == keys if len(self.keys) else np.zeros(len(keys), bool)
        texts = np.where(there, self.texts[at] if len(self.keys) else 0, 0)
        if len(self.keys) == MOST_RUNS:
            texts[keys > self.keys[-1]] = -1
        most = np.full(groups, -1)
        np.maximum.at(most, group, texts)
        return most

    def pack(self) -> bytes:
        arrays = {"keys": self.keys, "texts": self.texts.astype(np.int32)}
        return pack(_KIND, {"rows": self.rows}, arrays)

    @staticmethod
    def unpack(data: bytes) -> TrustedRuns:
        meta, arrays = unpack(_KIND, data)
        return TrustedRuns(arrays["keys"], arrays["texts"].astype(np.int64), meta["rows"])


def newness(texts: np.ndarray, before: np.ndarray, rows: int, trusted: int) -> np.ndarray:
    """Return float64 (n,): p-value of a string being so much more frequent than in trusted data.

    Null: the texts of both are exchangeable; of those that hold a string the number that is not
    trusted is hypergeometric. Exact for one string.

    Args:
        texts, before: int64 (n,), texts under test and trusted ones that hold it.
        rows, trusted: all texts under test, and trusted.
    """
    return np.asarray(hypergeom.sf(texts - 1, rows + trusted, rows, texts + before))


@dataclass(frozen=True)
class RunsStandard:
    """The one round over the trusted data."""

    about: Rule
    columns: TextColumns
    rounds: ClassVar[int] = 1

    @property
    def rule(self) -> Rule:
        return self.about

    def bind(self, view: DataView) -> Self | Unchecked:  # noqa: ARG002
        return self

    def analysis(self, round: int, profile: bytes | None) -> CountRuns:  # noqa: ARG002
        return CountRuns(self.columns)

    def profile(self, round: int, state: RunState) -> bytes:  # noqa: ARG002
        table = state.runs.total()
        return TrustedRuns(table.keys, texts_of(table.values[:, 0]), int(state.seen[0])).pack()

    def causes(self, profile: bytes) -> list[Cause]:  # noqa: ARG002
        return []

    def limits(self, profile: bytes) -> str:  # noqa: ARG002
        return ""
