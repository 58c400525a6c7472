"""Sealed shards as an fsspec file system: pandas, pyarrow, datasets and others read through it."""

from __future__ import annotations

import errno
import posixpath
from functools import cached_property
from typing import Any

from fsspec import AbstractFileSystem

from provender.provenance.reading.file import SealedFile
from provender.provenance.reading.shards import SealedShards

PROTOCOL = "provender"


class VerifiedFileSystem(AbstractFileSystem):  # type: ignore[misc]
    """Read-only; holds exactly the sealed names, from the manifest and never from the disk.

    A name that is not sealed does not exist here, whatever lies on the disk; of one that is, only
    bytes that were compared with the seal are served.

    Args:
        shards: what `open_verified` made; without it, the other arguments are passed there, so that
            addresses ``provender://NAME`` work with these as storage options, or with none where
            the environment names data, seal and trust file.

    Raises:
        FileNotFoundError: for a name that was not sealed.
        BrokenTrustError: for a shard that is not as sealed.
        OSError: with errno EROFS for whatever would write.
    """

    protocol = PROTOCOL
    root_marker = ""
    # An instance is bound to one seal: fsspec would hand out one that was made by equal arguments.
    cachable = False

    def __init__(
        self,
        shards: SealedShards | None = None,
        *,
        data: Any = None,
        seal: Any = None,
        trust: Any = None,
        last_seen: Any = None,
        receipt: Any = None,
        **options: Any,
    ) -> None:
        super().__init__(**options)
        if shards is None:
            from provender.provenance.reading.opening import open_verified

            shards = open_verified(data, seal, trust, last_seen, receipt).shards
        self.shards = shards

    def __reduce__(self) -> tuple[type[VerifiedFileSystem], tuple[SealedShards]]:
        return VerifiedFileSystem, (self.shards,)

    def __eq__(self, other: object) -> bool:
        if not isinstance(other, VerifiedFileSystem):
            return False
        mine, theirs = self.shards, other.shards
        return (mine.root, mine.seal) == (theirs.root, theirs.seal)

    def __hash__(self) -> int:
        return hash((self.shards.root, self.shards.seal))

    @property
    def fsid(self) -> str:
        """The seal: two file systems over one seal hold the same bytes."""
        return f"{PROTOCOL}-{self.shards.seal}"

    def info(self, path: str, **_: Any) -> dict[str, Any]:
        """Return name, type and size; of a shard also its ``sha256``, which is its ETag as well."""
        name = self._strip_protocol(path)
        entry = self.shards.entries.get(name)
        if entry is not None:
            digest = {"sha256": entry.sha256, "ETag": entry.sha256}
            return {"name": name, "type": "file", "size": entry.size, **digest}
        if name in self._folders:
            return {"name": name, "type": "directory", "size": 0}
        raise FileNotFoundError(errno.ENOENT, "was not sealed", path)

    def ls(self, path: str, detail: bool = True, **_: Any) -> list[Any]:
        """List a folder of the manifest, or one shard."""
        found = self.info(path)
        below = self._folders[found["name"]] if found["type"] == "directory" else [found["name"]]
        return [self.info(name) for name in below] if detail else list(below)

    def ukey(self, path: str) -> str:
        """Return the SHA-256 of a shard: caches that ask for it keep no other bytes for it."""
        return str(self.info(path).get("sha256", ""))

    def invalidate_cache(self, path: str | None = None) -> None:
        """Do nothing: a seal does not change."""

    def _open(self, path: str, mode: str = "rb", **_: Any) -> SealedFile:
        if mode != "rb":
            raise _read_only(path)
        name = self._strip_protocol(path)
        found = self.info(path)
        if found["type"] == "directory":
            raise IsADirectoryError(errno.EISDIR, "is a folder", path)
        return SealedFile(self.shards, name)

    def _refuse(self, path: Any = "", *_: Any, **__: Any) -> None:
        raise _read_only(path)

    mkdir = makedirs = rmdir = rm = rm_file = _rm = cp_file = mv = _refuse
    touch = pipe_file = put_file = _refuse

    @cached_property
    def _folders(self) -> dict[str, list[str]]:
        folders: dict[str, list[str]] = {"": []}
        for name in self.shards.entries:
            child, parent = name, posixpath.dirname(name)
            while parent not in folders:
                folders[parent] = [child]
                child, parent = parent, posixpath.dirname(parent)
            folders[parent].append(child)
        return folders


def _read_only(path: Any) -> OSError:
    return OSError(errno.EROFS, "sealed data are read-only", str(path))
