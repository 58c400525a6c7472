"""Making seals: the manifest and its signed statement appear side by side."""

from __future__ import annotations

import datetime
import os
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

from provender.core.breach import BreachKind, told_as
from provender.core.envelope import Envelope
from provender.core.freshness import SealVersion
from provender.core.manifest import Manifest
from provender.core.statement import (
    MANIFEST_NAME,
    STATEMENT_PAYLOAD_TYPE,
    SealStatement,
    parse_seal_statement,
    payload_digest,
)
from provender.core.trust import PublicKey
from provender.errors import UsageError
from provender.io.outputs import OutputFolder
from provender.provenance.dsse import read_envelope, signed, signers

if TYPE_CHECKING:
    from securesystemslib.signer import Signer

    from provender.provenance.sealed import Sealed

#: Days after which a seal expires, where nothing else is asked for.
LASTS_DAYS = 365


def next_version(
    place: Path,
    series: str,
    sequence: int | None,
    expires: datetime.date | None,
    today: datetime.date,
    keys: Mapping[str, PublicKey],
) -> SealVersion:
    """Return the version of a seal that will stand at ``place``.

    A seal of the same series that stands there is the previous one: its digest is named, and the
    sequence goes on from it unless one is given.

    Args:
        keys: those that will sign; one of them must have signed what is gone on from.

    Raises:
        BrokenTrustError: when what stands there is no seal.
        UsageError: when the sequence would not grow, another series stands there, or a seal that
            anybody may have written.
    """
    lasts = expires or today + datetime.timedelta(days=LASTS_DAYS)
    if not os.path.lexists(place):
        return SealVersion(series, sequence or 1, None, lasts)
    envelope, statement = read_seal(place)
    before = statement.version
    if before.series != series:
        raise UsageError("--out", f"holds a seal of series {before.series!r}", "name another file")
    if sequence is not None and sequence <= before.sequence:
        raise UsageError(
            "--sequence",
            f"{sequence} is not above {before.sequence}, that of the seal in --out",
            "leave it out to go on from there",
        )
    if sequence is None and not signers(envelope, keys):
        raise UsageError(
            str(place), "is signed by none of these keys", "give --sequence, or another --out"
        )
    previous = payload_digest(envelope.payload)
    return SealVersion(series, sequence or before.sequence + 1, previous, lasts)


def successor_version(
    place: Path,
    before_place: Path,
    before: Sealed,
    expires: datetime.date | None,
    today: datetime.date,
) -> SealVersion:
    """Return the version after ``before``, which lies at ``before_place``.

    Raises:
        UsageError: when ``place`` is taken, or would overwrite what lies beside the seal before.
    """
    if os.path.lexists(place) or place.parent.resolve() == before_place.parent.resolve():
        cause = f"{place} is there already, or lies beside the seal before"
        raise UsageError("--out", cause, "name a file in a folder of its own")
    old, lasts = before.statement.version, expires or today + datetime.timedelta(days=LASTS_DAYS)
    return SealVersion(old.series, old.sequence + 1, before.digest, lasts)


def refuse_inside(place: Path, inputs: Sequence[str]) -> None:
    """Refuse a seal in the folder that it seals, where it would be a file that was never sealed.

    Raises:
        UsageError: when ``place`` lies there.
    """
    for given in inputs:
        folder = Path(given.removeprefix("file://")).expanduser()
        if folder.is_dir() and place.resolve().is_relative_to(folder.resolve()):
            raise UsageError("--out", f"{place} lies in {given}", "put the seal beside the data")


def read_seal(path: Path) -> tuple[Envelope, SealStatement]:
    """Return what a seal says, whoever signed it: only `trusted_seal` says that it counts.

    Raises:
        BrokenTrustError: when it is no seal.
        InputError: when it cannot be read.
    """
    envelope = read_envelope(path, STATEMENT_PAYLOAD_TYPE, "the seal", BreachKind.SEAL)
    with told_as(BreachKind.SEAL, "the seal", str(path)):
        return envelope, parse_seal_statement(envelope.payload)


def source_seals(paths: Sequence[Path]) -> tuple[tuple[str, str], ...]:
    """Return (file name, digest of the payload) of the seals that data were made from.

    Raises:
        BrokenTrustError, InputError: as `read_seal`.
    """
    return tuple((path.name, payload_digest(read_seal(path)[0].payload)) for path in paths)


def write_seal(
    place: Path,
    manifest: Manifest,
    statement: SealStatement,
    signing: Sequence[Signer],
    beside: Mapping[str, bytes],
) -> Envelope:
    """Write the manifest, what else lies beside and, last, the seal; return the seal.

    Args:
        place: the seal's path.
        beside: file name → content: evidence, sums of records.

    Raises:
        StoreError: when they cannot be written.
        UsageError: when ``place`` would be the manifest.
    """
    if place.name == MANIFEST_NAME or place.name in beside:
        raise UsageError("--out", f"{place.name} is taken", "name the seal otherwise")
    envelope = Envelope(statement.payload(), STATEMENT_PAYLOAD_TYPE)
    for signer in signing:
        envelope = signed(envelope, signer)
    with OutputFolder(str(place.parent)).staging(place.name) as draft:
        (draft / MANIFEST_NAME).write_bytes(manifest.canonical)
        for name, data in beside.items():
            (draft / name).write_bytes(data)
        (draft / place.name).write_bytes(envelope.to_bytes())
    return envelope
