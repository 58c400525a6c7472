"""Results appear whole or not at all: all are written aside, then moved into place.

While results are replaced, `last` (the verdict) is taken away first and put back last, so
that no verdict ever stands beside documents it does not belong to.
"""

from __future__ import annotations

import contextlib
import os
import secrets
import shutil
from collections.abc import Iterator
from pathlib import Path

from provender.errors import StoreError, UsageError

_STAGING = ".provender-writing-"


class OutputFolder:
    """A local folder that results are published to."""

    def __init__(self, path: str) -> None:
        if "://" in path:
            raise UsageError("--out", f"{path!r} is an address", "name a local folder")
        self.path = Path(path)
        if os.path.isfile(path):  # noqa: PTH113  Path.is_file raises where it may not look
            raise UsageError("--out", f"{path!r} is a file", "name a folder")

    def read(self, name: str) -> bytes | None:
        """Return a document that was published earlier, or None."""
        try:
            return (self.path / name).read_bytes()
        except (FileNotFoundError, NotADirectoryError):
            return None
        except OSError as error:
            raise _unwritable(self.path / name, error, "be read") from error

    @contextlib.contextmanager
    def staging(self, last: str | None = None) -> Iterator[Path]:
        """Yield a folder to write into; on success its content replaces what stood here.

        Args:
            last: the document that vouches for the others.

        Raises:
            StoreError: when the folder cannot be written to.
        """
        try:
            self.path.mkdir(parents=True, exist_ok=True)
            for left in self.path.glob(f"{_STAGING}*"):
                if not _in_use(left):
                    shutil.rmtree(left, ignore_errors=True)
            draft = self.path / f"{_STAGING}{os.getpid()}-{secrets.token_hex(6)}"
            draft.mkdir()
        except OSError as error:
            raise _unwritable(self.path, error) from error
        try:
            yield draft
            if last is not None:
                (self.path / last).unlink(missing_ok=True)
            for item in sorted(draft.iterdir(), key=lambda i: (i.name == last, i.name)):
                _move(item, self.path / item.name)
        except OSError as error:
            raise _unwritable(self.path, error) from error
        finally:
            shutil.rmtree(draft, ignore_errors=True)


def write_whole(path: str, text: str) -> None:
    """Write one file whole or not at all: what stood there stays until then.

    Raises:
        StoreError: when it cannot be written.
    """
    place = Path(path)
    draft = place.with_name(f"{_STAGING}{secrets.token_hex(6)}")
    try:
        place.parent.mkdir(parents=True, exist_ok=True)
        draft.write_text(text, "utf-8")
        draft.replace(place)
    except OSError as error:
        cause = f"cannot be written ({error.strerror or error})"
        raise StoreError(path, cause, "free space there or name another file") from error
    finally:
        with contextlib.suppress(OSError):
            draft.unlink()


def _in_use(draft: Path) -> bool:
    """Return whether the process that made a draft still runs (on this machine)."""
    owner = draft.name.removeprefix(_STAGING).partition("-")[0]
    try:
        os.kill(int(owner), 0)
    except (ValueError, OverflowError, ProcessLookupError):
        return False
    except PermissionError:
        return True
    return True


def _move(item: Path, place: Path) -> None:
    if place.is_dir() and not place.is_symlink():
        shutil.rmtree(place)
    item.replace(place)


def _unwritable(path: Path, error: OSError, what: str = "be written") -> StoreError:
    return StoreError(
        str(path), f"cannot {what} ({error.strerror or error})", "free space or permissions there"
    )
