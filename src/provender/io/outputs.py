"""Results appear whole or not at all: all are written aside, then moved into place.

While results are replaced, `last` (the verdict) is taken away first and put back last, so
that no verdict ever stands beside documents it does not belong to.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, BinaryIO, TypeVar

from provender.core.canonical import pretty_pieces
from provender.errors import StoreError, UsageError
from provender.io import objects
from provender.io.remote import first_line
from provender.io.storage import (
    WRITING,
    file_system,
    is_address,
    joined,
    local_path,
    open_file,
    read_whole,
    whole_file,
)

Found = TypeVar("Found")


class OutputFolder:
    """A folder that results are published to: a local path or an fsspec address."""

    def __init__(self, uri: str | Path) -> None:
        self.uri = str(uri)
        self.remote = is_address(self.uri)
        if self.remote:
            try:
                file_system(self.uri)
            except (ValueError, ImportError) as error:
                cause = f"{self.uri!r} cannot be used ({first_line(error)})"
                raise UsageError("--out", cause, "name a folder or another address") from error
        elif os.path.isfile(local_path(self.uri)):  # noqa: PTH113  Path.is_file raises where it may not look
            raise UsageError("--out", f"{self.uri!r} is a file", "name a folder")

    def place(self, name: str) -> str:
        """Return the path or address of a document."""
        return joined(self.uri, name) if self.remote else str(local_path(self.uri) / name)

    def read(self, name: str) -> bytes | None:
        """Return a document that was published earlier, or None.

        Raises:
            StoreError: when it cannot be read.
        """
        return self._found(read_whole, name)

    def open(self, name: str) -> BinaryIO | None:
        """Open a document that was published earlier, or return None.

        Raises:
            StoreError: when it cannot be read.
        """
        return self._found(open_file, name)

    @contextlib.contextmanager
    def staging(self, last: str | None = None) -> Iterator[Path]:
        """Yield a local folder to write into; on success its content replaces what stood here.

        Args:
            last: the document that vouches for the others.

        Raises:
            StoreError: when the folder cannot be written to.
        """
        home = Path(tempfile.gettempdir()) if self.remote else local_path(self.uri)
        draft = home / f"{WRITING}{os.getpid()}-{secrets.token_hex(6)}"
        try:
            home.mkdir(parents=True, exist_ok=True)
            for left in home.glob(f"{WRITING}*"):
                if not _in_use(left):
                    shutil.rmtree(left, ignore_errors=True)
            draft.mkdir(mode=0o700 if self.remote else 0o777)
            if self.remote:
                objects.reserve(self.uri, draft.name)
        except OSError as error:
            shutil.rmtree(draft, ignore_errors=True)
            raise self._failure(self.uri, error) from error
        try:
            yield draft
            if self.remote:
                objects.publish(draft, self.uri, last)
            else:
                self._publish(draft, last)
        except OSError as error:
            raise self._failure(self.uri, error) from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)
            if self.remote:
                objects.release(self.uri, draft.name)

    def shared(self, draft: Path, name: str) -> str:
        """Return where workers, on whatever machine, write the folder ``name`` of a draft."""
        if self.remote:
            return objects.shared(self.uri, draft.name, name)
        return str((draft / name).resolve())

    def _found(self, read: Callable[[str], Found], name: str) -> Found | None:
        try:
            return read(self.place(name))
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise self._failure(self.place(name), error, "be read") from error

    def _publish(self, draft: Path, last: str | None) -> None:
        folder = local_path(self.uri)
        if last is not None:
            (folder / last).unlink(missing_ok=True)
        for item in sorted(draft.iterdir(), key=lambda i: (i.name == last, i.name)):
            _move(item, folder / item.name)

    def _failure(self, place: str, error: OSError, what: str = "be written") -> StoreError:
        mend = "free space or permissions there"
        if self.remote:
            mend = "check the address, its endpoint, your credentials and the room in TMPDIR"
        return StoreError(place, f"cannot {what} ({first_line(error)})", mend)


def write_json(path: Path, value: Any) -> None:
    """Write a document into a draft, piece by piece: its text is never whole in memory."""
    with path.open("w", encoding="utf-8") as file:
        file.writelines(pretty_pieces(value))


def write_whole(path: str, text: str) -> None:
    """Write one local file whole or not at all: what stood there stays until then.

    Raises:
        StoreError: when it cannot be written.
    """
    if is_address(path):
        raise UsageError(path, "is an address", "name a local file")
    try:
        with whole_file(path) as draft:
            draft.write_text(text, "utf-8")
    except OSError as error:
        cause = f"cannot be written ({error.strerror or error})"
        raise StoreError(path, cause, "free space there or name another file") from error


def _in_use(draft: Path) -> bool:
    """Return whether the process that made a draft still runs (on this machine)."""
    owner = draft.name.removeprefix(WRITING).partition("-")[0]
    try:
        return objects.running(int(owner))
    except ValueError:
        return False


def _move(item: Path, place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    item.replace(place)
