"""From what the user names to the shards of a data set: nothing is ignored in silence."""

from __future__ import annotations

import posixpath
from collections.abc import Sequence

from provender.core.shard import ShardRef
from provender.errors import InputError, NothingCheckedError
from provender.io.listing import Listing, list_input
from provender.io.names import check_names, format_of, partition_of


def discover(inputs: Sequence[str]) -> list[ShardRef]:
    """Return the shards that ``inputs`` name, sorted by name.

    A shard's name is its POSIX path relative to the one input folder, to the part of a glob
    before its first wildcard, or, with several inputs, to the deepest folder that holds them all.

    Args:
        inputs: files, folders (read to any depth) and globs, as paths or fsspec addresses.

    Raises:
        InputError: when a path is missing or may not be read, a file is of no known format, a
            link leaves its folder or runs in a circle, or a name is not portable (docs/reading.md).
        NothingCheckedError: when an input holds or matches no file.
    """
    shards = [shard_ref(name, *where) for name, where in sorted(named_files(inputs).items())]
    check_names([shard.name for shard in shards])
    return shards


def named_files(inputs: Sequence[str]) -> dict[str, tuple[str, int]]:
    """Return (address, bytes) of all files that ``inputs`` name, by shard name, whatever they are.

    Raises:
        InputError, NothingCheckedError: as `discover`, formats and names apart.
    """
    if not inputs:
        raise NothingCheckedError("inputs", "no file or folder was named", "name at least one")
    listings = [list_input(given) for given in inputs]
    root = _common_root(inputs, listings)
    files: dict[str, tuple[str, int]] = {}
    for listing in listings:
        local = listing.prefix == "file://"  # such paths are absolute and normal already
        inside = f"{root.rstrip('/')}/"
        for path, size in listing.files:
            plain = local and path.startswith(inside)
            name = path[len(inside) :] if plain else posixpath.relpath(path, root or ".")
            if name in files:
                raise InputError(name, "is named by two of the inputs", "name every file once")
            files[name] = (listing.prefix + path, size)
    return files


def shard_ref(name: str, uri: str, size: int) -> ShardRef:
    """Return a shard as its name tells it.

    Raises:
        InputError: when the name is of no known format.
    """
    format_, compression = format_of(name)
    return ShardRef(name, uri, size, format_, compression, partition_of(name))


def _common_root(inputs: Sequence[str], listings: Sequence[Listing]) -> str:
    if len({listing.prefix for listing in listings}) > 1:
        raise InputError(
            inputs[0], "the inputs lie on different file systems", "check one of them at a time"
        )
    if len(listings) == 1:
        return listings[0].root
    return posixpath.commonpath([listing.root for listing in listings])
