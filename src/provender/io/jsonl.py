"""JSON Lines: one object per line; types are those that hold over the whole file.

Strings stay strings (no dates are guessed), a missing key is null, blank lines are skipped.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Sequence

import numpy as np
import pyarrow as pa
import pyarrow.json as pj

from provender.core.shard import Span
from provender.errors import InputError
from provender.io.formats import Limits, Source
from provender.io.schema import conform
from provender.io.text import BLOCK_BYTES, Block, blocks, text_spans, whole
from provender.io.widen import widen

# Arrow's JSON parser and type recursion overrun the stack somewhere beyond 10,000 levels.
MAX_DEPTH = 100
_STRING = re.compile(rb'"(?:[^"\\]++|\\.)*+"')
# Integers that may not fit 64 bits; Arrow would round them to float without a word.
_WIDE = re.compile(rb"[:\[,]\s*-?(?:[0-9]{20,}|9[0-9]{18})\s*[,}\]]")
_INT64 = range(-(2**63), 2**63)
_DEPTH_SLICE = 2**20


class _Lines:
    def last_end(self, piece: bytes) -> int:
        return piece.rfind(b"\n") + 1

    def finish(self) -> None:
        """The last line needs no line break."""


def inspect(source: Source, span_bytes: int) -> tuple[pa.Schema, list[Span]]:
    """Parse every line once: the columns' types must hold for all of them."""
    record: pa.DataType = pa.struct([])
    ends: list[int] = []
    rows: list[int] = []
    for block in blocks(source, whole(source), _Lines(), min(BLOCK_BYTES, span_bytes)):
        _refuse_depth(source.name, block)
        try:
            record, count = _infer(block.data, record)
        except (pa.ArrowInvalid, _LineError) as error:
            raise _located(source.name, block, record) from error
        if _has_float(record):
            _refuse_wide_integers(source.name, block)
        ends.append(block.stop)
        rows.append(count)
    if not sum(rows):
        raise InputError(source.name, "is an empty file", "remove it or write it again")
    return pa.schema(list(record)), text_spans(source, ends, rows, span_bytes)


def batches(
    source: Source, span: Span, schema: pa.Schema, columns: Sequence[str], limits: Limits
) -> Iterator[pa.RecordBatch]:
    """Parse the span with the types found in the survey."""
    types = dict(zip(schema.names, schema.types, strict=True))
    wanted = pa.schema([(name, types[name]) for name in columns])
    for block in blocks(source, span, _Lines(), min(BLOCK_BYTES, limits.bytes)):
        if not block.data.isspace():
            table = _parse(block.data, pa.schema([(f.name, _parsed_as(f.type)) for f in wanted]))
            if columns:
                for batch in table.combine_chunks().to_batches():
                    yield conform(batch, wanted)
            else:  # objects without any key still count
                yield pa.record_batch({"": pa.nulls(table.num_rows)}).select([])


class _LineError(Exception):
    """A block has a line that cannot be: the message says why."""


def _parse(data: bytes, schema: pa.Schema | None = None) -> pa.Table:
    return pj.read_json(
        pa.BufferReader(data),
        read_options=pj.ReadOptions(use_threads=False, block_size=len(data) + 1),
        parse_options=pj.ParseOptions(
            explicit_schema=schema,
            unexpected_field_behavior="infer" if schema is None else "ignore",
        ),
    )


def _infer(data: bytes, known: pa.DataType) -> tuple[pa.DataType, int]:
    """Return ``known`` (a struct type) widened by the records in ``data``, and their number."""
    if data.isspace():
        return known, 0
    table = _parse(data)
    if table.num_rows != _filled_lines(data):
        raise _LineError("is not one JSON object on one line")
    found = pa.struct([pa.field(f.name, _without_dates(f.type)) for f in table.schema])
    merged = widen(known, found)
    if merged is None:
        column = next(
            f.name
            for f in found
            if known.get_field_index(f.name) >= 0
            and widen(known.field(f.name).type, f.type) is None
        )
        before, here = known.field(column).type, found.field(column).type
        raise _LineError(f"has {here} in {column!r}, which was {before} before")
    return merged, table.num_rows


def _located(name: str, block: Block, known: pa.DataType) -> InputError:
    """Find the first line that fails, by bisection over the block's lines."""
    lines = [line + b"\n" for line in block.data.split(b"\n")]
    good, bad = 0, len(lines)
    cause = "cannot be parsed"
    while bad - good > 1:
        middle = (good + bad) // 2
        if _fault(b"".join(lines[:middle]), known):
            bad = middle
        else:
            good = middle
    cause = _fault(b"".join(lines[:bad]), known) or cause
    return InputError(
        name, f"line {block.line + bad - 1} {cause}", "mend the line; one JSON object per line"
    )


def _fault(data: bytes, known: pa.DataType) -> str:
    try:
        _infer(data, known)
    except _LineError as error:
        return str(error)
    except pa.ArrowInvalid as error:
        return f"is not valid here ({_plain(str(error))})"
    return ""


def _plain(message: str) -> str:
    """Arrow's message without its prefix and without the row, which counts within a block."""
    text = message.splitlines()[0].removeprefix("JSON parse error: ")
    return re.sub(r",? in row \d+$", "", text).rstrip(" .")[:160]


def _filled_lines(data: bytes) -> int:
    octets = np.frombuffer(data, np.uint8)
    starts = np.concatenate([[0], np.flatnonzero(octets == 10) + 1])
    return int(np.logical_or.reduceat(octets > 32, starts[starts < len(octets)]).sum())


def _without_dates(type_: pa.DataType) -> pa.DataType:
    """Take back Arrow's guess that strings are times: it would depend on the other lines."""
    if pa.types.is_timestamp(type_):
        return pa.string()
    if pa.types.is_list(type_):
        return pa.list_(_without_dates(type_.value_type))
    if pa.types.is_struct(type_):
        return pa.struct([pa.field(f.name, _without_dates(f.type)) for f in type_])
    return type_


def _parsed_as(type_: pa.DataType) -> pa.DataType:
    """Arrow's parser builds lists of the null type with too few values: nulls parse as bools."""
    if pa.types.is_null(type_):
        return pa.bool_()
    if pa.types.is_list(type_):
        return pa.list_(_parsed_as(type_.value_type))
    if pa.types.is_struct(type_):
        return pa.struct([pa.field(f.name, _parsed_as(f.type)) for f in type_])
    return type_


def _has_float(type_: pa.DataType) -> bool:
    if pa.types.is_struct(type_):
        return any(_has_float(field.type) for field in type_)
    if pa.types.is_list(type_):
        return _has_float(type_.value_type)
    return bool(pa.types.is_floating(type_))


def _refuse_wide_integers(name: str, block: Block) -> None:
    if not _has_long_number(block.data):
        return
    checked = -1
    for match in _WIDE.finditer(block.data):
        start = block.data.rfind(b"\n", 0, match.start()) + 1
        if start == checked:
            continue
        checked = start
        stop = block.data.find(b"\n", start)
        integers: list[str] = []
        json.loads(block.data[start : stop if stop >= 0 else None], parse_int=integers.append)
        wide = [text for text in integers if len(text) > 20 or int(text) not in _INT64]
        if wide:
            line = block.line + block.data.count(b"\n", 0, start)
            cause = f"line {line} has the integer {wide[0][:40]}, which does not fit 64 bits"
            raise InputError(name, cause, "write such numbers as strings")


def _has_long_number(data: bytes) -> bool:
    """Tell whether 19 digits stand in a row somewhere: 2**63 has 19."""
    run = np.frombuffer(data, np.uint8) - 48 < 10
    for shift in (1, 2, 4, 8, 3):  # runs of 2, 4, 8, 16 and 19
        run = run[:-shift] & run[shift:]
    return bool(run.any())


def _refuse_depth(name: str, block: Block) -> None:
    octets = np.frombuffer(block.data, np.uint8)
    opening = np.flatnonzero((octets | 0x20) == 0x7B)  # both '[' and '{'
    if len(opening) <= MAX_DEPTH:
        return
    breaks = np.concatenate([[-1], np.flatnonzero(octets == 10), [len(octets)]])
    per_line = np.diff(np.searchsorted(opening, breaks))
    for line in np.flatnonzero(per_line > MAX_DEPTH):
        text = block.data[breaks[line] + 1 : breaks[line + 1]]
        if _depth(_STRING.sub(b"", text)) > MAX_DEPTH:
            cause = f"line {block.line + int(line)} is nested more than {MAX_DEPTH} deep"
            raise InputError(name, cause, "flatten it")


def _depth(text: bytes) -> int:
    """Return how deep brackets nest in JSON text without strings."""
    depth = deepest = 0
    for start in range(0, len(text), _DEPTH_SLICE):
        folded = np.frombuffer(text[start : start + _DEPTH_SLICE], np.uint8) | 0x20
        steps = np.cumsum((folded == 0x7B).astype(np.int32) - (folded == 0x7D))
        deepest = max(deepest, depth + int(steps.max()))
        depth += int(steps[-1])
    return deepest
