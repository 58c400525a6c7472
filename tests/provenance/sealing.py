"""Sealed data of three formats, and what a test may do to a copy of them."""

from __future__ import annotations

import datetime
import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from pipelines.fingerprint import fingerprint, survey
from pipelines.run import Run
from provender.core.breach import BrokenTrustError
from provender.core.envelope import Envelope, parse_envelope
from provender.core.freshness import SealVersion
from provender.core.manifest import Manifest
from provender.core.shard import Roles
from provender.core.statement import (
    STATEMENT_PAYLOAD_TYPE,
    EvidenceEntry,
    SealStatement,
    seal_statement,
)
from provender.io.states import StateStore
from provender.provenance.dsse import signed
from provender.provenance.keys import load_public, load_signer, new_key
from provender.provenance.seal import write_seal
from provender.provenance.sealed import Sealed, trusted_seal
from provender.provenance.trust import new_trust
from provender.provenance.verify import Asked, Verification, verify_data

DAY = datetime.date(2027, 1, 31)
EXPIRES = datetime.date(2027, 12, 31)
NAMES = ("alice", "bob", "mallory")
#: Records of big.parquet, and of each of its three row groups.
GROUP = 2**15
ROWS = 3 * GROUP


@dataclass(frozen=True)
class Place:
    """A folder with keys, data, a trust file and a seal."""

    folder: Path

    @property
    def data(self) -> Path:
        return self.folder / "data"

    @property
    def seal(self) -> Path:
        return self.folder / "sealed" / "seal.dsse.json"

    @property
    def trust(self) -> Path:
        return self.folder / "trust.json"

    @property
    def manifest(self) -> Path:
        return self.seal.parent / "manifest.json"

    def signer(self, name: str) -> Any:
        return load_signer(self.folder / f"{name}.key", lambda: b"secret")

    def public(self, *names: str) -> list[Any]:
        return [load_public(self.folder / f"{name}.pub") for name in names]

    def write_trust(
        self,
        sealers: Iterable[str] = ("alice",),
        threshold: int = 1,
        signers: Iterable[str] = ("alice",),
        expires: datetime.date = EXPIRES,
        **more: Any,
    ) -> None:
        file = new_trust(["mail"], self.public(*sealers), threshold, expires, **more)
        self.sign(self.trust, file.envelope, signers)

    def sign(self, path: Path, envelope: Envelope, signers: Iterable[str]) -> None:
        for name in signers:
            envelope = signed(envelope, self.signer(name))
        path.write_bytes(envelope.to_bytes())

    def make_manifest(self) -> Manifest:
        run = Run(StateStore(str(self.folder / "states")), workers=1)
        return fingerprint(survey([str(self.data)], Roles(), run), run)[0]

    def write_seal(
        self,
        manifest: Manifest,
        sequence: int = 1,
        signers: Iterable[str] = ("alice",),
        expires: datetime.date = EXPIRES,
        evidence: tuple[EvidenceEntry, ...] = (),
        series: str = "mail",
    ) -> SealStatement:
        version = SealVersion(series, sequence, None, expires)
        statement = seal_statement(manifest, version, evidence)
        write_seal(self.seal, manifest, statement, [self.signer(n) for n in signers], {})
        return statement

    def envelope(self) -> Envelope:
        return parse_envelope(self.seal.read_bytes())

    def trust_envelope(self) -> Envelope:
        return parse_envelope(self.trust.read_bytes())

    def resign(self, *signers: str) -> None:
        """Sign the same statement anew."""
        old = self.envelope()
        self.sign(self.seal, Envelope(old.payload, old.payload_type), signers)

    def edit_payload(self, change: Any, signers: Iterable[str] | None = None) -> None:
        """Change the statement; sign it anew only where ``signers`` are named."""
        old = self.envelope()
        value = json.loads(old.payload)
        change(value)
        payload = json.dumps(value).encode()
        if signers is None:
            self.seal.write_bytes(Envelope(payload, old.payload_type, old.signatures).to_bytes())
        else:
            self.sign(self.seal, Envelope(payload, STATEMENT_PAYLOAD_TYPE), signers)

    def load(self, last_seen: Path | None = None, today: datetime.date = DAY) -> Sealed:
        return trusted_seal(self.seal, self.trust, last_seen, today)

    def verify(self, **asked: Any) -> Verification:
        return verify_data(self.load().manifest, [str(self.data)], Asked(**asked))

    def copy(self, to: Path) -> Place:
        shutil.copytree(self.folder, to, dirs_exist_ok=True)
        return Place(to)


def kinds(place: Place, last_seen: Path | None = None, today: datetime.date = DAY) -> list[str]:
    """The breaches of loading the seal; empty where it counts."""
    try:
        place.load(last_seen, today)
    except BrokenTrustError as error:
        return [breach.kind.value for breach in error.breaches]
    return []


def make_place(
    folder: Path,
    write: Callable[[Path], None] | None = None,
    expires: datetime.date = EXPIRES,
) -> Place:
    """Make keys, data (those of `write_shards` where nothing else is written), trust and a seal."""
    place = Place(folder)
    for name in NAMES:
        new_key(folder, name, b"secret")
    place.data.mkdir()
    (write or write_shards)(place.data)
    place.write_trust(expires=expires)
    place.write_seal(place.make_manifest(), expires=expires)
    return place


def write_shards(data: Path) -> None:
    """Write a Parquet shard of three 4 MiB row groups, two JSON Lines shards and an Arrow one.

    Records of `big.parquet` are wide, so that its chunks are many bytes and few records.
    """
    (data / "test").mkdir()
    random = np.random.default_rng(1)
    width = 4 * 2**20 // GROUP - 8 - 4  # Parquet stores a number in 8 bytes, a text's length in 4
    letters = random.integers(97, 123, ROWS * width, np.uint8)
    ends = np.arange(ROWS + 1, dtype=np.int32) * width
    text = pa.StringArray.from_buffers(ROWS, pa.py_buffer(ends), pa.py_buffer(letters))
    table = pa.table({"n": random.integers(0, 2**62, ROWS), "text": text})
    pq.write_table(
        table, data / "big.parquet", compression="none", use_dictionary=False, row_group_size=GROUP
    )
    for first, part in ((0, "one"), (10**6, "test/two")):
        lines = [json.dumps({"n": first + i}) for i in range(500)]
        (data / f"{part}.jsonl").write_text("\n".join(lines) + "\n")
    with pa.ipc.new_file(data / "three.arrow", table.schema) as file:
        file.write_table(table.slice(0, 100))
