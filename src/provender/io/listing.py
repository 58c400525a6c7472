"""The files behind one input: a file, a folder or a glob, local or on any fsspec file system."""

from __future__ import annotations

import glob
import os
import posixpath
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from fsspec.core import url_to_fs

from provender.errors import InputError, NothingCheckedError, ProvenderError


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
        if given.startswith("file://") or "://" not in given:
            path = Path(given.removeprefix("file://")).expanduser()
            listing = _list_local(os.path.abspath(path))  # noqa: PTH100  keeps links as they are
        else:
            listing = _list_remote(given)
    except ProvenderError:
        raise
    except FileNotFoundError as error:
        raise InputError(given, "no such file or folder", "check the path") from error
    except PermissionError as error:
        raise InputError(given, f"no permission to read {error.filename}", "grant it") from error
    except Exception as error:  # every remote store brings exception types of its own
        cause = str(error).splitlines()[0] if str(error) else type(error).__name__
        raise InputError(
            given,
            f"cannot be listed ({cause})",
            "check the address and your credentials",
        ) from error
    if not listing.files:
        what = "matches no file" if glob.has_magic(given) else "holds no file"
        raise NothingCheckedError(given, what, "check the path")
    return listing


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
        for file in _files_under(Path(match), root):
            files[str(file)] = file.stat().st_size
    return Listing("file://", root, tuple(files.items()))


def _files_under(path: Path, root: str) -> Iterator[Path]:
    if path.is_dir():
        for entry in sorted(path.iterdir()):
            if entry.is_symlink():
                _check_links(str(entry), root)
            yield from _files_under(entry, root)
    elif path.is_file():
        yield path
    else:
        cause = "is no regular file (a device, a pipe or a socket)"
        raise InputError(str(path), cause, "move it out of the data")


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
    fs, path = url_to_fs(address)
    path = path.rstrip("/")
    try:
        found = {path: fs.info(path)}
    except FileNotFoundError:
        if not glob.has_magic(path):
            raise
        root, found = _fixed_part(path), fs.glob(path, detail=True)
    else:
        root = path if found[path]["type"] == "directory" else posixpath.dirname(path)
    files: dict[str, int] = {}
    for name, info in sorted(found.items()):
        inside = fs.find(name, detail=True) if info["type"] == "directory" else {name: info}
        for file, details in sorted(inside.items()):
            if details["type"] == "file":
                files[file] = _size(file, details)
    # A path comes back without its protocol; whatever precedes it in the full address is prefix.
    prefix = address.split("://", 1)[0] + "://"
    return Listing(prefix, root, tuple(files.items()))


def _size(path: str, details: dict[str, Any]) -> int:
    if details["size"] is None:
        raise InputError(path, "its store does not tell its size", "copy it to a disk first")
    return int(details["size"])


def _fixed_part(pattern: str) -> str:
    parts = pattern.split("/")
    first = next(i for i, part in enumerate(parts) if glob.has_magic(part))
    return "/".join(parts[:first]) or "/"
