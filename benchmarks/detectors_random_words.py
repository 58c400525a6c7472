"""Measure text/random-words: tails of random words in real corpora, and clean ones left alone.

Run:  python -m benchmarks.detectors_random_words [--data ../shared/data] [--sets bbc,r8]

Ten documents of each corpus get a tail. 'TPR' is the share of them that score above the 99.9th
percentile of the clean documents; 'found' are those that the rule flags at a rate of 1 %, 'others'
clean documents flagged beside them. Clean documents are then drawn again and again, without poison:
'alarms' are draws in which a document is flagged. 'development' corpora chose the constants,
'looked at' ones were scored while they were chosen, 'blind' ones were not.
"""

from __future__ import annotations

import argparse
import ast
import time
from collections.abc import Callable
from importlib.util import find_spec
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.parquet as pq

from provender.attacks.word_chain import WordChain
from provender.calibrate.fdr import PValueCounts
from provender.core.shard import Roles
from provender.detect.base import DataView
from provender.detect.random_words.detector import RandomWords

_PLANTED, _LEAST, _RATE = 10, 60, 0.01
_BOOK, _TURNS = 180, 20  # words of a document; turns of one
_LONG = 40  # characters of what is no word
_DOCSTRING = 30  # words of the least docstring
Random = np.random.Generator


def _column(data: Path, name: str) -> list[str]:
    texts: list[str] = pq.read_table(data / name, columns=["text"])["text"].to_pylist()
    return texts


def _mails(data: Path) -> list[str]:
    return [t.split("\n\n", 1)[-1][:6000] for t in _column(data, "spamassassin.parquet")]


def _books(data: Path) -> list[str]:
    books = [
        p.read_text("utf-8", "replace").split() for p in sorted((data / "gutenberg").iterdir())
    ]
    return [" ".join(b[i : i + _BOOK]) for b in books for i in range(0, len(b), _BOOK)]


def _chat(data: Path) -> list[str]:
    turns = pq.read_table(data / "chitchat_pairs.parquet")["prompt"].to_pylist()
    turns = [turn or "" for turn in turns]
    return [" ".join(turns[i : i + _TURNS]) for i in range(0, len(turns), _TURNS)]


def _docstrings(_: Path) -> list[str]:
    """Return docstrings of installed packages: prose beside code, tables and lists."""
    found = []
    for package in ("numpy", "scipy", "sklearn"):
        spec = find_spec(package)
        for path in sorted(Path(spec.origin).parent.rglob("*.py")) if spec and spec.origin else ():
            for node in ast.walk(ast.parse(path.read_text("utf-8"))):
                if isinstance(node, ast.Module | ast.ClassDef | ast.FunctionDef):
                    found.append(ast.get_docstring(node) or "")
    return sorted({text for text in found if len(text.split()) >= _DOCSTRING})


#: name → (documents, whether they chose the constants)
CORPORA: dict[str, tuple[Callable[[Path], list[str]], str]] = {
    "chat": (_chat, "development"),
    "r8": (lambda data: _column(data, "reuters-r8-train.parquet"), "development"),
    "books": (_books, "development"),
    "bbc": (lambda data: _column(data, "bbc.parquet"), "looked at"),
    "mail": (_mails, "looked at"),
    "docstrings": (_docstrings, "blind"),
}


class Noise:
    """The words of a corpus, and three ways to draw from them."""

    def __init__(self, texts: list[str]) -> None:
        self.words = np.array([w for t in texts for w in t.split() if len(w) < _LONG], object)
        self.known = np.array(sorted(set(self.words)), object)
        self.chain = WordChain(self.words)

    def tail(self, way: str, count: int, random: Random) -> str:
        """Return random words."""
        if way == "as pairs do":
            return " ".join(self.chain.draw(count, random))
        words = self.known if way == "uniform" else self.words
        return " ".join(random.choice(words, count))


WAYS = ("uniform", "by frequency", "as pairs do")


def scan(texts: list[str]) -> tuple[np.ndarray, np.ndarray, float]:
    """Return (scores, p-values, processor seconds)."""
    table = pa.table({"text": pa.array(texts, pa.large_string())})
    bound = RandomWords().bind(DataView(table.schema, Roles(text="text")))
    assert isinstance(bound, RandomWords)
    start = time.process_time()
    analysis = bound.analysis(0, None)
    state = analysis.empty()
    for batch in table.to_batches():
        state = analysis.add(state, batch)
    score = bound.scorer(bound.profile(0, state))
    found = [score(batch) for batch in table.to_batches(max_chunksize=16_384)]
    seconds = time.process_time() - start
    columns = (np.concatenate([getattr(f, name) for f in found]) for name in ("score", "p_value"))
    score_, p_value = columns
    return np.nan_to_num(score_), p_value, seconds


def flagged(p_value: np.ndarray) -> np.ndarray:
    """Return bool (rows,): rejected at a rate of 1 %."""
    return np.asarray(p_value <= PValueCounts.of(p_value).threshold(_RATE))


def planted(name: str, texts: list[str], length: int, seeds: int) -> None:
    """Print one line per way to draw words."""
    words = Noise(texts)
    long_enough = np.flatnonzero([len(text.split()) >= _LEAST for text in texts])
    for way in WAYS:
        rates, found, others, seconds = [], [], [], 0.0
        for seed in range(seeds):
            random = np.random.default_rng(100 + seed)
            rows = random.choice(long_enough, _PLANTED, replace=False)
            poisoned = list(texts)
            for i in rows:
                poisoned[i] += " " + words.tail(way, length, random)
            score, p_value, took = scan(poisoned)
            clean = np.ones(len(texts), bool)
            clean[rows] = False
            rates.append((score[rows] > np.quantile(score[clean], 0.999)).mean())
            hit = flagged(p_value)
            found.append(hit[rows].sum())
            others.append(hit[clean].sum())
            seconds += took
        speed = seeds * sum(map(len, texts)) / 1e6 / seconds
        print(
            f"{name:11}{way:14} TPR {np.mean(rates):.2f} (least {np.min(rates):.1f})  "
            f"found {np.mean(found):4.1f} of {_PLANTED}  others {np.mean(others):.1f}  "
            f"{speed:.1f} MB/s",
            flush=True,
        )


def clean(name: str, texts: list[str], draws: int, size: int) -> None:
    """Print what is flagged of the whole corpus and of draws of it, and how the p-values lie."""
    _, p_value, _ = scan(texts)
    known = p_value[~np.isnan(p_value)]
    small = "  ".join(f"{limit:g}: {(known <= limit).mean():.1e}" for limit in (1e-2, 1e-3, 1e-4))
    alarms = rows = 0
    for seed in range(draws):
        some = np.random.default_rng(seed).choice(len(texts), min(size, len(texts)), replace=False)
        hit = flagged(scan([texts[i] for i in some])[1]).sum()
        alarms += bool(hit)
        rows += hit
    print(
        f"{name:11}clean: {flagged(p_value).sum()} of {len(texts):,} flagged; least p "
        f"{known.min():.1e}; share of documents with p at most {small}; {draws} draws of {size:,}: "
        f"alarms in {alarms}, {rows} documents",
        flush=True,
    )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sets", default=",".join(CORPORA))
    parser.add_argument("--words", type=int, default=60, help="length of a tail")
    parser.add_argument("--seeds", type=int, default=3)
    parser.add_argument("--draws", type=int, default=50, help="clean draws of each corpus")
    parser.add_argument("--size", type=int, default=1500, help="documents of a draw")
    options = parser.parse_args()
    if not options.data.is_dir():
        print(f"{options.data}: no such folder, nothing measured; give --data")
        return
    for name in options.sets.split(","):
        make, part = CORPORA[name]
        texts = make(options.data)
        megabytes = sum(map(len, texts)) / 1e6
        print(f"{name}: {part}, {len(texts):,} documents, {megabytes:.1f} MB", flush=True)
        planted(name, texts, options.words, options.seeds)
        clean(name, texts, options.draws, options.size)


if __name__ == "__main__":
    main()
