"""Bytes of a shard by their place, wherever it lies: safe between threads and across a fork."""

from __future__ import annotations

import io
import os
import stat
import threading
from pathlib import Path
from typing import Protocol

from provender.core.breach import Breach, BreachKind, BrokenTrustError, printable
from provender.errors import InputError
from provender.io.storage import open_raw

_LOCAL = "file://"


class Store(Protocol):
    """An open shard: nothing that it gives is believed."""

    size: int

    def read_into(self, start: int, target: memoryview) -> int:
        """Fill ``target`` with the bytes from ``start`` on; return how many there were.

        Raises:
            OSError, or what else the store raises, when they cannot be read.
        """

    def close(self) -> None:
        """Let go of the file."""


def open_store(root: str, name: str) -> Store:
    """Open the shard ``name`` below the address ``root``.

    Raises:
        BrokenTrustError: when it is missing: a sealed shard must be there.
        InputError: when it cannot be opened, or is no regular file.
    """
    try:
        if root.startswith(_LOCAL):
            return _LocalStore(Path(root.removeprefix(_LOCAL)) / name, name)
        return _RemoteStore(f"{root}/{name}", name)
    except FileNotFoundError as error:
        breach = Breach(BreachKind.SHARD_MISSING, f"{printable(name)}: is missing", name)
        raise BrokenTrustError(root.removeprefix(_LOCAL), [breach]) from error


class _LocalStore:
    """Reads by position (pread), so processes and threads that share the file share no place."""

    def __init__(self, path: Path, name: str) -> None:
        try:
            # A pipe in a shard's place must not be waited for.
            self._handle = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        except FileNotFoundError:
            raise
        except OSError as error:
            cause = f"cannot be opened ({error.strerror})"
            raise InputError(name, cause, "check its permissions") from error
        found = os.fstat(self._handle)
        if not stat.S_ISREG(found.st_mode):
            self.close()
            raise InputError(name, "is no regular file", "restore it from its source")
        self.size = found.st_size

    def read_into(self, start: int, target: memoryview) -> int:
        done = 0
        while done < len(target):
            count = os.preadv(self._handle, [target[done:]], start + done)
            if not count:
                break
            done += count
        return done

    def close(self) -> None:
        handle, self._handle = self._handle, -1
        if handle >= 0:
            os.close(handle)


class _RemoteStore:
    """One file of fsspec behind a lock; a forked process opens its own."""

    def __init__(self, uri: str, name: str) -> None:
        self._uri, self._name = uri, name
        self._open()
        self.size = int(self._raw.seek(0, io.SEEK_END))

    def _open(self) -> None:
        try:
            self._raw = open_raw(self._uri, self._name)
        except InputError as error:
            if isinstance(error.__cause__, FileNotFoundError):
                raise FileNotFoundError(self._uri) from error
            raise
        self._lock, self._process = threading.Lock(), os.getpid()

    def read_into(self, start: int, target: memoryview) -> int:
        if self._process != os.getpid():
            self._open()
        with self._lock:
            self._raw.seek(start)
            done = 0
            while done < len(target) and (piece := self._raw.read(len(target) - done)):
                target[done : done + len(piece)] = piece
                done += len(piece)
            return done

    def close(self) -> None:
        if self._process == os.getpid():
            self._raw.close()
