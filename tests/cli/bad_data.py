"""Data that cannot be read, or that hold nothing: how each is made, and what must be said.

Every case is made in an empty folder that is also the working folder.
"""

from __future__ import annotations

import gzip

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
    pickle_named_parquet,
    socket,
    symlink_loop,
    table,
    truncated,
    write,
    write_parquet,
)
from tests.cli.bad_input import BadInput

CSV = b"text,label\n" + b"".join(b"line %d,ham\n" % n for n in range(20))
JSONL = b"".join(b'{"text": "line %d", "n": %d}\n' % (n, n) for n in range(20))

BAD_DATA = (
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
)
