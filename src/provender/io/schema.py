"""One schema over all shards, for analyses; a shard's own schema stays what its bytes say."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from functools import reduce

import pyarrow as pa
import pyarrow.compute as pc

from provender.errors import InputError, NothingCheckedError
from provender.io.names import format_of
from provender.io.widen import plain, widen


def unify(schemas: Sequence[tuple[str, pa.Schema]]) -> pa.Schema:
    """Return the narrowest schema that holds every shard's records (rules: docs/reading.md).

    Columns keep the order of the first shard, further ones follow. Every type is plain
    (``widen.plain``): strings are ``string``, dictionaries are their values' type.

    Args:
        schemas: (shard name, the shard's own schema).

    Raises:
        InputError: when a column's types do not fit together, or a shard other than JSON Lines
            lacks a column; it names the shard that stands against most others.
        NothingCheckedError: when no schema is given.
    """
    if not schemas:
        raise NothingCheckedError("data set", "it has no shard", "name at least one")
    shards_of: dict[pa.Schema, list[str]] = {}
    for name, schema in schemas:
        shards_of.setdefault(schema, []).append(name)
    columns = list(dict.fromkeys(column for schema in shards_of for column in schema.names))
    return pa.schema([(column, _type_of(column, shards_of)) for column in columns])


def conform(batch: pa.RecordBatch, schema: pa.Schema) -> pa.RecordBatch:
    """Return ``batch`` in the columns and types of ``schema``; a column it lacks is null.

    Raises:
        InputError: when a value does not fit the type; its subject is the column.
    """
    at = {name: index for index, name in enumerate(batch.schema.names)}
    arrays = []
    for field in schema:
        index = at.get(field.name)
        if index is None:
            arrays.append(pa.nulls(batch.num_rows, field.type))
            continue
        try:
            arrays.append(_cast(batch.column(index), field.type))
        except pa.ArrowException as error:
            cause = f"a value does not fit {field.type} ({str(error).splitlines()[0]})"
            raise InputError(f"column {field.name!r}", cause, "give shards one type") from error
    if not arrays:
        return batch.select([])
    return pa.RecordBatch.from_arrays(arrays, schema=schema)


def _type_of(column: str, shards_of: dict[pa.Schema, list[str]]) -> pa.DataType:
    having: dict[pa.DataType, list[str]] = {}
    lacking: list[str] = []
    for schema, names in shards_of.items():
        index = schema.get_field_index(column)
        if index >= 0:
            having.setdefault(plain(schema.field(index).type), []).extend(names)
        elif format_of(names[0])[0] != "jsonl":
            lacking.extend(names)
        else:
            lacking.extend(name for name in names if format_of(name)[0] != "jsonl")
    if lacking:
        raise _lacks(column, lacking, [name for names in having.values() for name in names])
    # Sorted, so that the order of shards cannot matter.
    merged = reduce(
        lambda a, b: None if a is None else widen(a, b), sorted(having, key=str), pa.null()
    )
    if merged is None:
        raise _differs(column, having)
    return merged


def _lacks(column: str, lacking: list[str], having: list[str]) -> InputError:
    if len(lacking) <= len(having):
        cause = f"has no column {column!r}, which {_others(having)} has"
        return InputError(min(lacking), cause, "write it again with that column")
    cause = f"has a column {column!r}, which {_others(lacking)} lacks"
    return InputError(min(having), cause, "drop that column, or check the shards apart")


def _differs(column: str, having: dict[pa.DataType, list[str]]) -> InputError:
    counts = Counter({type_: len(names) for type_, names in having.items()})
    usual = min(counts, key=lambda type_: (-counts[type_], str(type_)))
    odd = min(
        (t for t in having if widen(t, usual) is None),
        key=lambda type_: (counts[type_], str(type_)),
        default=min(counts, key=lambda type_: (counts[type_], str(type_))),
    )
    cause = f"column {column!r} is {odd} here and {usual} in {_others(having[usual])}"
    return InputError(min(having[odd]), cause, "write the shards with one type")


def _others(names: list[str]) -> str:
    first = min(names)
    return first if len(names) == 1 else f"each of {len(names)} others ({first} ...)"


def _cast(array: pa.Array, type_: pa.DataType) -> pa.Array:
    """Cast without loss, but for integers that become floats."""
    if array.type == type_:
        return array
    if isinstance(array.type, pa.BaseExtensionType):
        return _cast(array.storage, type_)
    if pa.types.is_dictionary(array.type):
        return _cast(array.dictionary_decode(), type_)
    if pa.types.is_run_end_encoded(array.type):
        return _cast(pc.run_end_decode(array), type_)
    if array.null_count == len(array):
        return pa.nulls(len(array), type_)
    if pa.types.is_struct(type_):
        return _cast_struct(array, type_)
    if pa.types.is_list(type_) and not pa.types.is_primitive(array.type):
        return _cast_list(array, type_)
    return pc.cast(array, type_, safe=not pa.types.is_floating(type_))


def _cast_struct(array: pa.StructArray, type_: pa.DataType) -> pa.Array:
    fields = []
    for field in type_:
        index = array.type.get_field_index(field.name)
        fields.append(
            pa.nulls(len(array), field.type)
            if index < 0
            else _cast(pc.struct_field(array, [index]), field.type)
        )
    if not fields:
        return pc.cast(array, type_)
    return pa.StructArray.from_arrays(fields, fields=list(type_), mask=pc.is_null(array))


def _cast_list(array: pa.Array, type_: pa.DataType) -> pa.Array:
    if not pa.types.is_list(array.type):
        array = pc.cast(array, pa.list_(array.type.value_type))
    values = _cast(pc.list_flatten(array), type_.value_type)
    lengths = pc.fill_null(pc.list_value_length(array), 0)
    offsets = pa.concat_arrays(
        [pa.array([0], pa.int32()), pc.cumulative_sum(lengths).cast(pa.int32())]
    )
    return pa.ListArray.from_arrays(offsets, values, type=type_, mask=pc.is_null(array))
