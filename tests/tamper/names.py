"""Tampering with which files there are and what they are called (cases 2 to 7, 12, 28)."""

from __future__ import annotations

import os
import shutil
from pathlib import Path

from tests.tamper.case import Case
from tests.tamper.clean import NONE, ONE, TWO
from tests.tamper.verbs import SEAL, VERIFY


def swap(data: Path) -> None:
    """Let two shards of one size trade contents and keep their times, as DVC looks at those."""
    one, two = data / ONE, data / TWO
    contents = one.read_bytes(), two.read_bytes()
    for path, content in ((one, contents[1]), (two, contents[0])):
        before = path.stat()
        path.write_bytes(content)
        os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))


def drop(data: Path) -> None:
    (data / ONE).unlink()


def add(data: Path) -> None:
    (data / "train/more.jsonl").write_text('{"n": 1, "m": 7, "text": "planted"}\n')


def duplicate(data: Path) -> None:
    shutil.copy(data / ONE, data / "train/one-more.jsonl")


def rename(data: Path) -> None:
    (data / TWO).rename(data / "train/two.jsonl")


def add_ignored(data: Path) -> None:
    add(data)
    (data / ".dvcignore").write_text("/train/more.jsonl\n")
    (data / ".gitignore").write_text("more.jsonl\n")


def add_in_git_folder(data: Path) -> None:
    (data / ".github").mkdir()
    (data / ".github/planted.jsonl").write_text('{"n": 1, "m": 7, "text": "planted"}\n')


def add_empty(data: Path) -> None:
    (data / "train/empty.jsonl").touch()


def drop_without_records(data: Path) -> None:
    (data / NONE).unlink()


def link_out(data: Path) -> None:
    """Move a shard out, where it can be changed unseen, and leave a link to it."""
    outside = data.parent / "outside.jsonl"
    shutil.move(data / ONE, outside)
    (data / ONE).symlink_to(outside)


def link_inside(data: Path) -> None:
    shutil.move(data / ONE, data / "test/one.jsonl")
    (data / ONE).symlink_to("../test/one.jsonl")


def twin_by_case(data: Path) -> None:
    (data / "train/ONE.jsonl").write_text('{"n": 1, "m": 7, "text": "planted"}\n')


def twin_by_unicode(data: Path) -> None:
    """Add one name in two Unicode forms: on some systems one file, on others two."""
    for form in ("train/caf\u00e9.jsonl", "train/cafe\u0301.jsonl"):
        (data / form).write_text('{"n": 1, "m": 7, "text": "planted"}\n')


MORE = ("shard-added", "train/more.jsonl")
CASES = (
    Case(
        2,
        "swapped",
        "two shards swap contents, times kept",
        swap,
        VERIFY,
        5,
        (("shard-swapped", ONE), ("shard-swapped", TWO)),
        text=f"holds the bytes sealed as {TWO}",
    ),
    Case(3, "dropped", "a shard dropped", drop, VERIFY, 5, (("shard-missing", ONE),)),
    Case(4, "added", "a shard added", add, VERIFY, 5, (MORE,)),
    Case(
        5,
        "duplicated",
        "a shard duplicated",
        duplicate,
        VERIFY,
        5,
        (("shard-duplicated", "train/one-more.jsonl"),),
        text=f"copy of {ONE}",
    ),
    Case(
        6,
        "renamed",
        "a shard moved from test to train",
        rename,
        VERIFY,
        5,
        (("shard-renamed", TWO),),
        text="under train/two.jsonl",
    ),
    Case(
        7,
        "ignored",
        "a shard added with rules to ignore it",
        add_ignored,
        VERIFY,
        5,
        (MORE, ("shard-added", ".dvcignore"), ("shard-added", ".gitignore")),
    ),
    Case(
        7,
        "git-folder",
        "a shard added in .github/",
        add_in_git_folder,
        VERIFY,
        5,
        (("shard-added", ".github/planted.jsonl"),),
    ),
    Case(
        12,
        "empty-added",
        "an empty file added",
        add_empty,
        VERIFY,
        5,
        (("shard-added", "train/empty.jsonl"),),
    ),
    Case(
        12,
        "empty-removed",
        "a shard without records removed",
        drop_without_records,
        VERIFY,
        5,
        (("shard-missing", NONE),),
    ),
    Case(
        28,
        "link-out",
        "a shard replaced by a link out of the data",
        link_out,
        VERIFY,
        2,
        (("unreadable", None),),
        text="leads out of the data's folder",
    ),
    Case(
        28,
        "case-twin",
        "a name added that differs by case only",
        twin_by_case,
        VERIFY,
        5,
        (("shard-added", "train/ONE.jsonl"),),
    ),
    Case(
        28,
        "case-twin-sealed",
        "the same, before data are sealed",
        twin_by_case,
        SEAL,
        2,
        (),
        text="where upper and lower case are one",
    ),
    Case(
        28,
        "unicode-twin",
        "a name added in two Unicode forms",
        twin_by_unicode,
        VERIFY,
        5,
        (("shard-added", "train/caf\u00e9.jsonl"), ("shard-added", "train/cafe\u0301.jsonl")),
    ),
    Case(
        28,
        "unicode-twin-sealed",
        "the same, before data are sealed",
        twin_by_unicode,
        SEAL,
        2,
        (),
        text="Unicode normal form C",
    ),
)
