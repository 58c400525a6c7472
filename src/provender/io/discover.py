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
    if not inputs:
        raise NothingCheckedError("inputs", "no file or folder was named", "name at least one")
    listings = [list_input(given) for given in inputs]
    root = _common_root(inputs, listings)
    shards: dict[str, ShardRef] = {}
    for listing in listings:
        for path, size in listing.files:
            name = posixpath.relpath(path, root or ".")
            if name in shards:
                raise InputError(name, "is named by two of the inputs", "name every file once")
            format_, compression = format_of(name)
            partition = partition_of(name)
            uri = listing.prefix + path
            shards[name] = ShardRef(name, uri, size, format_, compression, partition)
    check_names(sorted(shards))
    return [shards[name] for name in sorted(shards)]


def _common_root(inputs: Sequence[str], listings: Sequence[Listing]) -> str:
    if len({listing.prefix for listing in listings}) > 1:
        raise InputError(
            inputs[0], "the inputs lie on different file systems", "check one of them at a time"
        )
    if len(listings) == 1:
        return listings[0].root
    return posixpath.commonpath([listing.root for listing in listings])
