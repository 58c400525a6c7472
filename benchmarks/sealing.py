"""A seal over the bytes of a folder, without looking at its records: readers need no more."""

from __future__ import annotations

import datetime
from pathlib import Path

from provender.core.entries import Entries, ShardEntry
from provender.core.freshness import SealVersion
from provender.core.manifest import Manifest
from provender.core.statement import seal_statement
from provender.io.chunks import CHUNK_BYTES, hash_stream
from provender.provenance.dsse import signed
from provender.provenance.keys import load_public, load_signer, new_key
from provender.provenance.seal import write_seal
from provender.provenance.trust import new_trust

_EXPIRES = datetime.date(2099, 12, 31)
_NONE = "0" * 64


def seal_bytes(folder: Path, room: Path) -> dict[str, Path]:
    """Write keys, trust file and seal of ``folder`` to ``room``; return seal and trust."""
    private, public = new_key(room, "bench", None)
    signer = load_signer(private, bytes)
    trust = new_trust(["bench"], [load_public(public)], 1, _EXPIRES).envelope
    (room / "trust.json").write_bytes(signed(trust, signer).to_bytes())
    entries = []
    for path in sorted(folder.iterdir()):
        with path.open("rb") as file:
            found = hash_stream(file)
        digests = found.size, found.sha256, found.chunk_root
        entries.append(ShardEntry(path.name, *digests, 0, _NONE, _NONE, (), found.chunks))
    manifest = Manifest(Entries(entries), 0, _NONE, {"chunk_bytes": CHUNK_BYTES})
    statement = seal_statement(manifest, SealVersion("bench", 1, None, _EXPIRES))
    write_seal(room / "seal" / "seal.dsse.json", manifest, statement, [signer], {})
    return {"seal": room / "seal" / "seal.dsse.json", "trust": room / "trust.json"}
