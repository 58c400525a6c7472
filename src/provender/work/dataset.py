"""A surveyed data set: all its shards, their one schema, and the roles of its columns."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
import pyarrow as pa

from provender.core.shard import Roles, ShardFailure, SurveyedShard
from provender.errors import NothingCheckedError, ProvenderError
from provender.io.reader import schema_of
from provender.io.schema import unify
from provender.io.states import StateStore
from provender.work.roles import resolve_roles
from provender.work.shards import SHARDS_ON_A_PAGE, load_shards
from provender.work.survey import ShardPage
from provender.work.task import TaskRef
from provender.work.wire import MOST_FAILURES, some_failures


@dataclass(frozen=True)
class DataSet:
    """What every pipeline starts from.

    Attributes:
        shards: sorted by name.
        schema: unified over all shards; what analyses see.
        roles: given or inferred.
        inferred: which roles were inferred.
        pages: store names of the pages that hold the shards, in order.
    """

    shards: tuple[SurveyedShard, ...]
    schema: pa.Schema
    roles: Roles
    inferred: tuple[str, ...]
    pages: tuple[str, ...]

    @property
    def rows(self) -> int:
        """Number of records."""
        return sum(span.rows for shard in self.shards for span in shard.spans)

    @property
    def bytes(self) -> int:
        """Number of bytes stored."""
        return sum(shard.ref.size for shard in self.shards)

    def shard_rows(self) -> list[tuple[str, int]]:
        """Return (name, records) of every shard, in canonical order."""
        return [(s.ref.name, sum(span.rows for span in s.spans)) for s in self.shards]

    @property
    def pieces(self) -> int:
        """Number of pieces that the shards are read in."""
        return sum(len(shard.spans) for shard in self.shards)

    def starts(self) -> np.ndarray:
        """Return int64 (shards,): the number of each shard's first record in the data set."""
        rows = [count for _, count in self.shard_rows()]
        return np.concatenate(([0], np.cumsum(rows, dtype=np.int64)))[: len(rows)]

    def tasks(self) -> Iterator[TaskRef]:
        """Yield every piece of every shard as it travels, in canonical order."""
        index = first_row = 0
        for number, shard in enumerate(self.shards):
            page, place = divmod(number, SHARDS_ON_A_PAGE)
            for piece, span in enumerate(shard.spans):
                yield (self.pages[page], place, piece, index, number, first_row)
                index, first_row = index + 1, first_row + span.rows


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
    names = tuple(page.name for page in sorted(pages, key=lambda page: page.number))
    shards = tuple(shard for name in names for shard in load_shards(name, store))
    schema = unify([(s.ref.name, schema_of(s)) for s in shards])
    if not any(span.rows for shard in shards for span in shard.spans):
        raise NothingCheckedError(
            shards[0].ref.name if len(shards) == 1 else f"{shards[0].ref.name} ...",
            "holds no record" if len(shards) == 1 else f"{len(shards)} shards hold no record",
            "check that the data was written",
        )
    roles, inferred = resolve_roles(schema, given)
    return DataSet(shards, schema, roles, tuple(inferred), names)


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
