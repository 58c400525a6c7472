"""From a seal, a trust file and what was seen before to a manifest that can be believed.

This is the only way from files to a trusted manifest; readers of sealed data start here.
"""

from __future__ import annotations

import datetime
from dataclasses import dataclass
from pathlib import Path

from provender.core.breach import Breach, BreachKind, BrokenTrustError, told_as
from provender.core.digest import sha256_hex
from provender.core.freshness import LastSeen, now_seen, seal_breaches
from provender.core.manifest import Manifest
from provender.core.statement import (
    MANIFEST_NAME,
    MAX_MANIFEST_BYTES,
    MAX_MANIFEST_VALUES,
    STATEMENT_PAYLOAD_TYPE,
    SealStatement,
    parse_seal_statement,
    payload_digest,
    summary_of,
)
from provender.core.strict_json import strict_json
from provender.core.trust import Trust
from provender.io.chunks import CHUNK_BYTES
from provender.provenance.dsse import read_envelope, signers
from provender.provenance.files import read_document
from provender.provenance.last_seen import read_last_seen, write_last_seen
from provender.provenance.trust import trusted


@dataclass(frozen=True)
class TrustedStatement:
    """What a seal says, when its signatures and freshness hold. Its manifest is not looked at.

    Attributes:
        statement: what the seal says.
        digest: ``sha256:<hex>`` of the seal's payload.
        signed_by: keyids of the sealing keys whose signature holds.
        trust: under which it holds.
        seen: what has been seen, this seal included; `remember` keeps it.
    """

    statement: SealStatement
    digest: str
    signed_by: tuple[str, ...]
    trust: Trust
    seen: LastSeen


@dataclass(frozen=True)
class Sealed(TrustedStatement):
    """A seal whose manifest holds as well. The data are not looked at yet.

    Attributes:
        manifest: what the data must be.
    """

    manifest: Manifest


def trusted_seal(
    seal: str | Path,
    trust: str | Path,
    last_seen: str | Path | None = None,
    today: datetime.date | None = None,
) -> Sealed:
    """Check a seal against a trust file, and the manifest beside it against the seal.

    Arguments and errors as `trusted_statement`.
    """
    found = trusted_statement(seal, trust, last_seen, today)
    manifest = sealed_manifest(Path(seal).parent / MANIFEST_NAME, found.statement)
    return Sealed(**vars(found), manifest=manifest)


def trusted_statement(
    seal: str | Path,
    trust: str | Path,
    last_seen: str | Path | None = None,
    today: datetime.date | None = None,
) -> TrustedStatement:
    """Check a seal against a trust file.

    Args:
        seal: the DSSE envelope; ``manifest.json`` lies in the same folder.
        trust: the trust file.
        last_seen: what `remember` kept; the file may not exist yet.
        today: the day in UTC; None for the clock's.

    Raises:
        BrokenTrustError: with one breach for each reason not to believe it.
        InputError: when a file cannot be read.
    """
    path, day = Path(seal), today or datetime.datetime.now(datetime.UTC).date()
    seen = None if last_seen is None else read_last_seen(Path(last_seen))
    file = trusted(Path(trust), seen, day)
    envelope = read_envelope(path, STATEMENT_PAYLOAD_TYPE, "the seal", BreachKind.SEAL)
    held = signers(envelope, file.trust.keys)
    if not held:  # nothing is read out of what no known key has signed
        why = "carries no signature" if not envelope.signatures else "is signed by no trusted key"
        raise BrokenTrustError(str(path), [Breach(BreachKind.SIGNATURE, f"the seal {why}")])
    with told_as(BreachKind.SEAL, "the seal", str(path)):
        statement = parse_seal_statement(envelope.payload)
    digest = payload_digest(envelope.payload)
    breaches = seal_breaches(file.trust, statement.version, digest, held, seen, day)
    if breaches:
        raise BrokenTrustError(str(path), breaches)
    return TrustedStatement(
        statement,
        digest,
        tuple(sorted(held & file.trust.seal[statement.version.series].keyids)),
        file.trust,
        now_seen(file.trust, file.digest, statement.version, digest, seen),
    )


def sealed_manifest(path: Path, statement: SealStatement) -> Manifest:
    """Return the manifest in a file, if its bytes are those that ``statement`` is about.

    They are compared before they are parsed: a manifest that nobody sealed is only hashed.

    Raises:
        BrokenTrustError: when they are not.
        InputError: when the file cannot be read.
    """
    size = statement.manifest_bytes
    if not 0 <= size <= MAX_MANIFEST_BYTES:
        cause = f"the seal is about a manifest of {size:,} bytes"
        raise BrokenTrustError(str(path), [Breach(BreachKind.MANIFEST, cause)])
    other = [Breach(BreachKind.MANIFEST, f"{MANIFEST_NAME} is not the one that was sealed")]
    if path.is_file() and path.stat().st_size != size:
        raise BrokenTrustError(str(path), other)
    data = read_document(path, size)
    if sha256_hex(data) != statement.manifest_sha256:
        raise BrokenTrustError(str(path), other)
    with told_as(BreachKind.MANIFEST, MANIFEST_NAME, str(path)):
        value = strict_json(data, str(path), MAX_MANIFEST_BYTES, MAX_MANIFEST_VALUES)
        manifest = Manifest.from_json(value, MANIFEST_NAME)
        if summary_of(manifest) != statement.summary:
            raise ValueError("the seal says other things about it")
        if manifest.made.get("chunk_bytes") != CHUNK_BYTES:
            raise ValueError("its chunks are of another size than this release reads")
    return manifest


def remember(sealed: TrustedStatement, last_seen: str | Path) -> None:
    """Keep that ``sealed`` was accepted, so that nothing older is accepted again.

    Raises:
        StoreError: when the file cannot be written.
    """
    write_last_seen(Path(last_seen), sealed.seen)
