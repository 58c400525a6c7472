"""What DVC's files vouch for: a path and its MD5."""

from __future__ import annotations

import posixpath
import re
from collections.abc import Collection
from dataclasses import dataclass
from typing import Any, NoReturn

from provender.errors import InputError, IntegrityError
from provender.io.names import check_names

_MD5 = re.compile(r"[0-9a-f]{32}(\.dir)?")
_MOST_NAME = 4096
_URL = re.compile(r"[A-Za-z][A-Za-z0-9+.-]*://")
#: Keys of an output or dependency, as of DVC 3.67.
_SUMS = frozenset(["md5", "checksum", "etag"])
_META = frozenset(["size", "nfiles", "isexec", "version_id", "cloud"])
_FILE_KEYS = _SUMS | _META | {"relpath"}
_KEYS = _SUMS | _META | {"path", "hash", "files", "fs_config"}
_OUT_KEYS = _KEYS | {"cache", "metric", "plot", "persist", "remote", "push"}
_OUT_KEYS |= {"desc", "type", "labels", "meta"}
_DEP_KEYS = _KEYS | {"repo", "db", "dataset"}


@dataclass(frozen=True)
class Record:
    """One output or dependency.

    Attributes:
        path: relative to the repository's root.
        md5: 32 hex digits, with '.dir' behind them for a folder; None where none is recorded.
        source: who says so, for messages: 'data.dvc' or 'dvc.lock (train)'.
        is_output: an output, which DVC restores; else a dependency, which it compares.
        legacy: recorded by DVC 2, whose MD5 of a text is that with Unix line ends.
        size: bytes, where recorded for a file.
        cached, pushed: whether DVC keeps it in its cache, and in remotes.
        remote: name of the only remote it is pushed to.
        files: name → MD5 of a folder's files, where they are listed in place.
    """

    path: str
    md5: str | None
    source: str
    is_output: bool
    legacy: bool = False
    size: int | None = None
    cached: bool = True
    pushed: bool = True
    remote: str | None = None
    files: tuple[tuple[str, str], ...] | None = None

    @property
    def is_folder(self) -> bool:
        return self.files is not None or (self.md5 or "").endswith(".dir")


@dataclass(frozen=True)
class Elsewhere:
    """A dependency or output that lies outside the repository: never touched."""

    path: str
    source: str


def record_of(value: Any, folder: str, source: str, is_output: bool) -> Record | Elsewhere:
    """Read one entry of `outs` or `deps`; its path is relative to ``folder``.

    Raises:
        InputError: when it is of no known form.
        IntegrityError: when it is an output outside the repository, or has a name no file may have.
    """
    entry = mapping(value, _OUT_KEYS if is_output else _DEP_KEYS, source)
    given = text(entry.get("path"), "path", source)
    if "repo" in entry or "db" in entry or "dataset" in entry or _URL.match(given):
        if is_output:
            refuse_name(given, "is an output outside the repository", source)
        return Elsewhere(given, source)
    path = inside(given, folder)
    if path is None:
        if is_output:
            refuse_name(given, "is an output outside the repository", source)
        return Elsewhere(given, source)
    if path:
        named(path, source)
    files, size, remote = entry.get("files"), entry.get("size"), entry.get("remote")
    return Record(
        path,
        _md5(entry.get("md5"), source),
        source,
        is_output,
        legacy=entry.get("hash") is None and entry.get("md5") is not None,
        size=None if size is None else whole(size, "size", source),
        cached=flag(entry, "cache", source),
        pushed=flag(entry, "push", source),
        remote=None if remote is None else text(remote, "remote", source).lower(),
        files=None if files is None else _listed(files, source),
    )


def _listed(value: Any, source: str) -> tuple[tuple[str, str], ...]:
    found = []
    for item in items(value, "files", source):
        entry = mapping(item, _FILE_KEYS, source)
        md5 = _md5(entry.get("md5"), source)
        if md5 is None or md5.endswith(".dir"):
            raise malformed(source, "lists a file without an MD5")
        found.append((text(entry.get("relpath"), "relpath", source), md5))
    names(([name for name, _ in found]), source)
    return tuple(found)


def _md5(value: Any, source: str) -> str | None:
    if value is None:
        return None
    if not isinstance(value, str) or not _MD5.fullmatch(value):
        raise malformed(source, f"says md5: {str(value)[:80]!r}")
    return value


def inside(path: str, folder: str) -> str | None:
    """Return ``path``, relative to ``folder``, from the root; None where it leads out."""
    if path.startswith("/") or _URL.match(path):
        return None
    joined = posixpath.normpath(posixpath.join(folder, path))
    if joined == ".." or joined.startswith("../"):
        return None
    return "" if joined == "." else joined


def named(name: str, source: str) -> None:
    """Raise IntegrityError for a name that no file of a data set may have."""
    names([name], source)


def names(given: list[str], source: str) -> None:
    """Raise IntegrityError for names that no files of one data set may have, alone or together."""
    if any(len(name) > _MOST_NAME for name in given):
        refuse_name("a name", f"is longer than {_MOST_NAME:,} characters", source)
    try:
        check_names(given)
    except InputError as error:
        refuse_name(error.subject, error.cause, source)


def refuse_name(name: str, cause: str, source: str) -> NoReturn:
    raise IntegrityError(source, f"{name} {cause}", "find out who wrote it")


def malformed(source: str, cause: str) -> InputError:
    return InputError(source, cause, "restore it from git, or see docs/dvc.md")


def mapping(value: Any, known: Collection[str] | None, source: str) -> dict[str, Any]:
    """Return ``value`` if it is a mapping without keys other than ``known`` (None: any)."""
    if not isinstance(value, dict):
        raise malformed(source, "holds something else where a mapping belongs")
    if known is not None and (unknown := sorted(set(value) - set(known))):
        raise malformed(source, f"has an unknown key {unknown[0][:80]!r}")
    return value


def items(value: Any, key: str, source: str) -> list[Any]:
    """Return the list under ``key``; none is an empty one."""
    if value is None:
        return []
    if not isinstance(value, list):
        raise malformed(source, f"has something else than a list under {key!r}")
    return value


def text(value: Any, key: str, source: str) -> str:
    if not isinstance(value, str) or not value:
        raise malformed(source, f"has no text under {key!r}")
    return value


def whole(value: Any, key: str, source: str) -> int:
    if not isinstance(value, str) or not re.fullmatch(r"[0-9]{1,18}", value):
        raise malformed(source, f"has no whole number under {key!r}")
    return int(value)


def flag(entry: dict[str, Any], key: str, source: str) -> bool:
    """Return what ``key`` says; true where it says nothing."""
    value = entry.get(key)
    if value not in (None, "true", "false"):
        raise malformed(source, f"has neither true nor false under {key!r}")
    return value != "false"
