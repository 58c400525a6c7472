"""A surveyed data set: all its shards, their one schema, and the roles of its columns."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import asdict, dataclass
from typing import Any

import pyarrow as pa

from provender.core.shard import Roles, ShardFailure, ShardRef, Span, SurveyedShard
from provender.errors import NothingCheckedError, ProvenderError
from provender.io.reader import schema_of
from provender.io.schema import unify
from provender.work.roles import resolve_roles
from provender.work.survey import Surveyed
from provender.work.task import SpanTask, tasks_of


@dataclass(frozen=True)
class DataSet:
    """What every pipeline starts from.

    Attributes:
        shards: sorted by name.
        schema: unified over all shards; what analyses see.
        roles: given or inferred.
        inferred: which roles were inferred.
    """

    shards: tuple[SurveyedShard, ...]
    schema: pa.Schema
    roles: Roles
    inferred: tuple[str, ...]

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

    def tasks(self) -> list[SpanTask]:
        """Return every piece of every shard, in canonical order."""
        return tasks_of(self.shards)

    def tasks_by_shard(self) -> list[tuple[SpanTask, ...]]:
        """Return the pieces of each shard, in canonical order."""
        grouped: list[list[SpanTask]] = [[] for _ in self.shards]
        for task in self.tasks():
            grouped[task.shard_index].append(task)
        return [tuple(tasks) for tasks in grouped]


def data_set(surveyed: Sequence[Surveyed], given: Roles) -> DataSet:
    """Put surveyed shards together.

    Raises:
        ShardsFailedError: when some shards cannot be read, naming each.
        InputError: when the shards' schemas do not fit together.
        NothingCheckedError: when there is no record at all.
        UsageError: when a given role does not fit.
    """
    raise_failures([s.failure for s in surveyed if s.failure])
    shards = tuple(sorted((s.shard for s in surveyed if s.shard), key=lambda s: s.ref.name))
    schema = unify([(s.ref.name, schema_of(s)) for s in shards])
    if not any(span.rows for shard in shards for span in shard.spans):
        raise NothingCheckedError(
            shards[0].ref.name if len(shards) == 1 else f"{shards[0].ref.name} ...",
            "holds no record" if len(shards) == 1 else f"{len(shards)} shards hold no record",
            "check that the data was written",
        )
    roles, inferred = resolve_roles(schema, given)
    return DataSet(shards, schema, roles, tuple(inferred))


class ShardsFailedError(ProvenderError):
    """One or more shards could not be read; str() gives a line for each."""

    def __init__(self, failures: Sequence[ShardFailure]) -> None:
        first = min(failures, key=lambda f: f.name)
        super().__init__(first.name, first.cause, first.mend)
        self.failures = sorted(failures, key=lambda f: f.name)
        self.exit_code = max(f.exit_code for f in failures)

    def __str__(self) -> str:
        lines = [str(ProvenderError(f.name, f.cause, f.mend)) for f in self.failures]
        return "\n".join(dict.fromkeys(lines))


def raise_failures(failures: Sequence[ShardFailure]) -> None:
    """Raise when there are failures.

    Raises:
        ShardsFailedError: naming every shard that failed.
    """
    if failures:
        raise ShardsFailedError(failures)


def survey_to_json(surveyed: Sequence[Surveyed]) -> dict[str, Any]:
    """Return survey results as JSON values; equal schemas are written once."""
    schemas: dict[str, int] = {}
    shards = []
    for one in surveyed:
        if one.shard is not None:
            held = schemas.setdefault(one.shard.schema_ipc.hex(), len(schemas))
            value = asdict(one.shard)
            shards.append({**value, "schema": None, "schema_ipc": held})
    return {
        "schemas": list(schemas),
        "shards": shards,
        "failures": [vars(one.failure) for one in surveyed if one.failure],
    }


def survey_from_json(value: dict[str, Any]) -> list[Surveyed]:
    """Return what `survey_to_json` wrote; equal schemas are shared."""
    packed = [bytes.fromhex(text) for text in value["schemas"]]
    columns = [
        tuple((f.name, str(f.type)) for f in pa.ipc.read_schema(pa.py_buffer(data)))
        for data in packed
    ]
    found = []
    for shard in value["shards"]:
        partition = tuple((n, v) for n, v in shard["ref"]["partition"])
        ref = ShardRef(**{**shard["ref"], "partition": partition})
        spans = tuple(Span(**span) for span in shard["spans"])
        held = shard["schema_ipc"]
        found.append(
            Surveyed(
                SurveyedShard(
                    ref, shard["sha256"], shard["chunk_root"], columns[held], packed[held], spans
                ),
                ref.size,
            )
        )
    return found + [Surveyed(None, 0, ShardFailure(**f)) for f in value["failures"]]
