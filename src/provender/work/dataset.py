"""A surveyed data set: its shards by name, their one schema, and the roles of its columns."""

from __future__ import annotations

from bisect import bisect_left
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from provender.core.shard import Roles, ShardFailure, SurveyedShard
from provender.errors import NothingCheckedError, ProvenderError
from provender.io.reader import schema_of
from provender.io.schema import unify
from provender.io.states import StateStore
from provender.work.conversations import viewed
from provender.work.roles import resolve_roles
from provender.work.shards import SHARDS_ON_A_PAGE, load_shards
from provender.work.survey import ShardPage
from provender.work.task import TaskRef
from provender.work.wire import MOST_FAILURES, some_failures


@dataclass(frozen=True)
class DataSet:
    """What every pipeline starts from. What grows with shards is a name and a count of each.

    Attributes:
        names: of all shards, sorted.
        counts: int64 (shards,): records of each.
        pieces: number of pieces that the shards are read in.
        bytes: number of bytes stored.
        schema: unified over all shards; what expectations see.
        roles: given or inferred.
        inferred: which roles were inferred.
        pages: store names of the pages that hold the surveyed shards, in order.
    """

    names: tuple[str, ...]
    counts: np.ndarray
    pieces: int
    bytes: int
    schema: pa.Schema
    roles: Roles
    inferred: tuple[str, ...]
    pages: tuple[str, ...]

    @property
    def view(self) -> pa.Schema:
        """What detectors see: the schema, and the texts of its conversations."""
        return viewed(self.schema)

    @property
    def rows(self) -> int:
        """Number of records."""
        return int(self.counts.sum())

    def shard_rows(self) -> list[tuple[str, int]]:
        """Return (name, records) of every shard, in canonical order."""
        return list(zip(self.names, self.counts.tolist(), strict=True))

    def starts(self) -> np.ndarray:
        """Return int64 (shards,): the number of each shard's first record in the data set."""
        return np.concatenate(([0], np.cumsum(self.counts)))[:-1]

    def shard(self, name: str, store: StateStore) -> SurveyedShard:
        """Return the surveyed shard of that name."""
        page, place = divmod(bisect_left(self.names, name), SHARDS_ON_A_PAGE)
        return load_shards(self.pages[page], store)[place]

    def tasks(self, store: StateStore) -> Iterator[TaskRef]:
        """Yield every piece of every shard as it travels, in canonical order."""
        index = first_row = number = 0
        for page in self.pages:
            for place, shard in enumerate(load_shards(page, store)):
                for piece, span in enumerate(shard.spans):
                    yield (page, place, piece, index, number, first_row)
                    index, first_row = index + 1, first_row + span.rows
                number += 1


def data_set(pages: Sequence[ShardPage], given: Roles, store: StateStore) -> DataSet:
    """Put surveyed shards together.

    Args:
        pages: what the survey stored, or the failures it met.

    Raises:
        ShardsFailedError: when some shards cannot be read, naming each.
        InputError: when the shards' schemas do not fit together.
        NothingCheckedError: when there is no record at all.
        UsageError: when a given role does not fit.
    """
    raise_failures(some_failures(f for page in pages for f in page.failures))
    stored = tuple(page.name for page in sorted(pages, key=lambda page: page.number))
    schemas: list[tuple[str, pa.Schema]] = []
    counts: list[int] = []
    pieces = bytes_ = 0
    for page in stored:
        for shard in load_shards(page, store):
            schemas.append((shard.ref.name, schema_of(shard)))
            counts.append(sum(span.rows for span in shard.spans))
            pieces += len(shard.spans)
            bytes_ += shard.ref.size
    schema, names = unify(schemas), tuple(name for name, _ in schemas)
    if not any(counts):
        raise NothingCheckedError(
            names[0] if len(names) == 1 else f"{names[0]} ...",
            "holds no record" if len(names) == 1 else f"{len(names)} shards hold no record",
            "check that the data was written",
        )
    roles, inferred = resolve_roles(schema, given)
    found = np.array(counts, np.int64)
    return DataSet(names, found, pieces, bytes_, schema, roles, tuple(inferred), stored)


class ShardsFailedError(ProvenderError):
    """One or more shards could not be read; str() gives a line for each."""

    def __init__(self, failures: Sequence[ShardFailure]) -> None:
        first = min(failures, key=lambda f: f.name)
        super().__init__(first.name, first.cause, first.mend)
        self.failures = sorted(failures, key=lambda f: f.name)
        self.exit_code = max(f.exit_code for f in failures)

    def __str__(self) -> str:
        lines = [str(ProvenderError(f.name, f.cause, f.mend)) for f in self.failures]
        if len(lines) == MOST_FAILURES:
            lines.append(f"more shards may have failed: the first {MOST_FAILURES} are named")
        return "\n".join(dict.fromkeys(lines))


def raise_failures(failures: Sequence[ShardFailure]) -> None:
    """Raise when there are failures.

    Raises:
        ShardsFailedError: naming every shard that failed.
    """
    if failures:
        raise ShardsFailedError(failures)
