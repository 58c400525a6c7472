"""Sealed shards as a pyarrow Dataset, whatever their formats."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from typing import Any, BinaryIO

import pyarrow as pa
import pyarrow.dataset as ds
import pyarrow.parquet as pq
from pyarrow.fs import FileSystem

from provender.core.entries import ShardEntry
from provender.errors import InputError
from provender.io.failures import plain_failures
from provender.io.names import format_of, partition_of
from provender.io.schema import conform

#: Ours → pyarrow.dataset's names of formats.
_FORMATS = {"parquet": "parquet", "arrow": "ipc", "jsonl": "json", "csv": "csv"}


def dataset_of(entries: Sequence[ShardEntry], filesystem: FileSystem) -> ds.Dataset:
    """Return a Dataset over shards; its columns are those of all of them.

    Columns of folders (``year=2024/``) are strings, as in the manifest. Only one shard of each
    schema that the manifest knows is looked at to learn Arrow's types.

    Args:
        entries: at least one.
        filesystem: holds them by their names.

    Raises:
        InputError: when a shard cannot be decoded, or their columns do not fit together.
        IntegrityError: when a shard that is looked at is not as sealed.
    """
    groups: dict[str, list[ShardEntry]] = {}
    for entry in entries:
        groups.setdefault(_FORMATS[format_of(entry.name)[0]], []).append(entry)
    schema = _schema(groups, filesystem)
    children = [
        _dataset([entry.name for entry in group], kind, filesystem, schema)
        for kind, group in groups.items()
    ]
    return children[0] if len(children) == 1 else ds.dataset(children, schema=schema)


def batches_of(
    entries: Sequence[ShardEntry],
    filesystem: FileSystem,
    open_: Callable[[str], Any],
    columns: Sequence[str] | None,
) -> Iterator[pa.RecordBatch]:
    """Yield the record batches of shards in turn, in the columns of `dataset_of`.

    Parquet is read in the caller's thread: a scan of Python files that is left before its end may
    never return (apache/arrow issue 45214). A shard of text or Arrow is decoded whole, therefore.
    """
    schema = dataset_of(entries, filesystem).schema
    if columns is not None:
        schema = pa.schema([schema.field(name) for name in columns])
    for entry in entries:
        kind = _FORMATS[format_of(entry.name)[0]]
        if kind == "parquet":
            with open_(entry.name) as raw:
                yield from _parquet(entry.name, raw, schema)
            continue
        table = _dataset([entry.name], kind, filesystem, schema).to_table(use_threads=False)
        yield from table.to_batches()


def _parquet(name: str, raw: BinaryIO, schema: pa.Schema) -> Iterator[pa.RecordBatch]:
    folders = dict(partition_of(name))
    file = pq.ParquetFile(raw, pre_buffer=False)
    there = [column for column in schema.names if column in file.schema_arrow.names]
    for batch in file.iter_batches(columns=there, use_threads=False):
        whole = conform(batch, schema)
        for index, column in enumerate(schema.names):
            if column in folders:
                constant = pa.repeat(pa.scalar(folders[column], pa.string()), batch.num_rows)
                whole = whole.set_column(index, schema.field(index), constant)
        yield whole


def _schema(groups: dict[str, list[ShardEntry]], filesystem: FileSystem) -> pa.Schema:
    known: dict[tuple[str, object], pa.Schema] = {}
    for kind, group in groups.items():
        for entry in group:
            if (kind, entry.schema) not in known:
                with plain_failures(entry.name):
                    found = _dataset([entry.name], kind, filesystem).schema
                known[kind, entry.schema] = found.remove_metadata()
    if len(known) == 1:
        return next(iter(known.values()))
    with plain_failures("the columns of all shards together"):
        try:
            return pa.unify_schemas(list(known.values()), promote_options="permissive")
        except (pa.ArrowTypeError, pa.ArrowInvalid) as error:
            cause = f"do not fit together ({str(error).splitlines()[0]})"
            mend = "name those that do: dataset(names)"
            raise InputError("the shards' columns", cause, mend) from error


def _dataset(
    names: list[str], kind: str, filesystem: FileSystem, schema: pa.Schema | None = None
) -> ds.Dataset:
    partitioning = ds.HivePartitioning.discover(infer_dictionary=False, schema=_folders(names))
    return ds.dataset(names, schema, kind, filesystem, partitioning=partitioning)


def _folders(names: Sequence[str]) -> pa.Schema | None:
    """Return the columns in the folders of names, as strings: pyarrow would guess numbers."""
    columns = dict.fromkeys(column for name in names for column, _ in partition_of(name))
    return pa.schema([(column, pa.string()) for column in columns]) if columns else None
