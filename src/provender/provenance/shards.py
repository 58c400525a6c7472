"""The data on disk against a manifest: every byte is read, no time, size or cache is trusted."""

from __future__ import annotations

import hashlib
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from io import BufferedReader
from typing import cast

from provender.core.entries import ShardEntry
from provender.core.manifest import Manifest
from provender.core.shard import ShardRef
from provender.errors import InputError
from provender.io.storage import open_raw
from provender.provenance.admission import Failure


def shard_failures(manifest: Manifest, refs: Sequence[ShardRef]) -> list[Failure]:
    """Return a failure for each shard that is missing, added or not the recorded bytes, by name.

    Shards are hashed by several threads, a small buffer each.

    Raises:
        InputError: when a shard cannot be read.
    """
    recorded = {entry.name: entry for entry in manifest.shards}
    found = {ref.name: ref for ref in refs}
    kept = [(found[name], recorded[name]) for name in sorted(recorded.keys() & found.keys())]
    with ThreadPoolExecutor() as threads:
        same = threads.map(_same_bytes, kept)
        changed = [ref.name for (ref, _), equal in zip(kept, same, strict=True) if not equal]
    failures = [_failure("changed", name) for name in changed]
    failures += [_failure("missing", name) for name in recorded.keys() - found.keys()]
    failures += [_failure("added", name) for name in found.keys() - recorded.keys()]
    return sorted(failures, key=lambda f: (f.shard or "", f.kind))


def _same_bytes(pair: tuple[ShardRef, ShardEntry]) -> bool:
    ref, entry = pair
    with open_raw(ref.uri, ref.name) as file:
        try:
            digest = hashlib.file_digest(cast(BufferedReader, file), "sha256")
            return digest.hexdigest() == entry.sha256
        except OSError as error:
            cause = f"cannot be read ({error.strerror or error})"
            raise InputError(ref.name, cause, "restore it from its source") from error


def _failure(what: str, name: str) -> Failure:
    # A manifest may have been written by anybody: no control characters reach a terminal.
    shown = name if name.isprintable() else ascii(name)
    says = {
        "changed": "its bytes are not those that were judged",
        "missing": "was judged, but is missing",
        "added": "was never judged",
    }[what]
    return Failure(f"shard-{what}", f"{shown}: {says}", name)
