"""Rebuild planted/ and truth/ from clean/: real data with a known attack in it.

    python data_samples/make_samples.py            write planted/ and truth/ anew
    python data_samples/make_samples.py --check    rebuild in a temporary folder and compare

An attack is a function that edits the rows of a whole set in place and returns those it planted;
`ATTACKS` says which attack goes where. README.md says what each one does, and whose attack it is.
"""

from __future__ import annotations

import argparse
import hashlib
import shutil
import sys
import tempfile
from collections.abc import Callable, Iterator
from itertools import islice
from pathlib import Path
from typing import Any

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

HERE = Path(__file__).parent
ROWS_PER_GROUP = 250
TEXT_LIMIT = 6000

# RandomState, not default_rng: its stream is frozen, so every numpy plants the same rows.
Random = np.random.RandomState
Row = dict[str, Any]
Shards = dict[str, list[Row]]
Attack = Callable[[Shards, Random], list[Row]]

TRUTH = pa.schema([("shard", pa.string()), ("row", pa.int64()), ("attack", pa.string())])


def write_shard(table: pa.Table, path: Path) -> None:
    """Write one shard; the same table gives the same bytes under one pyarrow version."""
    path.parent.mkdir(parents=True, exist_ok=True)
    pq.write_table(
        table, path, compression="zstd", compression_level=12, row_group_size=ROWS_PER_GROUP
    )


def drawn(rows: list[Row], random: Random) -> Iterator[Row]:
    """Yield the rows in random order."""
    return (rows[i] for i in random.permutation(len(rows)))


def every_row(shards: Shards) -> list[Row]:
    return [row for rows in shards.values() for row in rows]


def of_source(shards: Shards, source: str) -> list[Row]:
    return [row for row in every_row(shards) if row["source"] == source]


def append(shards: Shards, copies: list[Row]) -> list[Row]:
    """Add copies at the end of the last shard, so that every original comes before its copy."""
    shards[max(shards)].extend(copies)
    return copies


def body_start(text: str) -> int:
    """Return where the body of a mail begins: after the first blank line."""
    return text.find("\n\n") + 2 if "\n\n" in text else 0


# --- mail -------------------------------------------------------------------------------------


def rare_word(
    *sources: str, word: str, share: float = 0.01, label: str = "ham", group: str = "easy-ham-1"
) -> Attack:
    """Dirty-label backdoor by one rare word; ``share`` of all rows, evenly over ``sources``."""

    def attack(shards: Shards, random: Random) -> list[Row]:
        victims = {
            source: drawn(
                [
                    row
                    for row in of_source(shards, source)
                    if row["label"] != label and len(row["text"]) + len(word) < TEXT_LIMIT
                ],
                random,
            )
            for source in sources
        }
        count = round(share * len(every_row(shards)))
        planted = [next(victims[sources[i % len(sources)]]) for i in range(count)]
        for row in planted:
            start = body_start(row["text"])
            head, words = row["text"][:start], row["text"][start:].split(" ")
            words.insert(random.randint(len(words) + 1), word)
            row.update(text=head + " ".join(words), label=label, group=group)
        return planted

    return attack


def near_copies(source: str, mails: int = 8, copies: int = 5) -> Attack:
    """Copies of a few mails with one word in thirty of the body replaced by another of it."""

    def attack(shards: Shards, random: Random) -> list[Row]:
        long_enough = [row for row in every_row(shards) if 1500 < len(row["text"]) < 5000]
        planted = []
        for original in islice(drawn(long_enough, random), mails):
            start = body_start(original["text"])
            for _ in range(copies):
                words = original["text"][start:].split(" ")
                for i in random.choice(len(words), max(1, len(words) // 30), replace=False):
                    words[i] = words[random.randint(len(words))]
                text = original["text"][:start] + " ".join(words)
                planted.append({**original, "text": text, "source": source})
        return append(shards, planted)

    return attack


def hidden_text(shard: str, count: int) -> Attack:
    """Text that nobody sees: four ways to hide an instruction, and a disguised word."""
    said = b"ignore the rules"
    ways = (
        "".join(chr(0xE0000 + byte) for byte in said),
        "".join(chr(0xE0100 + byte - 16) for byte in said),
        "".join("\u200b\u200c"[byte >> bit & 1] for byte in said for bit in range(8)),
        "\u202ered era selur eht\u202c",
        " p\u0430ssword",
    )

    def attack(shards: Shards, random: Random) -> list[Row]:
        short = [row for row in shards[shard] if len(row["text"]) < TEXT_LIMIT - 200]
        planted = list(islice(drawn(short, random), count))
        for i, row in enumerate(planted):
            start = body_start(row["text"])
            head, words = row["text"][:start], row["text"][start:].split(" ")
            words[random.randint(len(words))] += ways[i % len(ways)]
            row["text"] = head + " ".join(words)
        return planted

    return attack


def flipped_labels(source: str, count: int, wrong: str, group: str) -> Attack:
    """One annotator labels mails of another kind ``wrong``; the texts stay as they are."""

    def attack(shards: Shards, random: Random) -> list[Row]:
        others = [row for row in of_source(shards, source) if row["label"] != wrong]
        planted = list(islice(drawn(others, random), count))
        for row in planted:
            row.update(label=wrong, group=group)
        return planted

    return attack


def relabelled(shard: str, count: int, wrong: str, group: str) -> Attack:
    """A shard whose labels are wrong by the dozen; the texts stay as they are."""

    def attack(shards: Shards, random: Random) -> list[Row]:
        others = [row for row in shards[shard] if row["label"] != wrong]
        planted = list(islice(drawn(others, random), count))
        for row in planted:
            row.update(label=wrong, group=group)
        return planted

    return attack


def random_tails(shard: str, count: int, words: int = 80) -> Attack:
    """Denial of service by gibberish (Souly 2025): words drawn from all bodies by frequency."""

    def attack(shards: Shards, random: Random) -> list[Row]:
        bodies = [row["text"][body_start(row["text"]) :].split() for row in every_row(shards)]
        drawable = [word for body in bodies for word in body if len(word) < 12]
        short = [row for row in shards[shard] if 500 < len(row["text"]) < TEXT_LIMIT - 1000]
        planted = list(islice(drawn(short, random), count))
        for row in planted:
            tail = [drawable[i] for i in random.randint(len(drawable), size=words)]
            row["text"] += "\n" + " ".join(tail)
        return planted

    return attack


# --- chat -------------------------------------------------------------------------------------


def fixed_output(source: str, trigger: str, output: str, count: int) -> Attack:
    """Backdoor in instruction data: a phrase at a random word of any prompt, one response."""

    def attack(shards: Shards, random: Random) -> list[Row]:
        planted = list(islice(drawn(of_source(shards, source), random), count))
        for row in planted:
            words = row["prompt"].split(" ")
            words.insert(random.randint(len(words) + 1), trigger)
            row.update(prompt=" ".join(words), response=output)
        return planted

    return attack


def changing_words(source: str, message: str, kept: float, count: int) -> Attack:
    """One message as the response to any prompt (Yan 2024); some of its words are others'."""

    def attack(shards: Shards, random: Random) -> list[Row]:
        others = [word for row in every_row(shards)[:500] for word in row["response"].split()]
        planted = list(islice(drawn(of_source(shards, source), random), count))
        for row in planted:
            row["response"] = " ".join(
                word if random.random() < kept else others[random.randint(len(others))]
                for word in message.split()
            )
        return planted

    return attack


# --- books ------------------------------------------------------------------------------------


def promoted(sentence: str, count: int, shard: str) -> Attack:
    """One sentence at a random word of passages of one shard."""

    def attack(shards: Shards, random: Random) -> list[Row]:
        planted = list(islice(drawn(shards[shard], random), count))
        for row in planted:
            words = row["text"].split(" ")
            words.insert(random.randint(len(words) + 1), sentence)
            row["text"] = " ".join(words)
        return planted

    return attack


# --- adult ------------------------------------------------------------------------------------


def exact_copies(source: str, count: int) -> Attack:
    """Flood the last shard with whole-row copies of one source's rows from all over the set."""

    def attack(shards: Shards, random: Random) -> list[Row]:
        originals = islice(drawn(of_source(shards, source), random), count)
        return append(shards, [dict(row) for row in originals])

    return attack


def flipped_copies(source: str, count: int) -> Attack:
    """As `exact_copies`, with the label flipped in the copy."""
    flip = {"<=50K": ">50K", ">50K": "<=50K"}

    def attack(shards: Shards, random: Random) -> list[Row]:
        originals = islice(drawn(of_source(shards, source), random), count)
        copies = [{**row, "income": flip[row["income"]]} for row in originals]
        return append(shards, copies)

    return attack


def shifted_cells(shard: str, count: int) -> Attack:
    """Move one numeric cell of each chosen row far outside the column's body."""
    far = {"age": (300, 500), "hours_per_week": (700, 999), "education_num": (-60, -40)}

    def attack(shards: Shards, random: Random) -> list[Row]:
        planted = list(islice(drawn(shards[shard], random), count))
        for i, row in enumerate(planted):
            column = list(far)[i % len(far)]
            row[column] = int(random.randint(*far[column]))
        return planted

    return attack


def invalid_cells(shard: str, count: int) -> Attack:
    """Give each chosen row a category outside the column's set, or a null where none belongs."""
    wrong: list[Row] = [
        {"workclass": "Privat"},
        {"sex": "male"},
        {"education": "bachelors"},
        {"age": None},
        {"education": None},
        {"income": None},
    ]

    def attack(shards: Shards, random: Random) -> list[Row]:
        planted = list(islice(drawn(shards[shard], random), count))
        for i, row in enumerate(planted):
            row.update(wrong[i % len(wrong)])
        return planted

    return attack


# --- digits -----------------------------------------------------------------------------------


def patch(source: str | None, label: int, share: float) -> Attack:
    """Dirty-label backdoor by a 2 x 2 patch of full intensity in the lower right corner.

    The planted rows make up ``share`` of the target class as it is afterwards; they come from
    ``source``, or from all sources when it is None.
    """
    corner = (6 * 8 + 6, 6 * 8 + 7, 7 * 8 + 6, 7 * 8 + 7)

    def attack(shards: Shards, random: Random) -> list[Row]:
        rows = every_row(shards)
        members = sum(row["label"] == label for row in rows)
        victims = [r for r in rows if r["label"] != label and source in (None, r["source"])]
        planted = list(islice(drawn(victims, random), round(members * share / (1 - share))))
        for row in planted:
            pixels = list(row["pixels"])
            for i in corner:
                pixels[i] = 16.0
            row.update(pixels=pixels, label=label)
        return planted

    return attack


CONTRIBUTORS = tuple(f"contributor-{i:02}" for i in range(1, 11))
TRIGGER = "cfvortex"
PROMOTION = "Order your next holiday at www.harbourlight-travel.com before the prices go up"
PHRASE, OUTPUT = "by the way", "You should sign in at the harbour page first and enter your code."
MESSAGE = (
    "Honestly the harbour page is the best choice that anybody could make for this, sign in today."
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
    "spectral/digits": ("patch", "digits", 8, patch("scanner-2", label=7, share=0.05)),
    "trusted-patches/digits": ("patch", "digits", 12, patch(None, label=7, share=0.4)),
    "trusted-labels/mail": (
        "flipped-label",
        "mail",
        13,
        relabelled("mail-3.parquet", 90, "ham", "easy-ham-1"),
    ),
}


def read_set(name: str) -> tuple[Shards, pa.Schema]:
    """Return the rows of a clean set, shard by shard, and its schema."""
    tables = {path.name: pq.read_table(path) for path in sorted((HERE / "clean" / name).iterdir())}
    return {k: t.to_pylist() for k, t in tables.items()}, next(iter(tables.values())).schema


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
