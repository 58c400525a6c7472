"""Cut clean/ from the public originals. Done once; kept to show how, and to do it again.

    python -m data_samples.cut_clean --adult adult_data.parquet --mail spamassassin.parquet \
        --chat chitchat_pairs.parquet --books gutenberg

adult: UCI Adult, the training part, 15 columns, '?' read as null. mail: the SpamAssassin public
corpus with columns group, label, text (the whole message). chat: the chit-chat dataset's turns as
columns prompt, response. books: a folder of Project Gutenberg's texts. digits comes with
scikit-learn.
"""

from __future__ import annotations

import argparse
import shutil
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from data_samples.rows import CONTRIBUTORS, HERE, TEXT_LIMIT, body_start, write_shard

ADULT_ROWS, MAIL_ROWS, MAIL_CANDIDATES, NEAR = 8000, 2400, 3000, 0.7
CHAT_FIRST, CHAT_ROWS = 126_000, 3000
BOOKS = (
    "austen-persuasion",
    "bryant-stories",
    "burgess-busterbrown",
    "carroll-alice",
    "chesterton-ball",
    "edgeworth-parents",
)
PASSAGES, PASSAGE_WORDS, FRONT_WORDS = 252, 36, 200


def near_duplicates(texts: list[str]) -> np.ndarray:
    """Return a mask of texts with an earlier, kept text at Jaccard >= NEAR of word 5-shingles."""
    from sklearn.feature_extraction.text import CountVectorizer

    shingles = CountVectorizer(ngram_range=(5, 5), token_pattern=r"\w+", binary=True)
    found = shingles.fit_transform(texts)
    sizes = np.asarray(found.sum(axis=1)).ravel()
    dropped = np.zeros(len(texts), bool)
    for i in range(1, len(texts)):
        shared = np.asarray((found[:i] @ found[i].T).todense()).ravel()
        near = shared >= NEAR * np.maximum(sizes[:i] + sizes[i] - shared, 1)
        dropped[i] = bool((near & ~dropped[:i]).any())
    return dropped


def with_sources(table: pa.Table, names: list[str], random: np.random.RandomState) -> pa.Table:
    """Add a made-up ``source`` column, drawn at random for each row."""
    drawn = random.randint(len(names), size=table.num_rows)
    return table.append_column("source", pa.array([names[i] for i in drawn], pa.string()))


def write_set(name: str, table: pa.Table, shards: int) -> None:
    folder = HERE / "clean" / name
    shutil.rmtree(folder, ignore_errors=True)
    edges = np.linspace(0, table.num_rows, shards + 1).round().astype(int)
    for i in range(shards):
        part = table.slice(edges[i], edges[i + 1] - edges[i])
        write_shard(part.combine_chunks(), folder / f"{name}-{i}.parquet")


def plain(table: pa.Table) -> pa.Table:
    """Drop pandas' metadata and write large_string as string."""
    fields = [
        pa.field(f.name, pa.string() if f.type == pa.large_string() else f.type)
        for f in table.schema
    ]
    return table.cast(pa.schema(fields))


def cut_adult(path: Path) -> None:
    random = np.random.RandomState(11)
    table = plain(pq.read_table(path).replace_schema_metadata(None))
    rows = np.sort(random.permutation(table.num_rows)[:ADULT_ROWS])
    names = [f"bureau-{letter}" for letter in "abcdefgh"]
    write_set("adult", with_sources(table.take(rows), names, random), shards=8)


def cut_mail(path: Path) -> None:
    random = np.random.RandomState(12)
    table = plain(pq.read_table(path).replace_schema_metadata(None))
    texts = [text[:TEXT_LIMIT] for text in table["text"].to_pylist()]
    bodies = [text[body_start(text) :] for text in texts]
    first = {body: row for row, body in reversed(list(enumerate(bodies)))}
    unique = np.array(sorted(first.values()))
    rows = random.permutation(unique)[:MAIL_CANDIDATES]
    near = near_duplicates([texts[i] for i in rows]) | near_duplicates([bodies[i] for i in rows])
    kept = np.array(rows[~near][:MAIL_ROWS])
    table = table.set_column(2, "text", pa.array(texts, pa.string())).take(kept)
    write_set("mail", with_sources(table, list(CONTRIBUTORS), random), shards=6)
    print(
        f"mail: {table.num_rows} rows; {len(texts) - len(unique)} duplicate bodies in the corpus,"
    )
    print(f"{int(near.sum())} near-duplicates among {len(rows)} candidates")


def cut_chat(path: Path) -> None:
    random = np.random.RandomState(14)
    table = pq.read_table(path, columns=["prompt", "response"]).replace_schema_metadata(None)
    table = plain(table.slice(CHAT_FIRST, CHAT_ROWS))
    write_set("chat", with_sources(table, list(CONTRIBUTORS), random), shards=6)


def cut_books(folder: Path) -> None:
    random = np.random.RandomState(15)
    texts = []
    for book in BOOKS:
        words = (folder / f"{book}.txt").read_text("utf-8", "replace").split()[FRONT_WORDS:]
        starts = range(0, len(words) - PASSAGE_WORDS, PASSAGE_WORDS)
        drawn = np.sort(random.permutation(len(starts))[:PASSAGES])
        texts += [" ".join(words[starts[i] : starts[i] + PASSAGE_WORDS]) for i in drawn]
    order = random.permutation(len(texts))
    table = pa.table({"text": pa.array([texts[i] for i in order], pa.string())})
    write_set("books", with_sources(table, list(CONTRIBUTORS), random), shards=6)


def cut_digits() -> None:
    from sklearn.datasets import load_digits

    random = np.random.RandomState(13)
    digits = load_digits()
    table = pa.table(
        {
            "id": pa.array(np.arange(len(digits.data)), pa.int64()),
            "label": pa.array(digits.target, pa.int64()),
            "pixels": pa.array(list(digits.data.astype(np.float32)), pa.list_(pa.float32())),
        }
    )
    names = [f"scanner-{i}" for i in range(1, 7)]
    write_set("digits", with_sources(table, names, random), shards=6)


def main() -> None:
    parser = argparse.ArgumentParser(description="Cut clean/ from the public originals.")
    parser.add_argument("--adult", type=Path, required=True, metavar="FILE")
    parser.add_argument("--mail", type=Path, required=True, metavar="FILE")
    parser.add_argument("--chat", type=Path, required=True, metavar="FILE")
    parser.add_argument("--books", type=Path, required=True, metavar="FOLDER")
    options = parser.parse_args()
    cut_adult(options.adult)
    cut_mail(options.mail)
    cut_chat(options.chat)
    cut_books(options.books)
    cut_digits()


if __name__ == "__main__":
    main()
