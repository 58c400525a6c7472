"""CSV after RFC 4180: a header, commas, quotes doubled inside quoted fields, LF or CRLF.

A column's type is the narrowest that holds all its values in the whole file: int64, float64,
bool, else string. No dates are guessed. In a string column only an empty unquoted field is null,
so 'NA' (Namibia) stays; in number and bool columns ``MISSING`` means null.
"""

from __future__ import annotations

import csv
from collections.abc import Iterator, Sequence
from enum import IntFlag
from typing import Any

import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.csv as pacsv

from provender.core.shard import Span
from provender.errors import InputError
from provender.io.formats import Limits, Source
from provender.io.quotes import QuoteSplitter, header_end
from provender.io.text import BLOCK_BYTES, blocks, text_spans, whole

MISSING = ("", "NA", "N/A", "#N/A", "null", "NULL", "None")
_MISSING = pa.array([None, *MISSING])
_TRUE = pa.array(["true", "True", "TRUE"])
_BOOLS = pa.array(["true", "True", "TRUE", "false", "False", "FALSE"])
# Integers of 16 digits or more: a float64 may round them.
_BARE_INTEGER = r"^-?[0-9]+$"
_LONG = 10**15


class Seen(IntFlag):
    """Which kinds of value a column holds; kinds of pieces unite by ``|``."""

    NOTHING = 0
    MISSING_WORD = 1
    BOOL = 2
    INT = 4
    LONG_INT = 8
    FLOAT = 16
    TEXT = 32

    def type(self) -> pa.DataType:
        """Return the narrowest Arrow type that holds all the values without loss."""
        values = self & ~Seen.MISSING_WORD
        if not values:
            return pa.string() if self else pa.null()
        if values == Seen.BOOL:
            return pa.bool_()
        if not values & ~(Seen.INT | Seen.LONG_INT):
            return pa.int64()
        if not values & ~(Seen.INT | Seen.FLOAT):
            return pa.float64()
        return pa.string()


def inspect(source: Source, span_bytes: int) -> tuple[pa.Schema, list[Span]]:
    """Parse every record once: the columns' types must hold for all of them."""
    names: list[str] = []
    seen: list[Seen] = []
    ends: list[int] = []
    rows: list[int] = []
    splitter = QuoteSplitter(source.name)
    for block in blocks(source, whole(source), splitter, min(BLOCK_BYTES, span_bytes)):
        data = block.data
        if not names:
            cut = header_end(data)
            names = _names(source.name, data[:cut])
            seen = [Seen.NOTHING] * len(names)
            data = data[cut:]
        table = _parse(source.name, data, names, names, sum(rows))
        seen = [
            known if Seen.TEXT in known else known | _kinds(table.column(i), known)
            for i, known in enumerate(seen)
        ]
        ends.append(block.stop)
        rows.append(table.num_rows)
    if not names:
        raise InputError(source.name, "is an empty file", "remove it or write it again")
    schema = pa.schema([(name, kinds.type()) for name, kinds in zip(names, seen, strict=True)])
    return schema, text_spans(source, ends, rows, span_bytes)


def batches(
    source: Source, span: Span, schema: pa.Schema, columns: Sequence[str], limits: Limits
) -> Iterator[pa.RecordBatch]:
    """Parse the span with the types found in the survey."""
    first_row, header = span.first_row, span.start == 0
    types = dict(zip(schema.names, schema.types, strict=True))
    wanted = pa.schema([(name, types[name]) for name in columns])
    splitter = QuoteSplitter(source.name)
    for block in blocks(source, span, splitter, min(BLOCK_BYTES, limits.bytes)):
        data = block.data[header_end(block.data) :] if header else block.data
        header = False
        table = _parse(source.name, data, list(types), columns, first_row)
        first_row += table.num_rows
        if table.num_rows:
            arrays = [
                _typed(column.combine_chunks(), field.type)
                for column, field in zip(table.columns, wanted, strict=True)
            ]
            yield pa.RecordBatch.from_arrays(arrays, schema=wanted)


def _names(subject: str, header: bytes) -> list[str]:
    names = next(csv.reader([header.decode("utf-8").rstrip("\r\n")]), [])
    if not names:
        raise InputError(subject, "has no header in its first line", "write the column names there")
    twice = (
        {name for name in names if names.count(name) > 1} if len(set(names)) < len(names) else ()
    )
    if twice:
        raise InputError(subject, f"names the column {min(twice)!r} twice", "rename one of them")
    return names


def _parse(
    subject: str, data: bytes, names: Sequence[str], columns: Sequence[str], first_row: int
) -> pa.Table:
    """Return ``columns`` of the records in ``data`` as strings; null is empty and unquoted."""
    if not data.strip(b"\r\n"):
        return pa.table({name: pa.array([], pa.string()) for name in columns})
    # Without a last line break Arrow takes an empty last field for a quoted one, not for null.
    data = data if data.endswith(b"\n") else data + b"\n"
    ragged: list[Any] = []

    def refuse(row: Any) -> str:
        ragged.append(row)
        return "error"

    try:
        return pacsv.read_csv(
            pa.BufferReader(data),
            read_options=pacsv.ReadOptions(
                use_threads=False, block_size=len(data) + 1, column_names=list(names)
            ),
            parse_options=pacsv.ParseOptions(newlines_in_values=True, invalid_row_handler=refuse),
            convert_options=pacsv.ConvertOptions(
                include_columns=list(columns),
                column_types=dict.fromkeys(columns, pa.string()),
                null_values=[""],
                strings_can_be_null=True,
                quoted_strings_can_be_null=False,
            ),
        )
    except pa.ArrowInvalid as error:
        if not ragged:
            raise
        row = ragged[0]
        fields = "1 field" if row.actual_columns == 1 else f"{row.actual_columns} fields"
        cause = f"record {first_row + row.number} has {fields}, the header {row.expected_columns}"
        raise InputError(
            subject, cause, "mend the record; quote fields that hold commas"
        ) from error


def _kinds(column: pa.ChunkedArray, known: Seen) -> Seen:
    """Return which kinds of value ``column`` (strings) holds, beside those already known."""
    absent = pc.is_in(column, value_set=_MISSING)
    values = column.filter(pc.invert(absent))
    words = Seen.MISSING_WORD if column.null_count < (pc.sum(absent).as_py() or 0) else Seen.NOTHING
    if not len(values):
        return words
    if _has_code(values):
        return Seen.TEXT
    if Seen.FLOAT in known:  # a failing cast is slow, and integers would not change the type
        return words | _kinds_beside_integers(values)
    try:
        integers = pc.cast(values, pa.int64())
    except pa.ArrowInvalid:
        return words | _kinds_beside_integers(values)
    extremes = pc.min_max(integers).as_py()
    long = extremes["min"] <= -_LONG or extremes["max"] >= _LONG
    return words | Seen.INT | (Seen.LONG_INT if long else Seen.NOTHING)


def _kinds_beside_integers(values: pa.ChunkedArray) -> Seen:
    try:
        floats = pc.cast(values, pa.float64())
    except pa.ArrowInvalid:
        bools = pc.all(pc.is_in(values, value_set=_BOOLS)).as_py()
        return Seen.BOOL if bools else Seen.TEXT
    large = values.filter(pc.greater_equal(pc.abs(floats), float(_LONG)))
    long = _any(pc.match_substring_regex(large, _BARE_INTEGER))
    return Seen.FLOAT | (Seen.LONG_INT if long else Seen.NOTHING)


def _has_code(values: pa.ChunkedArray) -> bool:
    """Tell '007' and '0x1F' from numbers: as a number they would lose what they say."""
    for zero in ("0", "-0"):
        led = pc.starts_with(values, zero)
        if _any(led):
            longer = pc.greater(pc.binary_length(values), len(zero))
            decimal = pc.starts_with(values, zero + ".")
            if _any(pc.and_(led, pc.and_not(longer, decimal))):
                return True
    return False


def _any(mask: pa.ChunkedArray) -> bool:
    return bool(pc.any(mask).as_py())


def _typed(strings: pa.Array, type_: pa.DataType) -> pa.Array:
    if type_ == pa.string():
        return strings
    if pa.types.is_null(type_):
        return pa.nulls(len(strings))
    values = pc.if_else(
        pc.is_in(strings, value_set=_MISSING), pa.scalar(None, pa.string()), strings
    )
    if pa.types.is_boolean(type_):
        return pc.if_else(pc.is_null(values), None, pc.is_in(values, value_set=_TRUE))
    return pc.cast(values, type_)
