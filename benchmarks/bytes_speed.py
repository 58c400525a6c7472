"""The byte fingerprint beside the two hashes alone, `dvc add` and model-signing, in one run.

python -m benchmarks.bytes_speed [--megabytes 2048] [--files 100000] [--repeats 3] [--seal]

What is compared: the *byte part* of `provender seal`, which is to list the files, hash each
(SHA-256 of the file and the chunk tree) and sign the manifest's digest. `provender seal` also
decodes every record for the row identities, which none of the other tools does; --seal times the
whole verb over the small files as well. `dvc add` hashes with MD5 and copies into its cache; MD5
alone is shown beside it. Sides take turns, on files that the kernel has cached; least wall and
least CPU seconds.
"""

from __future__ import annotations

import argparse
import datetime
import hashlib
import json
import os
import shutil
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

from blake3 import blake3

from benchmarks.filled import random_shards, small_shards
from benchmarks.table import empty_folder, show
from benchmarks.tools import ask, installed, worker
from benchmarks.turns import Side, Taken, command, here, least
from provender.core.entries import Entries, ShardEntry
from provender.core.freshness import SealVersion
from provender.core.manifest import Manifest
from provender.core.shard import ShardRef
from provender.core.statement import seal_statement
from provender.io.chunks import CHUNK_BYTES, ByteDigests, hash_stream
from provender.io.discover import discover
from provender.io.storage import open_raw
from provender.provenance.keys import load_signer, new_key
from provender.provenance.seal import write_seal

_SHARDS = 4
#: Bytes a file below which threads do not pay.
_SMALL = 64 * 1024
_ZERO = "0" * 64
_FAR = datetime.date(2099, 12, 31)

_SIGNING = """
import json, logging, sys, time
logging.disable(logging.CRITICAL)
from model_signing import hashing, signing
for line in sys.stdin:
    what, data, signature, key = json.loads(line)
    wall, cpu = time.perf_counter(), time.process_time()
    if what == "hash":
        hashing.hash(data)
    elif what == "hash-one":
        hashing.Config().use_file_serialization(max_workers=1).hash(data)
    else:
        signing.Config().use_elliptic_key_signer(private_key=key).sign(data, signature)
    print(json.dumps([time.perf_counter() - wall, time.process_time() - cpu]), flush=True)
"""


def files_of(data: Path) -> list[Path]:
    return sorted(p for p in data.rglob("*") if p.is_file())


def hashes_alone(data: Path) -> None:
    """SHA-256 of each file and BLAKE3 of each 4 MiB, by hashlib and blake3; no tree, no records."""
    for path in files_of(data):
        whole = hashlib.sha256()
        with path.open("rb") as file:
            while chunk := file.read(CHUNK_BYTES):
                whole.update(chunk)
                blake3(chunk).digest()
        whole.hexdigest()


def md5_alone(data: Path) -> None:
    for path in files_of(data):
        with path.open("rb") as file:
            hashlib.file_digest(file, "md5")


def fingerprint(data: Path) -> None:
    for path in files_of(data):
        with path.open("rb") as file:
            hash_stream(file)


def byte_part(data: Path, key: Path, out: Path) -> None:
    """Write a seal of the files' bytes: everything of `provender seal` but reading records."""
    refs = discover([str(data)])
    if sum(ref.size for ref in refs) > _SMALL * len(refs):
        with ThreadPoolExecutor() as threads:
            digests = threads.map(_digests, refs)
            entries = Entries(map(_entry, refs, digests))
    else:  # hashing a few kilobytes holds the lock that threads would wait for
        entries = Entries(map(_entry, refs, map(_digests, refs)))
    made = {"record": "provender-record/1", "chunk_bytes": CHUNK_BYTES}
    manifest = Manifest(entries, 0, _ZERO, made)
    statement = seal_statement(manifest, SealVersion("s", 1, None, _FAR))
    write_seal(out / "seal.dsse.json", manifest, statement, [load_signer(key, lambda: b"x")], {})


def _digests(ref: ShardRef) -> ByteDigests:
    with open_raw(ref.uri, ref.name) as file:
        return hash_stream(file)


def _entry(ref: ShardRef, found: ByteDigests) -> ShardEntry:
    schema = (("n", "int64"),)
    root, chunks = found.chunk_root, found.chunks
    return ShardEntry(ref.name, found.size, found.sha256, root, 0, _ZERO, _ZERO, schema, chunks)


def large(room: Path, total: int, python: Path | None, repeats: int) -> None:
    """A few large shards."""
    data = room / "data"
    random_shards(data, total, _SHARDS)
    key = _keys(room)
    repository = room / "repository"
    sides = {
        "the two hashes alone, 1 thread": here(lambda: hashes_alone(data)),
        "ours: hash_stream, 1 thread": here(lambda: fingerprint(data)),
        "MD5 alone, 1 thread": here(lambda: md5_alone(data)),
        "ours: byte part of seal": here(lambda: byte_part(data, key, room / "sealed")),
        "dvc add": command(
            sys.executable,
            "-m",
            "dvc",
            "add",
            "-q",
            "data",
            cwd=repository,
            before=lambda: _fresh_repository(repository, data),
        ),
    }
    if python:
        signer = worker(python, _SIGNING)
        sides["model-signing: hash, 1 worker"] = _theirs(signer, "hash-one", data, room)
        sides["model-signing: hash"] = _theirs(signer, "hash", data, room)
        sides["model-signing: sign"] = _theirs(signer, "sign", data, room)
    taken = least(sides, repeats)
    title = f"{total >> 20} MiB in {_SHARDS} files, {os.cpu_count()} cores, least of {repeats}"
    lines = [
        (name, f"{w:.2f}", f"{c:.2f}", f"{total / w / 1e6:,.0f}", f"{total / c / 1e6:,.0f}")
        for name, (w, c) in taken.items()
    ]
    show(title, ("", "wall s", "CPU s", "MB/s", "MB/CPU s"), lines)
    ours, part = taken["ours: hash_stream, 1 thread"], taken["ours: byte part of seal"]
    bars = [
        ("of the two hashes alone", ours, "the two hashes alone, 1 thread", 0.9),
        ("of dvc add's bytes/s", part, "dvc add", 2.0),
    ]
    if python:
        bars += [
            ("of model-signing's hash, 1 thread each", ours, "model-signing: hash, 1 worker", 1.0),
            ("of model-signing's sign", part, "model-signing: sign", 1.0),
        ]
    _bars([(what, mine, taken[other], bar) for what, mine, other, bar in bars])


def many(room: Path, count: int, python: Path | None, repeats: int, whole: bool) -> None:
    """Many small shards."""
    data = room / "data"
    small_shards(data, count)
    key = _keys(room)
    sides = {"ours: byte part of seal": here(lambda: byte_part(data, key, room / "sealed"))}
    if python:
        sides["model-signing: sign"] = _theirs(worker(python, _SIGNING), "sign", data, room)
    taken = least(sides, repeats)
    if whole:
        taken["provender seal (decodes records)"] = _seal(room, data)()
    title = f"{count:,} small files, {os.cpu_count()} cores, least of {repeats}"
    lines = [(name, f"{w:.2f}", f"{c:.2f}") for name, (w, c) in taken.items()]
    show(title, ("", "wall s", "CPU s"), lines)
    if python:
        part = taken["ours: byte part of seal"]
        _bars([("of model-signing's speed", part, taken["model-signing: sign"], 4.0)])
    sizes = [
        (n, (room / n).stat().st_size)
        for n in ("sealed/seal.dsse.json", "model.sig")
        if (room / n).exists()
    ]
    show("Size", ("", "bytes"), [(name, f"{size:,}") for name, size in sizes])


def _seal(room: Path, data: Path) -> Side:
    provender = "import sys; from provender.cli.main import main; main(sys.argv[1:])"
    words = ("seal", str(data), "--key", str(_keys(room)), "--series", "s")
    where = ("--out", str(room / "whole/seal.dsse.json"), "--cache", str(room / "states"))
    os.environ["PROVENDER_PASSPHRASE"] = "x"
    return command(sys.executable, "-c", provender, *words, *where, cwd=Path.cwd())


def _bars(lines: list[tuple[str, Taken, Taken, float]]) -> None:
    """Print our speed as times the other's, by wall and by CPU, beside what was promised."""
    show(
        "Ours",
        ("", "by wall", "by CPU", "bar"),
        [
            (what, f"{other[0] / mine[0]:.2f}", f"{other[1] / mine[1]:.2f}", f">= {bar}")
            for what, mine, other, bar in lines
        ],
    )


def _theirs(process: subprocess.Popen[str], what: str, data: Path, room: Path) -> Side:
    line = json.dumps([what, str(data), str(room / "model.sig"), str(room / "ec.key")])

    def side() -> Taken:
        wall, cpu = json.loads(ask(process, line))
        return wall, cpu

    return side


def _keys(room: Path) -> Path:
    from cryptography.hazmat.primitives import serialization as s
    from cryptography.hazmat.primitives.asymmetric import ec

    if not (room / "a.key").exists():
        new_key(room, "a", b"x")
        private = ec.generate_private_key(ec.SECP256R1())
        form = (s.Encoding.PEM, s.PrivateFormat.PKCS8, s.NoEncryption())
        (room / "ec.key").write_bytes(private.private_bytes(*form))
    return room / "a.key"


def _fresh_repository(repository: Path, data: Path) -> None:
    """Empty it, and let it hold the data under other inodes: what it knew of them is void."""
    shutil.rmtree(repository, ignore_errors=True)
    repository.mkdir()
    own = {f"DVC_{w}_DIR": str(repository / ".own" / w) for w in ("SITE_CACHE", "GLOBAL_CONFIG")}
    os.environ.update(own, DVC_NO_ANALYTICS="1")
    init = [sys.executable, "-m", "dvc", "init", "-q", "--no-scm"]
    subprocess.run(init, cwd=repository, check=True, capture_output=True)
    (repository / "data").mkdir()
    for path in files_of(data):
        (repository / "data" / path.name).hardlink_to(path)


def main() -> None:
    """Print both tables."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--megabytes", type=int, default=2048)
    parser.add_argument("--files", type=int, default=100_000)
    parser.add_argument("--repeats", type=int, default=3)
    parser.add_argument("--seal", action="store_true", help="time all of `provender seal` too")
    parser.add_argument("--scratch", type=Path, default=Path("bench-out"))
    given = parser.parse_args()
    scratch = given.scratch.absolute()
    scratch.mkdir(parents=True, exist_ok=True)
    python = installed(scratch, "model-signing", "pyopenssl")
    if given.megabytes:
        with empty_folder(scratch) as room:
            large(room, given.megabytes << 20, python, given.repeats)
    if given.files:
        with empty_folder(scratch) as room:
            many(room, given.files, python, given.repeats, given.seal)


if __name__ == "__main__":
    main()
