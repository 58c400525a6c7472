"""Arrow IPC: record batches are the pieces of a file; a stream is read as one piece."""

from __future__ import annotations

import io
from collections.abc import Iterator, Sequence
from typing import Any

import pyarrow as pa

from provender.core.shard import Span
from provender.errors import InputError
from provender.io.failures import HEAD_BYTES, looks_like
from provender.io.formats import Limits, Source, packed_spans

_MAGIC = b"ARROW1"
_END = b"\xff\xff\xff\xff\0\0\0\0"
_MEND = "restore the file from its source or write it again"


def inspect(source: Source, span_bytes: int) -> tuple[pa.Schema, list[Span]]:
    """Read the schema and count records; of each batch only the first column is decoded."""
    if not _is_file(source):
        stream = _stream(source)
        rows_read = sum(batch.num_rows for batch in stream)
        _check_end(source)
        return stream.schema, [Span(0, 0, -1, 0, rows_read)]
    schema = pa.ipc.open_file(_arrow_file(source)).schema
    reader = _file(source, list(range(min(len(schema), 1))))
    rows = [reader.get_batch(i).num_rows for i in range(reader.num_record_batches)]
    # Where batches lie in the file is not exposed: their stored size goes by their rows.
    scale = source.file.size / max(sum(rows), 1)
    return schema, packed_spans(rows, [count * scale for count in rows], span_bytes)


def batches(
    source: Source,
    span: Span,
    schema: pa.Schema,
    columns: Sequence[str],
    limits: Limits,  # noqa: ARG001  a record batch of the file is decoded whole
) -> Iterator[pa.RecordBatch]:
    """Decode the span's record batches, ``columns`` only."""
    wanted = set(columns)
    included = [i for i, name in enumerate(schema.names) if name in wanted]
    if _is_file(source):
        reader = _file(source, included)
        found: Iterator[Any] = (reader.get_batch(i) for i in range(span.start, span.stop))
    else:
        found = iter(_stream(source, included))
    yield from found


def _check_end(source: Source) -> None:
    """Hold the place where the stream ended against the file's end.

    Arrow takes a stream that was cut between two messages for a whole one, and of two streams
    joined in one file it reads the first.
    """
    if source.file.tell() != source.file.size:
        cause = f"the stream ends at byte {source.file.tell()} of {source.file.size}"
        raise InputError(source.name, cause, "write one stream per file")
    source.file.seek(-len(_END), io.SEEK_END)
    if source.file.read(len(_END)) != _END:
        raise InputError(source.name, "is cut short: the stream has no end mark", _MEND)


def _is_file(source: Source) -> bool:
    source.file.seek(0)
    head = source.file.read(HEAD_BYTES)
    if not head:
        raise InputError(source.name, "is an empty file", "remove it or write it again")
    kind = looks_like(head)
    if kind == "Feather version 1":
        raise InputError(source.name, f"is {kind}", "write it again as Arrow IPC (Feather 2)")
    if kind and not head.startswith(_MAGIC):
        raise InputError(source.name, f"is not Arrow but {kind}", "name the file by what it is")
    if not head.startswith(_MAGIC):
        return False
    source.file.seek(-min(len(_MAGIC), source.file.size), io.SEEK_END)
    if source.file.read(len(_MAGIC)) != _MAGIC:
        raise InputError(source.name, "is cut short: the Arrow footer is missing", _MEND)
    return True


def _arrow_file(source: Source) -> pa.PythonFile:
    source.file.seek(0)
    return pa.PythonFile(source.file, mode="r")


def _options(included: list[int] | None) -> pa.ipc.IpcReadOptions:
    return pa.ipc.IpcReadOptions(use_threads=False, included_fields=included)


def _file(source: Source, included: list[int] | None = None) -> Any:
    return pa.ipc.open_file(_arrow_file(source), options=_options(included))


def _stream(source: Source, included: list[int] | None = None) -> Any:
    return pa.ipc.open_stream(_arrow_file(source), options=_options(included))
