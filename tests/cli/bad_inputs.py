"""Thirty-odd inputs that somebody will feed the product, as data: how to make, what is said.

Every case is made in an empty folder that is also the working folder; `good` shards are made by
the same few functions, so that the one thing that is wrong is the case.
"""

from __future__ import annotations

import gzip
import json
import os
import pickle
import re
import struct
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from provender.core.manifest import Manifest

_PROGRESS = re.compile(r"roles: |[\d,]+ rows in |[\w ]+: [\d,]+/[\d,]+  ")
ROWS = 60
SCAN = ("scan", "data", "--out", "out")


@dataclass(frozen=True)
class BadInput:
    """One case.

    Attributes:
        make: makes it in the working folder.
        code: the exit code that docs/errors.md gives it.
        says: what the line on stderr must hold: the thing, the cause, the mend.
        command: what is typed after `provender`.
        lines: lines on stderr that are complaints (one per broken shard).
    """

    name: str
    make: Callable[[Path], object]
    code: int
    says: tuple[str, ...]
    command: tuple[str, ...] = SCAN
    lines: int = 1


def table(rows: int = ROWS, shift: int = 0) -> pa.Table:
    """A clean table: text, label and a number, no two records equal."""
    numbers = range(shift, shift + rows)
    return pa.table(
        {
            "text": [f"letter number {n} about the {n * 7919 % 104729} items" for n in numbers],
            "label": [("ham", "spam")[n % 2] for n in numbers],
            "amount": [float(n * 31 % 97) for n in numbers],
        }
    )


def write_parquet(path: Path, content: pa.Table | None = None) -> Path:
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(table() if content is None else content, path)
    return path


def good(folder: Path) -> Path:
    """data/a.parquet and data/b.parquet, nothing wrong with them."""
    write_parquet(folder / "data/a.parquet")
    return write_parquet(folder / "data/b.parquet", table(shift=ROWS))


def write(name: str, content: bytes) -> Callable[[Path], object]:
    """A data file of those bytes."""

    def make(folder: Path) -> None:
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content)

    return make


def beside_good(name: str, content: bytes) -> Callable[[Path], object]:
    """Good shards, and a file of those bytes."""

    def make(folder: Path) -> None:
        good(folder)
        write(name, content)(folder)

    return make


def columns(**changed: object) -> Callable[[Path], object]:
    """One shard whose named columns are replaced."""

    def make(folder: Path) -> None:
        content = table()
        for name, values in changed.items():
            at = content.schema.names.index(name)
            content = content.set_column(at, name, pa.array(values))
        write_parquet(folder / "data/a.parquet", content)

    return make


class Marker:
    """Leaves a file behind when it is unpickled."""

    def __init__(self, path: str) -> None:
        self.path = path

    def __reduce__(self) -> tuple[object, tuple[str, str]]:
        return open, (self.path, "w")


def _pickle(folder: Path) -> None:
    good(folder)
    (folder / "data/c.parquet").write_bytes(pickle.dumps(Marker(str(folder / "UNPICKLED"))))


def truncated(folder: Path) -> None:
    path = good(folder)
    path.write_bytes(path.read_bytes()[:-100])


def _lying_footer(folder: Path) -> None:
    path = good(folder)
    data = path.read_bytes()
    path.write_bytes(data[:-8] + struct.pack("<i", 2**31 - 1) + b"PAR1")


def _damaged_page(folder: Path) -> None:
    path = good(folder)
    data = bytearray(path.read_bytes())
    data[40:400] = bytes(255 - b for b in data[40:400])
    path.write_bytes(data)


def _folder_named_parquet(folder: Path) -> None:
    (folder / "data/x.parquet").mkdir(parents=True)


def _symlink_loop(folder: Path) -> None:
    good(folder)
    (folder / "data/loop").symlink_to(folder / "data")


def _link_to_itself(folder: Path) -> None:
    good(folder)
    (folder / "data/c.parquet").symlink_to("c.parquet")


def _link_outside(folder: Path) -> None:
    good(folder)
    write_parquet(folder / "elsewhere/c.parquet")
    (folder / "data/c.parquet").symlink_to(folder / "elsewhere/c.parquet")


def _mixed_types(folder: Path) -> None:
    path = good(folder)
    write_parquet(path, table().set_column(2, "amount", pa.array(["many"] * ROWS)))


def _missing_column(folder: Path) -> None:
    good(folder)
    write_parquet(folder / "data/c.parquet", table().drop_columns("amount"))


def _socket(folder: Path) -> None:
    good(folder)
    os.mkfifo(folder / "data/c.parquet")


def gzip_bomb(folder: Path) -> None:
    """One record of 5 GB in 23 MB: members of a gzip file follow each other as one text."""
    (folder / "data").mkdir()
    zeros = gzip.compress(b"0" * 2**26, 1)
    with (folder / "data/bomb.jsonl.gz").open("wb") as file:
        file.write(gzip.compress(b'{"text": "'))
        for _ in range(80):
            file.write(zeros)


def _named(*names: str) -> Callable[[Path], object]:
    def make(folder: Path) -> None:
        (folder / "data").mkdir()
        for shift, name in enumerate(names):
            write_parquet(folder / "data" / name, table(shift=shift * ROWS))

    return make


def _name_not_utf8(folder: Path) -> None:
    good(folder)
    place = os.fsencode(folder / "data") + b"/\xff.parquet"
    os.link(folder / "data/a.parquet", place)


def _out_is_file(folder: Path) -> None:
    good(folder)
    (folder / "out").write_text("mine")


def _old_manifest(folder: Path) -> None:
    write("out/manifest.json", b"{}")(folder)


def _other_manifest(folder: Path) -> None:
    good(folder)
    nothing = Manifest((), 0, "", {}).to_json()
    write("out/manifest.json", json.dumps(nothing).encode())(folder)


def _suite(*expectations: object) -> bytes:
    return json.dumps({"name": "s", "expectations": expectations}).encode()


WAIVER = b"version: 1\nwaivers:\n  - {rule: x, reason: y, expires: 2099-01-01}\n"
CSV = b"text,label\n" + b"".join(b"line %d,ham\n" % n for n in range(20))
JSONL = b"".join(b'{"text": "line %d", "n": %d}\n' % (n, n) for n in range(20))

BAD_INPUTS = (
    # What was named
    BadInput("nothing named", good, 4, ("DATA", "name files"), ("scan", "--out", "out")),
    BadInput("missing path", lambda _: None, 2, ("data", "no such file", "check the path")),
    BadInput("empty folder", lambda f: (f / "data").mkdir(), 3, ("data", "holds no file")),
    BadInput("folder called x.parquet", _folder_named_parquet, 3, ("data", "holds no file")),
    BadInput(
        "glob that matches nothing",
        good,
        3,
        ("data/*.csv", "matches no file", "check"),
        ("scan", "data/*.csv", "--out", "out"),
    ),
    BadInput(
        "address without credentials",
        lambda _: None,
        2,
        ("s3://no-such-bucket/data", "check the address"),
        ("scan", "s3://no-such-bucket/data", "--out", "out"),
    ),
    BadInput(
        "address of an unknown kind",
        lambda _: None,
        2,
        ("nowhere://data", "not known: nowhere", "check the address"),
        ("scan", "nowhere://data", "--out", "out"),
    ),
    BadInput("symlink loop", _symlink_loop, 2, ("data/loop", "circle", "remove the link")),
    BadInput("link to itself", _link_to_itself, 2, ("c.parquet", "points nowhere", "remove it")),
    BadInput("link out of the folder", _link_outside, 2, ("c.parquet", "leads out", "name what")),
    BadInput("pipe among the shards", _socket, 2, ("c.parquet", "no regular file", "move it")),
    BadInput(
        "file of no format", beside_good("data/notes.txt", b"x"), 2, ("notes.txt", "*.parquet")
    ),
    # Names
    BadInput("newline in a name", _named("a\nb.parquet"), 2, (r"'a\nb.parquet'", "rename")),
    BadInput("escape in a name", _named("a\x1b[31m.parquet"), 2, (r"\x1b", "control", "rename")),
    BadInput("name twice by case", _named("a.parquet", "A.parquet"), 2, ("same name", "rename")),
    BadInput("name not in NFC", _named("e\u0301.parquet"), 2, (r"e\u0301", "form C", "rename")),
    BadInput("name not UTF-8", _name_not_utf8, 2, (r"\udcff", "not UTF-8", "rename")),
    # Files that are not what they should be
    BadInput(
        "empty file",
        beside_good("data/c.parquet", b""),
        2,
        ("c.parquet", "is an empty file", "remove it"),
    ),
    BadInput("truncated Parquet", truncated, 2, ("b.parquet", "cut short", "restore")),
    BadInput("Parquet whose footer lies", _lying_footer, 2, ("b.parquet", "restore")),
    BadInput("Parquet with a damaged page", _damaged_page, 2, ("b.parquet", "restore")),
    BadInput(
        "pickle", _pickle, 2, ("c.parquet", "pickle (never opened)", "name the file by what it is")
    ),
    BadInput(
        "two broken shards",
        lambda f: (write("data/c.parquet", b"")(f), truncated(f)),
        2,
        ("b.parquet", "c.parquet"),
        lines=2,
    ),
    BadInput(
        "Git LFS pointer",
        write("data/a.parquet", b"version https://git-lfs.github.com/spec/v1\n"),
        2,
        ("a.parquet", "Git LFS pointer"),
    ),
    # Text
    BadInput("empty CSV", write("data/a.csv", b""), 2, ("a.csv", "empty", "remove it or write")),
    BadInput(
        "CSV with ragged records",
        write("data/a.csv", CSV + b"one,two,three\n"),
        2,
        ("a.csv", "3 fields, the header 2", "mend the record"),
    ),
    BadInput(
        "CSV with an open quote",
        write("data/a.csv", CSV + b'"never closed,ham\n'),
        2,
        ("a.csv", "line 22 is never closed", "quote the field"),
    ),
    BadInput(
        "CSV of a header alone",
        write("data/a.csv", b"a,b\n"),
        3,
        ("a.csv", "holds no record", "check"),
    ),
    BadInput(
        "text that is not UTF-8",
        write("data/a.csv", CSV + b"caf\xe9,ham\n"),
        2,
        ("a.csv", "not UTF-8 at byte", "line 22", "convert it to UTF-8"),
    ),
    BadInput(
        "NUL in text",
        write("data/a.jsonl", JSONL + b"\0\n"),
        2,
        ("a.jsonl", "NUL", "name the file by what it is"),
    ),
    BadInput(
        "line that is not JSON",
        write("data/a.jsonl", JSONL + b'{"text": \n'),
        2,
        ("a.jsonl", "line 21", "mend the line"),
    ),
    BadInput(
        "JSON that nests too deep",
        write("data/a.jsonl", JSONL + b'{"a": ' + b"[" * 9000 + b"]" * 9000 + b"}\n"),
        2,
        ("a.jsonl", "line 21", "nested", "flatten it"),
    ),
    BadInput(
        "one JSON record without end",
        lambda f: _endless(f / "data/a.jsonl", 160 * 2**20),
        2,
        ("a.jsonl", "longer than 64 MiB", "line breaks"),
    ),
    BadInput("gzip bomb", gzip_bomb, 2, ("bomb.jsonl.gz", "longer than 64 MiB", "line breaks")),
    BadInput(
        "gzip cut short",
        write("data/a.jsonl.gz", gzip.compress(JSONL)[:-20]),
        2,
        ("a.jsonl.gz", "ends in the middle", "restore"),
    ),
    # Shards that do not fit together, and data with nothing in it
    BadInput("mixed types", _mixed_types, 2, ("b.parquet", "'amount'", "one type")),
    BadInput("missing column", _missing_column, 2, ("c.parquet", "'amount'", "with that column")),
    BadInput(
        "zero rows",
        lambda f: write_parquet(f / "data/a.parquet", table(0)),
        3,
        ("a.parquet", "holds no record", "check that the data was written"),
    ),
    # What was asked
    BadInput("unknown verb", good, 4, ("frobnicate", "--help"), ("frobnicate",)),
    BadInput("unknown option", good, 4, ("--frobnicate", "--help"), (*SCAN, "--frobnicate")),
    BadInput(
        "label that does not exist",
        good,
        4,
        ("--label lable", "text, label, amount"),
        (*SCAN, "--label", "lable"),
    ),
    BadInput(
        "text that is a number",
        good,
        4,
        ("--text amount", "double", "another column"),
        (*SCAN, "--text", "amount"),
    ),
    BadInput(
        "suite that is not JSON",
        beside_good("s.json", b"{"),
        4,
        ("s.json", "not JSON", "write the suite again"),
        (*SCAN, "--suite", "s.json"),
    ),
    BadInput(
        "unknown expectation",
        beside_good("s.json", _suite({"type": "expect_luck", "kwargs": {}})),
        4,
        ("s.json", "expect_luck", "mend the suite"),
        (*SCAN, "--suite", "s.json"),
    ),
    BadInput(
        "policy with an unknown field",
        beside_good("p.yaml", b"version: 1\nlimts: {}\n"),
        4,
        ("p.yaml", "'limts'", "docs/policy.md"),
        (*SCAN, "--policy", "p.yaml"),
    ),
    BadInput(
        "waiver without owner",
        beside_good("p.yaml", WAIVER),
        4,
        ("p.yaml", "waivers[0].owner", "missing", "docs/policy.md"),
        (*SCAN, "--policy", "p.yaml"),
    ),
    BadInput(
        "policy that runs code",
        beside_good("p.yaml", b"!!python/object/apply:os.mkdir [UNPICKLED]\n"),
        4,
        ("p.yaml", "not YAML"),
        (*SCAN, "--policy", "p.yaml"),
    ),
    BadInput(
        "provender.yaml with an unknown key",
        beside_good("provender.yaml", b"colour: red\n"),
        4,
        ("provender.yaml", "'colour'", "docs/cli.md"),
    ),
    BadInput(
        "provender.yaml that is a list",
        beside_good("provender.yaml", b"- data\n"),
        4,
        ("provender.yaml", "docs/cli.md"),
    ),
    BadInput(
        "--out that is a file", _out_is_file, 4, ("--out", "'out' is a file", "name a folder")
    ),
    BadInput(
        "--out that is an address",
        good,
        4,
        ("--out", "address", "local folder"),
        ("scan", "data", "--out", "s3://bucket/x"),
    ),
    BadInput(
        "--cache that is a file",
        beside_good("cache", b"mine"),
        2,
        ("provender: cache: ", "Not a directory", "another store with --cache"),
        (*SCAN, "--cache", "cache"),
    ),
    BadInput(
        "--baseline without manifest",
        beside_good("old/x", b""),
        4,
        ("old/manifest.json", "a folder that a scan wrote"),
        (*SCAN, "--baseline", "old"),
    ),
    BadInput(
        "damaged manifest",
        _old_manifest,
        2,
        ("manifest.json", "not a manifest", "provender fingerprint"),
        ("decide", "--out", "out"),
    ),
    BadInput(
        "nothing to decide on",
        good,
        4,
        ("empty: cannot be read", "a folder that a scan wrote"),
        ("decide", "--out", "empty"),
    ),
    BadInput(
        "data that is not what was fingerprinted",
        _other_manifest,
        5,
        ("manifest.json", "other data", "provender diff"),
        ("detect", "data", "--out", "out"),
    ),
    BadInput(
        "unknown Beam option",
        good,
        4,
        ("Beam option --frobnicate=1", "Beam's documentation"),
        (*SCAN, "--", "--frobnicate=1"),
    ),
    BadInput(
        "Beam option of a wrong type",
        good,
        4,
        ("--direct_num_workers", "'many'", "Beam's documentation"),
        (*SCAN, "--", "--direct_num_workers=many"),
    ),
    BadInput(
        "data behind '--'",
        good,
        4,
        ("Beam option data", "behind '--' is Beam's"),
        (*SCAN, "--", "data"),
    ),
    BadInput(
        "unknown Beam runner",
        good,
        4,
        ("--runner=NoSuchRunner", "no such runner", "Beam's documentation"),
        (*SCAN, "--", "--runner=NoSuchRunner"),
    ),
    BadInput(
        "init over what is there",
        beside_good("provender.yaml", b"workers: 1\n"),
        4,
        ("provender.yaml", "exists already", "--force"),
        ("init", "data"),
    ),
    BadInput(
        "suite written to a folder",
        lambda f: (good(f), (f / "suite").mkdir()),
        2,
        ("suite", "cannot be written", "another file"),
        ("infer", "data", "--out", "suite"),
    ),
    BadInput(
        "rule that does not exist",
        good,
        4,
        ("no/rule", "is not a rule", "the rules are"),
        ("explain", "no/rule"),
    ),
)


def _endless(path: Path, size: int) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        file.write(b'{"text": "')
        for _ in range(size >> 20):
            file.write(b"x" * 2**20)


def complaints(stderr: str) -> list[str]:
    """Return the lines that are neither progress nor the break after a terminal's ^C."""
    return [line for line in stderr.splitlines() if line and not _PROGRESS.match(line)]


def content(folder: Path) -> dict[str, bytes | None]:
    """Return every file below ``folder`` (None: a folder), or the one file that it is."""
    if folder.is_file():
        return {"": folder.read_bytes()}
    places = sorted(folder.rglob("*"))
    return {str(p.relative_to(folder)): p.read_bytes() if p.is_file() else None for p in places}
