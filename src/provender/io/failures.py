"""One plain line for whatever goes wrong inside a decoder."""

from __future__ import annotations

import zlib
from collections.abc import Iterator
from contextlib import contextmanager

import pyarrow as pa

from provender.errors import InputError, ProvenderError
from provender.io.chunks import VerifiedFile

_DECODER_FAILURES = (pa.lib.ArrowException, OSError, EOFError, ValueError, MemoryError, zlib.error)

# Bytes that ``looks_like`` needs at most.
HEAD_BYTES = 32

_SIGNATURES = (
    (b"PAR1", "Parquet"),
    (b"PARE", "encrypted Parquet"),
    (b"ARROW1", "an Arrow IPC file"),
    (b"FEA1", "Feather version 1"),
    (b"\x1f\x8b", "gzip"),
    (b"\x28\xb5\x2f\xfd", "zstd"),
    (b"\x89PNG", "a PNG image"),
    (b"\xff\xd8\xff", "a JPEG image"),
    (b"%PDF", "a PDF document"),
    (b"PK\x03\x04", "a ZIP archive"),
    (b"\x93NUMPY", "a NumPy array"),
    (b"Obj\x01", "Avro"),
    (b"ORC", "ORC"),
    (b"SQLite format 3", "an SQLite database"),
    (b"version https://git-lfs", "a Git LFS pointer"),
    (b"<!DOCTYPE", "an HTML page"),
    (b"<html", "an HTML page"),
    (b"\xff\xfe", "UTF-16 text"),
    (b"\xfe\xff", "UTF-16 text"),
)


def looks_like(head: bytes) -> str | None:
    """Return what a file is by its first bytes, None where they do not tell; nothing is run."""
    if len(head) > 1 and head[0] == 0x80 and 2 <= head[1] <= 5:
        return "a Python pickle (never opened)"
    return next((kind for magic, kind in _SIGNATURES if head.startswith(magic)), None)


@contextmanager
def plain_failures(subject: str, file: VerifiedFile | None = None) -> Iterator[None]:
    """Turn a decoder's exception into one InputError line about ``subject``.

    Product errors pass through; where ``file`` refused changed bytes, its IntegrityError is what
    is raised, whatever the decoder made of it.

    Raises:
        InputError: for a failure inside Arrow, zlib, zstd, UTF-8 decoding or the file system.
        IntegrityError: when ``file`` met bytes that are not those recorded.
    """
    try:
        yield
    except ProvenderError:
        raise
    except _DECODER_FAILURES as error:
        if file is not None and file.failure is not None:
            raise file.failure from error
        raise InputError(subject, _cause(error), _mend(error)) from error


def _cause(error: Exception) -> str:
    if isinstance(error, FileNotFoundError):
        return "no such file"
    if isinstance(error, PermissionError):
        return "no permission to read it"
    if isinstance(error, MemoryError):
        return "asks for more memory than there is"
    if isinstance(error, EOFError):
        return "ends in the middle of its compressed data"
    # Arrow's messages may run over several lines and quote data; the first line says what.
    first = next((line.strip() for line in str(error).splitlines() if line.strip()), "")
    plain = "".join(c if c.isprintable() else "?" for c in first).rstrip(" .")
    return f"cannot be decoded ({plain[:160] or type(error).__name__})"


def _mend(error: Exception) -> str:
    if isinstance(error, FileNotFoundError | PermissionError):
        return "check the path and its permissions"
    return "restore the file from its source or write it again"
