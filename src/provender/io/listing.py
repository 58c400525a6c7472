"""The files behind one input: a file, a folder or a glob, local or on any fsspec file system."""

from __future__ import annotations

import contextlib
import glob
import os
import posixpath
import stat
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from provender.errors import InputError, NothingCheckedError, ProvenderError
from provender.io.remote import first_line, plain_errors
from provender.io.storage import file_system, is_address, local_path

_LOCAL = "file://"


@dataclass(frozen=True)
class Listing:
    """Files with their sizes in bytes.

    Attributes:
        prefix: what stands before a path to make it an address, such as 'file://'.
        root: the folder that names are relative to.
        files: (path, size) pairs, every path once.
    """

    prefix: str
    root: str
    files: tuple[tuple[str, int], ...]


def list_input(given: str) -> Listing:
    """List what ``given`` names.

    Raises:
        InputError: when it is missing, may not be read, or holds a special file or a bad link.
        NothingCheckedError: when there is no file.
    """
    if "::" in given:
        raise InputError(given, "chained addresses are not read", "unpack the archive first")
    try:
        if is_address(given):
            with plain_errors():
                listing = _list_remote(given)
        else:
            path = local_path(given).expanduser()
            listing = _list_local(os.path.abspath(path))  # noqa: PTH100  keeps links as they are
    except ProvenderError:
        raise
    except FileNotFoundError as error:
        raise InputError(given, "no such file or folder", "check the path") from error
    except PermissionError as error:
        if is_address(given):
            cause = f"no permission to list it ({first_line(error)})"
            raise InputError(given, cause, "grant it, or give other credentials") from error
        raise InputError(given, f"no permission to read {error.filename}", "grant it") from error
    except OSError as error:
        raise InputError(
            given,
            f"cannot be listed ({first_line(error)})",
            "check the address and your credentials",
        ) from error
    if not listing.files:
        what = "matches no file" if glob.has_magic(given) else "holds no file"
        raise NothingCheckedError(given, what, "check the path")
    return listing


def root_of(inputs: Sequence[str]) -> str:
    """Return the address of the folder that shards' names are relative to, listing nothing.

    Raises:
        InputError: when an input is missing, its store cannot be reached, or they lie on several.
    """
    roots = [_root(given) for given in inputs]
    if len({prefix for prefix, _ in roots}) != 1:
        cause = "the inputs lie on different file systems"
        raise InputError(", ".join(inputs), cause, "open one of them at a time")
    prefix, first = roots[0]
    return prefix + (first if len(roots) == 1 else posixpath.commonpath([r for _, r in roots]))


def _root(given: str) -> tuple[str, str]:
    try:
        if given.startswith(_LOCAL) or "://" not in given:
            path = os.path.abspath(Path(given.removeprefix(_LOCAL)).expanduser())  # noqa: PTH100
            if Path(path).is_dir():
                return _LOCAL, path
            if os.path.lexists(path):
                return _LOCAL, posixpath.dirname(path)
            if glob.has_magic(path):
                return _LOCAL, _fixed_part(path)
            raise FileNotFoundError(path)
        fs, path = file_system(given)
        path = path.rstrip("/")
        if glob.has_magic(path):
            path = _fixed_part(path)
        elif fs.info(path)["type"] != "directory":
            path = posixpath.dirname(path)
        return given.split("://", 1)[0] + "://", path
    except FileNotFoundError as error:
        raise InputError(given, "no such file or folder", "check the path") from error
    except Exception as error:  # every remote store brings exception types of its own
        cause = str(error).splitlines()[0] if str(error) else type(error).__name__
        mend = "check the address and your credentials"
        raise InputError(given, f"cannot be reached ({cause})", mend) from error


def _list_local(path: str) -> Listing:
    root, matches = path, [path]
    if not os.path.lexists(path):
        if not glob.has_magic(path):
            raise FileNotFoundError(path)
        root = _fixed_part(path)
        matches = sorted(glob.glob(path, recursive=True, include_hidden=True))  # noqa: PTH207
    elif not Path(path).is_dir():
        root = posixpath.dirname(path)
    files: dict[str, int] = {}
    for match in matches:
        if match != root:
            _check_links(match.rstrip("/"), root)
        files.update(_files_under(match, root))
    return Listing("file://", root, tuple(files.items()))


def _files_under(path: str, root: str) -> Iterator[tuple[str, int]]:
    """Yield (path, bytes) of a file, or of all files in a folder."""
    status = os.stat(path)  # noqa: PTH116  100,000 files are listed: no objects for each
    if stat.S_ISDIR(status.st_mode):
        yield from _files_in(path, root)
    else:
        yield path, _regular(path, status)


def _files_in(folder: str, root: str) -> Iterator[tuple[str, int]]:
    with os.scandir(folder) as found:
        entries = sorted(found, key=lambda entry: entry.name)
    for entry in entries:
        if entry.is_symlink():
            _check_links(entry.path, root)
        if entry.is_dir():
            yield from _files_in(entry.path, root)
        else:
            yield entry.path, _regular(entry.path, entry.stat())


def _regular(path: str, status: os.stat_result) -> int:
    """Return the bytes of a regular file."""
    if not stat.S_ISREG(status.st_mode):
        cause = "is no regular file (a device, a pipe or a socket)"
        raise InputError(path, cause, "move it out of the data")
    return status.st_size


def _check_links(path: str, root: str) -> None:
    """Refuse links that leave ``root``, point nowhere or lead back to a folder on their own way."""
    seen = {os.path.realpath(root)}
    here = root
    real_root = os.path.realpath(root)
    for part in posixpath.relpath(path, root).split("/"):
        here = posixpath.join(here, part)
        real = os.path.realpath(here)
        if posixpath.commonpath([real, real_root]) != real_root:
            raise InputError(
                here, "is a link that leads out of the data's folder", "name what it points to"
            )
        if real in seen:
            raise InputError(here, "is a link that runs in a circle", "remove the link")
        if not os.path.exists(real):  # noqa: PTH110
            raise InputError(here, "is a link that points nowhere", "restore or remove it")
        seen.add(real)


def _list_remote(address: str) -> Listing:
    fs, path = file_system(address)
    prefix = address.split("://", 1)[0] + "://"
    try:
        found = {path: fs.info(path)}
    except FileNotFoundError:
        if not glob.has_magic(path):
            raise
        root, found = _fixed_part(path), fs.glob(path, detail=True)
        if not found:  # a glob in a bucket that does not exist matches nothing, without a word
            with contextlib.suppress(FileNotFoundError), plain_errors():
                fs.ls(root)
    else:
        root = path if found[path]["type"] == "directory" else posixpath.dirname(path)
    files: dict[str, int] = {}
    for name, info in sorted(found.items()):
        inside = fs.find(name, detail=True) if info["type"] == "directory" else {name: info}
        for file, details in sorted(inside.items()):
            if details["type"] == "file" and not _marks_folder(file, details):
                # Most stores leave the protocol out of their paths, http does not.
                files[_plain(file, root).removeprefix(prefix)] = _size(file, details)
    return Listing(prefix, root.removeprefix(prefix), tuple(files.items()))


def _marks_folder(path: str, details: dict[str, Any]) -> bool:
    """Return whether this is the empty object that consoles make for a folder."""
    return path.endswith("/") and details["size"] == 0


def _plain(path: str, root: str) -> str:
    """Refuse keys that mean one thing to a store and another to whoever reads it as a path."""
    name = path.removeprefix(root).removeprefix("/")
    # s3fs reads KEY?versionId=... as a version of KEY, which other readers would not.
    if posixpath.normpath(name) != name or name.startswith("/") or "?versionId=" in name:
        raise InputError(path, "is a key that is no plain path", "rename the object")
    return path


def _size(path: str, details: dict[str, Any]) -> int:
    if details["size"] is None:
        raise InputError(path, "its store does not tell its size", "copy it to a disk first")
    return int(details["size"])


def _fixed_part(pattern: str) -> str:
    parts = pattern.split("/")
    first = next(i for i, part in enumerate(parts) if glob.has_magic(part))
    return "/".join(parts[:first]) or "/"
