"""A folder that nothing is opened outside of, whatever links somebody put into it."""

from __future__ import annotations

import errno
import os
import stat
from collections.abc import Callable, Iterator, Sequence
from pathlib import Path
from typing import BinaryIO

from provender.errors import InputError, IntegrityError, ProvenderError

_HOPS = 40
_DIRECTORY = os.O_RDONLY | os.O_DIRECTORY | os.O_NOFOLLOW | os.O_CLOEXEC
#: Non-blocking, so that a pipe nobody writes to does not hang; it is refused afterwards.
_FILE = os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC


class Place:
    """A folder, and what may be read in it.

    Links are resolved name by name without following them, so what lies outside is not even looked
    at; then every folder on the way is opened without following links, so that none can be put in
    between.

    Args:
        root: the folder.
        also: further folders that links in it may lead to.
    """

    def __init__(self, root: Path, also: Sequence[Path] = ()) -> None:
        self.root = Path(os.path.realpath(root))
        #: (as named, as it is): links are written with either.
        self._roots = [(Path(os.path.abspath(p)), Path(os.path.realpath(p))) for p in (root, *also)]  # noqa: PTH100

    def open(self, name: str) -> BinaryIO:
        """Open a regular file.

        Raises:
            FileNotFoundError: when there is none.
            IntegrityError: when it is, or lies behind, a link that leads out, or no regular file.
            InputError: when it cannot be read.
        """
        descriptor = self._open(name, _FILE)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise IntegrityError(name, "is no regular file", "move it away")
        return os.fdopen(descriptor, "rb")

    def read(self, name: str, most: int) -> bytes | None:
        """Return a file's bytes, None where there is no such file.

        Raises:
            IntegrityError, InputError: as ``open``; and for more than ``most`` bytes.
        """
        try:
            with self.open(name) as file:
                raw = file.read(most + 1)
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unreadable(name, error) from error
        if len(raw) > most:
            raise InputError(name, f"is larger than {most:,} bytes", "see docs/dvc.md")
        return raw

    def is_folder(self, name: str) -> bool | None:
        """Return whether ``name`` is a folder, None where there is nothing.

        Raises:
            IntegrityError, InputError: as ``open``.
        """
        try:
            base, parts = self._resolve(name)
            found = os.lstat(base.joinpath(*parts))
        except FileNotFoundError:
            return None
        except OSError as error:
            raise _unreadable(name, error) from error
        return stat.S_ISDIR(found.st_mode)

    def real(self, name: str) -> Path:
        """Return where ``name`` lies, without links.

        Raises:
            IntegrityError: when it is a link that leads out.
        """
        base, parts = self._resolve(name)
        return base.joinpath(*parts)

    def files(self, name: str, problem: Callable[[ProvenderError], None]) -> Iterator[str]:
        """Yield all files below the folder ``name``, sorted within each folder, hidden ones too.

        Links are followed while they stay inside; one that does not, runs in a circle or leads
        nowhere, a special file and an unreadable folder are given to ``problem``.
        """
        todo: list[tuple[str, frozenset[Path]]] = [(name, frozenset())]
        while todo:
            folder, above = todo.pop()
            try:
                base, parts = self._resolve(folder)
                real = base.joinpath(*parts)
                if real in above:
                    raise IntegrityError(folder, "is a link that runs in a circle", "remove it")
                entries = self.entries(folder)
            except FileNotFoundError:
                problem(IntegrityError(folder, "is a link that leads nowhere", "remove it"))
                continue
            except ProvenderError as error:
                problem(error)
                continue
            below: list[tuple[str, frozenset[Path]]] = []
            for entry in entries:
                path = f"{folder}/{entry.name}" if folder else entry.name
                try:
                    is_folder = (
                        self.is_folder(path)
                        if entry.is_symlink()
                        else entry.is_dir(follow_symlinks=False)
                    )
                    if is_folder is None:
                        cause = "is a link that leads nowhere"
                        raise IntegrityError(path, cause, "remove it")
                except ProvenderError as error:
                    problem(error)
                    continue
                if is_folder:
                    below.append((path, above | {real}))
                else:
                    yield path
            todo += reversed(below)

    def entries(self, name: str) -> list[os.DirEntry[str]]:
        """Return what a folder holds, sorted by name.

        Raises:
            FileNotFoundError: when there is none.
            IntegrityError, InputError: as ``open``.
        """
        descriptor = self._open(name, _DIRECTORY)
        try:
            with os.scandir(descriptor) as found:
                entries = sorted(found, key=lambda entry: entry.name)
                for entry in entries:
                    entry.is_dir(follow_symlinks=False)  # asks now, while the folder is open
                return entries
        finally:
            os.close(descriptor)

    def _open(self, name: str, flags: int) -> int:
        try:
            base, parts = self._resolve(name)
            here = os.open(base, _DIRECTORY)
            try:
                for part in parts[:-1]:
                    below = os.open(part, _DIRECTORY, dir_fd=here)
                    os.close(here)
                    here = below
                return os.open(parts[-1] if parts else ".", flags, dir_fd=here)
            finally:
                os.close(here)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise _unreadable(name, error) from error

    def _resolve(self, name: str) -> tuple[Path, list[str]]:
        """Return (root, names below it) with all links resolved; nothing is followed."""
        base, done = self.root, list[str]()
        todo = name.split("/")[::-1]
        if name.startswith("/") or "\0" in name:
            raise IntegrityError(name, "is no path inside the repository", "mend the record")
        hops = 0
        while todo:
            part = todo.pop()
            if part in ("", "."):
                continue
            if part == "..":
                if not done:
                    raise _leads_out(name)
                done.pop()
                continue
            try:
                target = os.readlink("/".join([str(base), *done, part]))  # noqa: PTH115  fast
            except OSError as error:
                if error.errno == errno.EINVAL:  # no link
                    done.append(part)
                    continue
                raise
            hops += 1
            if hops > _HOPS:
                raise IntegrityError(name, "is a link that runs in a circle", "remove it")
            if target.startswith("/"):
                base, target = self._inside(name, target)
                done = []
            todo += target.split("/")[::-1]
        return base, done

    def _inside(self, name: str, target: str) -> tuple[Path, str]:
        for shown, real in self._roots:
            for root in (shown, real):
                if target == str(root) or target.startswith(f"{root}/"):
                    return real, target[len(str(root)) + 1 :]
        raise _leads_out(name)


def _leads_out(name: str) -> IntegrityError:
    return IntegrityError(name, "is a link or path that leads out of its folder", "remove it")


def _unreadable(name: str, error: OSError) -> ProvenderError:
    return InputError(name, f"cannot be read ({error.strerror or error})", "see to its permissions")
