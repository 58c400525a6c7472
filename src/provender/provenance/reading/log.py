"""What a process has read: a line for each chunk, written before a byte of it is handed out.

Each process appends to a file of its own, so that nothing is lost where a DataLoader's workers are
killed, and none waits for another. provenance/receipt.py makes a receipt of a folder of them.
"""

from __future__ import annotations

import json
import os
import secrets
from collections.abc import Iterator
from pathlib import Path

from provender.core.strict_json import strict_json
from provender.errors import InputError, StoreError

READS_VERSION = "provender-reads/1"
_SUFFIX = ".reads"
_MAX_LINE = 2**16
_MAX_VALUES = 10


class ReadLog:
    """Appends to a new file in ``folder``.

    Args:
        seal: ``sha256:<hex>`` of the payload of the seal that the data are read under.

    Raises:
        StoreError: here or later, when it cannot be written: nothing is served then.
    """

    def __init__(self, folder: str, seal: str) -> None:
        path = Path(folder) / f"{os.getpid()}-{secrets.token_hex(6)}{_SUFFIX}"
        self._path, self._noted = path, set[tuple[str, int]]()
        try:
            path.parent.mkdir(parents=True, exist_ok=True)
            flags = os.O_WRONLY | os.O_APPEND | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
            self._handle = os.open(path, flags, 0o600)
        except OSError as error:
            raise self._unwritable(error) from error
        self._append({"version": READS_VERSION, "seal": seal})

    def note(self, shard: str, chunk: int) -> None:
        """Write down that a chunk is about to be handed out, unless it was before."""
        if (shard, chunk) not in self._noted:
            self._append([shard, chunk])
            self._noted.add((shard, chunk))

    def _append(self, value: object) -> None:
        line = (json.dumps(value) + "\n").encode()
        try:
            if os.write(self._handle, line) != len(line):
                raise OSError(None, "no space left")
        except OSError as error:
            raise self._unwritable(error) from error

    def _unwritable(self, error: OSError) -> StoreError:
        cause = f"cannot be written ({error.strerror or error})"
        return StoreError(str(self._path), cause, "free space or permissions there")


def logged_reads(folder: Path, seal: str) -> dict[str, set[int]]:
    """Return the chunks that were read, by shard, over all processes.

    Raises:
        InputError: when a file is not a log of reads under ``seal``.
    """
    reads: dict[str, set[int]] = {}
    for path in sorted(folder.glob(f"*{_SUFFIX}")):
        lines = _lines(path)
        if next(lines, None) != {"version": READS_VERSION, "seal": seal}:
            raise _other(path, "is no log of reads under this seal")
        for value in lines:
            match value:
                case [str(shard), chunk] if type(chunk) is int and chunk >= 0:
                    reads.setdefault(shard, set()).add(chunk)
                case _:
                    raise _other(path, "has a line that the reader did not write")
    return reads


def _lines(path: Path) -> Iterator[object]:
    try:
        if not path.is_file() or path.is_symlink():
            raise _other(path, "is no regular file")
        with path.open("rb") as file:
            while line := file.readline(_MAX_LINE):
                if not line.endswith(b"\n"):
                    if len(line) < _MAX_LINE:  # cut off while it was written: nothing was served
                        return
                    raise _other(path, "has a line that the reader did not write")
                yield strict_json(line, str(path), _MAX_LINE, _MAX_VALUES)
    except (OSError, ValueError) as error:
        raise _other(path, f"cannot be read ({error})") from error


def _other(path: Path, cause: str) -> InputError:
    return InputError(str(path), cause, "train again with an empty folder")
