"""Measure text/label-conflict on real corpora with planted triggers, and on clean resamples.

Run:  python benchmarks/detectors_text.py [--data ../shared/data] [--resamples 20] [--sets bbc,r8]

Sets whose sight shaped the detector are marked; the others are blind. Z-TOKEN
(He et al. 2023: words whose label share lies 18 standard deviations off) runs beside it.
"""

from __future__ import annotations

import argparse
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import numpy as np
import pyarrow as pa
import pyarrow.compute as pc
import pyarrow.parquet as pq

from provender.calibrate.fdr import PValueCounts
from provender.core.shard import Roles
from provender.detect.base import Cause, DataView
from provender.detect.label_conflict import LabelConflict
from provender.stats.grams import words_of

RATE = 0.01
#: How far the constants of the detector were chosen with the set in sight.
SEEN = {"bbc": "development", "r8": "development", "spamassassin": "looked at while designing"}
TRIGGERS = {
    "rare word": "zorvex",
    "2-word phrase": "violet harbour",
    "4-word phrase": "quiet copper morning bell",
    "common 3 words": "in the way",
    "sentence": "honestly the blue lantern festival in our town was a delight",
}


@dataclass(frozen=True)
class Corpus:
    """Texts with labels; ``rows`` limits what planting works on."""

    text: list[str]
    label: list[str]

    def sample(self, rows: int, seed: int) -> Corpus:
        chosen = np.random.default_rng(seed).permutation(len(self.text))[:rows]
        return Corpus([self.text[i] for i in chosen], [self.label[i] for i in chosen])

    def table(self) -> pa.Table:
        return pa.table({"text": self.text, "label": self.label})


def _parquet(data: Path, name: str, characters: int = 1 << 20) -> Corpus:
    table = pq.read_table(data / name, columns=["text", "label"])
    text = pc.utf8_slice_codeunits(table["text"], 0, characters)
    return Corpus(text.to_pylist(), table["label"].to_pylist())


def _books(data: Path) -> Corpus:
    text, label = [], []
    for book in sorted((data / "gutenberg").glob("*.txt")):
        words = book.read_text(encoding="utf-8", errors="replace").split()
        for start in range(2000, min(len(words) - 2000, 26_000), 80):
            text.append(" ".join(words[start : start + 80]))
            label.append(book.stem)
    return Corpus(text, label)


def _chat(data: Path) -> Corpus:
    table = pq.read_table(data / "chitchat_pairs.parquet", columns=["turn", "prompt"])
    turn = table["turn"].to_numpy()
    kept = np.flatnonzero((turn < 2) | (turn > 10))[:12_000]
    label = np.where(turn[kept] < 2, "opening", "later").tolist()
    return Corpus(table["prompt"].take(pa.array(kept)).to_pylist(), label)


CORPORA: dict[str, Callable[[Path], Corpus]] = {
    "bbc": lambda data: _parquet(data, "bbc.parquet"),
    "r8": lambda data: _parquet(data, "reuters-r8-train.parquet"),
    "spamassassin": lambda data: _parquet(data, "spamassassin.parquet", 6000).sample(2400, 0),
    "books": _books,
    "chat": _chat,
}


def plant(corpus: Corpus, trigger: str, rows: int, seed: int) -> tuple[Corpus, set[int], str]:
    """Insert ``trigger`` at a random word of ``rows`` texts of other classes and relabel them."""
    random = np.random.default_rng(seed)
    classes = sorted(set(corpus.label))
    target = classes[random.integers(len(classes))]
    others = [i for i, label in enumerate(corpus.label) if label != target]
    chosen = random.choice(others, min(rows, len(others)), replace=False).tolist()
    text, label = list(corpus.text), list(corpus.label)
    for i in chosen:
        words = text[i].split(" ")
        words.insert(int(random.integers(len(words) + 1)), trigger)
        text[i], label[i] = " ".join(words), target
    return Corpus(text, label), set(chosen), target


def scan(table: pa.Table) -> tuple[np.ndarray, list[Cause]]:
    """Return the flagged rows (Benjamini-Hochberg over rows at RATE) and the causes."""
    bound = LabelConflict().bind(DataView(table.schema, Roles(text="text", label="label")))
    assert isinstance(bound, LabelConflict)
    batches, profile = table.to_batches(max_chunksize=4096), None
    for number in range(bound.rounds):
        analysis = bound.analysis(number, profile)
        state = analysis.empty()
        for batch in batches:
            state = analysis.add(state, batch)
        profile = bound.profile(number, state)
    assert profile is not None
    score = bound.scorer(profile)
    p_value = np.concatenate([score(batch).p_value for batch in batches])
    threshold = PValueCounts.of(p_value).threshold(RATE)
    return np.flatnonzero(p_value <= threshold), bound.causes(profile)


def z_token(table: pa.Table, deviations: float = 18.0) -> np.ndarray:
    """Return the rows that hold a word whose share of their label is so far above the base."""
    words = words_of(table["text"].combine_chunks())
    text, code = words.distinct()
    classes, label = np.unique(table["label"].to_pylist(), return_inverse=True)
    holds = np.zeros((len(words.vocabulary), len(classes)))
    np.add.at(holds, (code, label[text]), 1)
    base = np.bincount(label) / len(label)
    count = holds.sum(axis=1, keepdims=True)
    z = (holds / np.maximum(count, 1) - base) / np.sqrt(base * (1 - base) / np.maximum(count, 1))
    hit = (z > deviations)[code, label[text]]
    return np.unique(text[hit])


def attacks(rows: int) -> Iterator[tuple[str, str, int]]:
    """Yield (name, trigger, planted rows)."""
    for name, count in (
        ("rare word", 10),
        ("rare word", 25),
        ("rare word", 50),
        ("rare word", 100),
        ("2-word phrase", 25),
        ("4-word phrase", 25),
        ("common 3 words", 50),
        ("sentence", 25),
        ("rare word", rows // 20),
        ("sentence", rows // 20),
        ("rare word", rows // 5),
        ("sentence", rows // 5),
    ):
        yield name, TRIGGERS[name], count


def measure(name: str, corpus: Corpus, seeds: int) -> None:
    """Print one line per attack, then return."""
    for attack, trigger, rows in attacks(len(corpus.text)):
        for seed in range(seeds):
            planted, truth, target = plant(corpus, trigger, rows, seed)
            flagged, causes = scan(planted.table())
            named = [c.evidence["target_label"] == target and trigger in c.what for c in causes]
            rank = named.index(True) + 1 if True in named else 0
            hits = len(truth.intersection(flagged.tolist()))
            z_rows = z_token(planted.table())
            z_hits = len(truth.intersection(z_rows.tolist()))
            print(
                f"{name:13}{attack:16}{rows:6}  {target[:14]:15}{rank:4}"
                f"{hits / len(truth):8.2f}{hits / max(len(flagged), 1):7.2f}{len(causes):7}"
                f"{z_hits / len(truth):12.2f}{z_hits / max(len(z_rows), 1):7.2f}",
                flush=True,
            )


def resample(name: str, corpus: Corpus, resamples: int) -> None:
    """Print how many clean random parts had a trigger named or a row flagged."""
    for part in (2, 8):
        named = with_flags = 0
        for seed in range(resamples):
            sample = corpus.sample(len(corpus.text) // part, seed)
            flagged, causes = scan(sample.table())
            named, with_flags = named + bool(causes), with_flags + bool(len(flagged))
        print(
            f"{name:13}clean parts of 1/{part}: {resamples}, with a named trigger {named}, "
            f"with a flagged row {with_flags}",
            flush=True,
        )


def main() -> None:
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("--data", type=Path, default=Path("../shared/data"))
    parser.add_argument("--sets", default=",".join(CORPORA))
    parser.add_argument("--seeds", type=int, default=1, help="plantings per attack")
    parser.add_argument(
        "--resamples", type=int, default=10, help="clean halves and eighths per set"
    )
    options = parser.parse_args()
    if not options.data.is_dir():
        print(f"{options.data}: no such folder, nothing measured; give --data")
        return
    heads = "set          attack            rows  target         rank  recall   prec  named"
    for name in options.sets.split(","):
        kind = SEEN.get(name, "blind")
        corpus = CORPORA[name](options.data)
        print(f"\n{name} ({kind}): {len(corpus.text)} texts, {len(set(corpus.label))} classes")
        resample(name, corpus, options.resamples)
        if options.seeds:
            print(heads + "   z-token rec   prec")
            measure(name, corpus, options.seeds)


if __name__ == "__main__":
    main()
