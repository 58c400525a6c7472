"""Doctored seals, trust files, manifests: every one must be read, or be one error of ours, quickly.

python -m benchmarks.hostile_documents [--inputs 1000000] [--seed 0]

Bytes are flipped, cut, doubled and spliced, and values replaced by hostile ones, in documents that
are right to begin with. Exit code 1 where an input raised anything else, took over a second, or
memory went beyond 500 MB.
"""

from __future__ import annotations

import argparse
import datetime
import json
import random
import resource
import sys
import time
from collections.abc import Callable
from dataclasses import replace
from typing import Any

from benchmarks.table import show
from provender.core.breach import BreachKind, BrokenTrustError, told_as
from provender.core.canonical import canonical_json
from provender.core.entries import Entries, ShardEntry
from provender.core.envelope import Envelope, parse_envelope
from provender.core.freshness import SealVersion, now_seen, parse_last_seen
from provender.core.lineage import Training, parse_training
from provender.core.manifest import Manifest
from provender.core.statement import (
    MAX_MANIFEST_BYTES,
    MAX_MANIFEST_VALUES,
    EvidenceEntry,
    parse_seal_statement,
    seal_statement,
)
from provender.core.strict_json import strict_json
from provender.core.trust import PublicKey, Role, Trust, parse_trust

_DAY = datetime.date(2099, 1, 1)
_DIGEST = "sha256:" + "0" * 64
_HOSTILE = (
    b"NaN",
    b"1e999",
    b"-0",
    b"9" * 400,
    b'"\\ud800"',
    b"\xff\xfe",
    b"[" * 3000,
    b'{"a":' * 3000,
    b"null",
    b"true",
    b'""',
    b"[]",
    b"{}",
    b"[" + b"0," * 5000 + b"0]",
    b'"' + b"A" * 5000 + b'"',
    b'"../../etc/passwd"',
)

Parser = Callable[[bytes], Any]


def documents() -> dict[str, tuple[Parser, bytes]]:
    """Return each parser with a document that it reads."""
    key = PublicKey("ed25519", "ed25519", "a" * 64)
    role = Role(frozenset({key.keyid}), 1)
    trust = Trust(1, _DAY, {key.keyid: key}, role, {"s": role}, {"s": role})
    version = SealVersion("s", 2, _DIGEST, _DAY)
    entry = ShardEntry("a.csv", 1, "0" * 64, "1" * 64, 1, "2" * 64, "3" * 64, (("n", "int64"),))
    manifest = Manifest(
        Entries([replace(entry, chunks=bytes.fromhex("1" * 64))]),
        1,
        "4" * 64,
        {"record": "provender-record/1", "chunk_bytes": 4 * 2**20},
    )
    evidence = (EvidenceEntry("verdict", _DIGEST, "PASSED", _DIGEST),)
    statement = seal_statement(manifest, version, evidence, (("raw", _DIGEST),)).payload()
    envelope = Envelope(statement, "application/vnd.in-toto+json", (("k", b"s" * 64),))
    seen = now_seen(trust, _DIGEST, version, _DIGEST, None)
    training = Training("m", "0" * 64, _DIGEST, "s", 2, _DIGEST)
    return {
        "envelope": (parse_envelope, envelope.to_bytes()),
        "seal": (parse_seal_statement, statement),
        "trust": (parse_trust, trust.payload()),
        "last seen": (parse_last_seen, canonical_json(seen.to_json())),
        "training": (parse_training, training.payload()),
        "manifest": (read_manifest, canonical_json(manifest.to_json())),
    }


def read_manifest(data: bytes) -> Manifest:
    value = strict_json(data, "manifest.json", MAX_MANIFEST_BYTES, MAX_MANIFEST_VALUES)
    return Manifest.from_json(value, "manifest.json")


def doctored(good: bytes, chance: random.Random) -> bytes:
    """Return ``good`` with one to three things done to it."""
    data = good
    for _ in range(chance.randint(1, 3)):
        at = chance.randrange(len(data) + 1)
        match chance.randrange(6):
            case 0:
                data = data[:at]
            case 1:
                data = data[:at] + bytes([chance.randrange(256)]) + data[at + 1 :]
            case 2:
                stop = min(len(data), at + chance.randrange(40))
                data = data[:stop] + data[at:stop] + data[stop:]
            case 3:
                data = data[:at] + data[at + chance.randrange(40) :]
            case 4:
                data = _value_replaced(data, at, chance.choice(_HOSTILE))
            case 5:
                data = data[:at] + chance.choice(_HOSTILE) + data[at:]
    return data


def _value_replaced(data: bytes, at: int, new: bytes) -> bytes:
    """Put ``new`` where the value behind the next colon stands."""
    colon = data.find(b":", at)
    stop = min((s for s in (data.find(c, colon) for c in (b",", b"}")) if s > 0), default=-1)
    return data if colon < 0 or stop < 0 else data[: colon + 1] + new + data[stop:]


def main() -> int:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--inputs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=0)
    given = parser.parse_args()
    chance, found = random.Random(given.seed), documents()
    lines, failed = [], False
    for name, (parse, good) in found.items():
        parse(good)
        read = refused = 0
        slowest, other = 0.0, ""
        for _ in range(given.inputs // len(found) + 1):
            data = doctored(good, chance)
            begun = time.process_time()
            try:
                with told_as(BreachKind.SEAL, name, name):
                    parse(data)
                read += 1
            except BrokenTrustError:
                refused += 1
            except Exception as error:
                other = f"{type(error).__name__}: {json.dumps(data[:60].decode('latin-1'))}"
            slowest = max(slowest, time.process_time() - begun)
        failed |= bool(other) or slowest > 1
        lines.append((name, f"{read:,}", f"{refused:,}", f"{slowest * 1e3:.1f}", other or "none"))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1e3
    head = ("document", "read", "refused", "slowest, ms of CPU", "any other error")
    show(f"doctored documents, seed {given.seed}, peak {peak:,.0f} MB", head, lines)
    return int(failed or peak > 500)


if __name__ == "__main__":
    sys.exit(main())
