"""Text files as blocks of whole records: decompressed, UTF-8, each record of bounded size."""

from __future__ import annotations

import codecs
import gzip
from collections.abc import Iterator
from dataclasses import dataclass
from typing import BinaryIO, Protocol, cast

import pyarrow as pa

from provender.core.shard import Span
from provender.errors import InputError
from provender.io.failures import HEAD_BYTES, looks_like
from provender.io.formats import RECORD_BYTES, Source, packed_spans

BLOCK_BYTES = 4 * 2**20
_LEAST_BLOCK_BYTES = 64


class Splitter(Protocol):
    """Finds where records end in a text that arrives in pieces."""

    def last_end(self, piece: bytes) -> int:
        """Return the offset after the last record end in ``piece``; 0 where none ends there."""

    def finish(self) -> None:
        """Refuse a text that ends inside of a record."""


@dataclass(frozen=True)
class Block:
    """Whole records.

    Attributes:
        start: offset of the block's first byte in the (decompressed) text.
        line: number of its first line, from 1 at the start of what is read.
        data: the bytes, UTF-8, without NUL.
    """

    start: int
    line: int
    data: bytes

    @property
    def stop(self) -> int:
        """Offset after the block's last byte."""
        return self.start + len(self.data)


def blocks(
    source: Source, span: Span, splitter: Splitter, block_bytes: int = BLOCK_BYTES
) -> Iterator[Block]:
    """Yield the span's text in blocks of about ``block_bytes`` that end where a record ends.

    A byte order mark at the start of the file is left out.

    Raises:
        InputError: for text that is not UTF-8 or holds NUL, or a record beyond 64 MiB.
    """
    pending: list[bytes] = []
    held, line, start = 0, 1, span.start
    for piece in _pieces(source, span, max(block_bytes, _LEAST_BLOCK_BYTES)):
        if start == 0 and not pending:
            _refuse_other_formats(source.name, piece)
            if piece.startswith(codecs.BOM_UTF8):
                piece = piece.removeprefix(codecs.BOM_UTF8)
                start = len(codecs.BOM_UTF8)
                if not piece:
                    continue
        cut = splitter.last_end(piece)
        if cut:
            block = Block(start, line, b"".join([*pending, piece[:cut]]))
            yield _checked(source.name, block)
            start, line = block.stop, line + block.data.count(b"\n")
            pending, held = [], 0
        pending.append(piece[cut:])
        held += len(piece) - cut
        if held > RECORD_BYTES:
            cause = f"the record at line {line} is longer than {RECORD_BYTES >> 20} MiB"
            raise InputError(source.name, cause, "check that records end in line breaks")
    splitter.finish()
    rest = b"".join(pending)
    if rest:
        yield _checked(source.name, Block(start, line, rest))


def text_spans(source: Source, ends: list[int], rows: list[int], span_bytes: int) -> list[Span]:
    """Return the pieces of a text file whose blocks end at ``ends`` and hold ``rows`` records."""
    if source.compression:
        return [Span(0, 0, -1, 0, sum(rows))]
    starts = [0, *ends]
    sizes = [float(b - a) for a, b in zip(starts, ends, strict=False)]
    return [
        Span(span.index, starts[span.start], starts[span.stop], span.first_row, span.rows)
        for span in packed_spans(rows, sizes, span_bytes)
    ]


def whole(source: Source) -> Span:
    """Return the span of the whole file."""
    return Span(0, 0, -1 if source.compression else source.file.size, 0, -1)


def _pieces(source: Source, span: Span, size: int) -> Iterator[bytes]:
    if source.file.size == 0:
        raise InputError(source.name, "is an empty file", "remove it or write it again")
    source.file.seek(span.start)
    if source.compression:
        stream = _decompressed(source)
        while piece := stream.read(size):
            yield piece
        return
    left = span.stop - span.start
    while left > 0:
        piece = source.file.read(min(size, left))
        left -= len(piece)
        yield piece


def _decompressed(source: Source) -> BinaryIO:
    head = source.file.read(HEAD_BYTES)
    source.file.seek(0)
    if looks_like(head) != source.compression:
        kind = looks_like(head) or "something else"
        raise InputError(
            source.name, f"is not {source.compression} but {kind}", "name the file by what it is"
        )
    if source.compression == "gzip":
        return cast(BinaryIO, gzip.GzipFile(fileobj=cast(BinaryIO, source.file)))
    return cast(BinaryIO, pa.CompressedInputStream(pa.PythonFile(source.file, mode="r"), "zstd"))


def _refuse_other_formats(name: str, head: bytes) -> None:
    kind = looks_like(head)
    if kind:
        raise InputError(name, f"is not text but {kind}", "name the file by what it is")


def _checked(name: str, block: Block) -> Block:
    nul = block.data.find(b"\0")
    if nul >= 0:
        cause = f"byte {block.start + nul} is NUL: not a text file"
        raise InputError(name, cause, "name the file by what it is")
    if not block.data.isascii():
        try:
            block.data.decode("utf-8")
        except UnicodeDecodeError as error:
            line = block.line + block.data.count(b"\n", 0, error.start)
            cause = f"is not UTF-8 at byte {block.start + error.start} (line {line})"
            raise InputError(name, cause, "convert it to UTF-8") from error
    return block
