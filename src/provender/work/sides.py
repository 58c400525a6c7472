"""The two data sets that are compared, and what is asked about them."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from provender.core.manifest import Manifest
from provender.core.record_changes import RecordPlace
from provender.core.shard import Span, SurveyedShard
from provender.io.reader import read_span
from provender.io.states import StateStore
from provender.work.dataset import DataSet
from provender.work.task import load_chunks


@dataclass(frozen=True)
class Side:
    """One of the two data sets.

    Attributes:
        manifest: what it is.
        data: its surveyed shards; None where only the manifest is left.
    """

    manifest: Manifest
    data: DataSet | None = None

    def pieces(self, shard: str, store: StateStore) -> tuple[Span, ...]:
        """Return the pieces of the shard of that name, in order."""
        return self._surveyed(shard, store).spans

    def batches(self, shard: str, piece: Span, store: StateStore) -> Iterator[pa.RecordBatch]:
        """Yield a piece's records in the shard's own types, from verified bytes."""
        surveyed = self._surveyed(shard, store)
        return read_span(surveyed, piece, load_chunks(store, surveyed))

    def _surveyed(self, shard: str, store: StateStore) -> SurveyedShard:
        assert self.data is not None, "only the manifest is left of this side"
        return self.data.shard(shard, store)


@dataclass(frozen=True)
class Wanted:
    """What is asked for.

    Attributes:
        key: columns that name a record; () for none.
        most: records listed of each kind.
        show_content: whether the cells' values may be told.
    """

    key: tuple[str, ...] = ()
    most: int = 20
    show_content: bool = False


def places(rows: np.ndarray, shards: Sequence[str]) -> Iterator[RecordPlace]:
    """Yield where rows stand; ``shards`` are the names that their numbers mean."""
    for row in rows:
        digest = row["digest"].astype("<u8").tobytes().hex()
        yield RecordPlace(shards[row["shard"]], int(row["row"]), digest)
