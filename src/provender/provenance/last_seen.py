"""What a verifier has accepted before: kept where no writer of data or seals can write."""

from __future__ import annotations

from pathlib import Path

from provender.core.breach import BreachKind, told_as
from provender.core.canonical import pretty_json
from provender.core.freshness import LastSeen, parse_last_seen
from provender.io.outputs import write_whole
from provender.provenance.files import read_document

_MAX_BYTES = 2**20


def read_last_seen(path: Path) -> LastSeen | None:
    """Return what was seen; None where the file does not exist yet.

    Raises:
        BrokenTrustError: when it is not as it was written: nothing is accepted then.
        InputError: when it is there but cannot be read.
    """
    if not path.exists() and not path.is_symlink():
        return None
    data = read_document(path, _MAX_BYTES)
    with told_as(BreachKind.LAST_SEEN, "the record of what was seen", str(path)):
        return parse_last_seen(data)


def write_last_seen(path: Path, seen: LastSeen) -> None:
    """Keep what has been accepted now.

    Raises:
        StoreError: when it cannot be written.
    """
    write_whole(str(path), pretty_json(seen.to_json()))
