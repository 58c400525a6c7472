"""What somebody will feed the product one day: how it is made, and what must be said.

Every case is made in an empty folder that is also the working folder.
"""

from __future__ import annotations

import gzip
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from tests.cli.bad_files import (
    beside_good,
    damaged_page,
    endless,
    folder_named_parquet,
    good,
    gzip_bomb,
    link_outside,
    link_to_itself,
    lying_footer,
    missing_column,
    mixed_types,
    name_not_utf8,
    named,
    old_manifest,
    other_manifest,
    out_is_file,
    pickle_named_parquet,
    socket,
    suite,
    symlink_loop,
    table,
    truncated,
    write,
    write_parquet,
)

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


WAIVER = b"version: 1\nwaivers:\n  - {rule: x, reason: y, expires: 2099-01-01}\n"
CSV = b"text,label\n" + b"".join(b"line %d,ham\n" % n for n in range(20))
JSONL = b"".join(b'{"text": "line %d", "n": %d}\n' % (n, n) for n in range(20))

BAD_INPUTS = (
    # What was named
    BadInput("nothing named", good, 4, ("DATA", "name files"), ("scan", "--out", "out")),
    BadInput("missing path", lambda _: None, 2, ("data", "no such file", "check the path")),
    BadInput("empty folder", lambda f: (f / "data").mkdir(), 3, ("data", "holds no file")),
    BadInput("folder called x.parquet", folder_named_parquet, 3, ("data", "holds no file")),
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
    BadInput("symlink loop", symlink_loop, 2, ("data/loop", "circle", "remove the link")),
    BadInput("link to itself", link_to_itself, 2, ("c.parquet", "points nowhere", "remove it")),
    BadInput("link out of the folder", link_outside, 2, ("c.parquet", "leads out", "name what")),
    BadInput("pipe among the shards", socket, 2, ("c.parquet", "no regular file", "move it")),
    BadInput(
        "file of no format", beside_good("data/notes.txt", b"x"), 2, ("notes.txt", "*.parquet")
    ),
    # Names
    BadInput("newline in a name", named("a\nb.parquet"), 2, (r"'a\nb.parquet'", "rename")),
    BadInput("escape in a name", named("a\x1b[31m.parquet"), 2, (r"\x1b", "control", "rename")),
    BadInput("name twice by case", named("a.parquet", "A.parquet"), 2, ("same name", "rename")),
    BadInput("name not in NFC", named("e\u0301.parquet"), 2, (r"e\u0301", "form C", "rename")),
    BadInput("name not UTF-8", name_not_utf8, 2, (r"\udcff", "not UTF-8", "rename")),
    # Files that are not what they should be
    BadInput(
        "empty file",
        beside_good("data/c.parquet", b""),
        2,
        ("c.parquet", "is an empty file", "remove it"),
    ),
    BadInput("truncated Parquet", truncated, 2, ("b.parquet", "cut short", "restore")),
    BadInput("Parquet whose footer lies", lying_footer, 2, ("b.parquet", "restore")),
    BadInput("Parquet with a damaged page", damaged_page, 2, ("b.parquet", "restore")),
    BadInput(
        "pickle",
        pickle_named_parquet,
        2,
        ("c.parquet", "pickle (never opened)", "name the file by what it is"),
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
        lambda f: endless(f / "data/a.jsonl", 160 * 2**20),
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
    BadInput("mixed types", mixed_types, 2, ("b.parquet", "'amount'", "one type")),
    BadInput("missing column", missing_column, 2, ("c.parquet", "'amount'", "with that column")),
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
        beside_good("s.json", suite({"type": "expect_luck", "kwargs": {}})),
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
    BadInput("--out that is a file", out_is_file, 4, ("--out", "'out' is a file", "name a folder")),
    BadInput(
        "--out that is an address of an unknown kind",
        good,
        4,
        ("--out", "not known: nowhere", "another address"),
        ("scan", "data", "--out", "nowhere://bucket/x"),
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
        "--trusted that is DATA",
        good,
        4,
        ("--trusted: ", "has the bytes of", "cannot vouch for themselves"),
        (*SCAN, "--trusted", "data"),
    ),
    BadInput(
        "--trusted-root that is no digest",
        good,
        4,
        ("--trusted-root", "is no root of a manifest", "64 hex digits"),
        (*SCAN, "--trusted", "data", "--trusted-root", "1234"),
    ),
    BadInput(
        "damaged manifest",
        old_manifest,
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
        other_manifest,
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
