"""Texts of many sources, what is planted in them, and how sources/own-words is run on them."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from provender.detect.own_words.detector import OwnWords
from tests.detect.row_runs import bound, flagged, run, without

TRIGGERS = {
    "rare word": "zorvex",
    "phrase of known words": "w171 w203 w98",
    "sentence": "one quiet w1 morning in the copper hall w2",
}


def said(rows: int, sources: int = 20, seed: int = 0, own: float = 0.0) -> tuple[list, list]:
    """Texts, and a source for each at random; a share ``own`` of the words is the source's."""
    random = np.random.default_rng(seed)
    source = random.integers(sources, size=rows)
    texts = []
    for s in source:
        words = [f"w{k}" for k in random.zipf(1.3, int(random.integers(8, 20))) % 4000]
        mine = random.random(len(words)) < own
        texts.append(
            " ".join(
                f"s{s}x{random.integers(40)}" if m else w for w, m in zip(words, mine, strict=True)
            )
        )
    return texts, [f"s{s:02}" for s in source]


def plant(texts: list, sources: list, trigger: str, rows: int, source: str = "s07") -> list[int]:
    """Put the trigger into rows at random, and give them all one source."""
    random = np.random.default_rng(1)
    chosen = sorted(random.choice(len(texts), rows, replace=False).tolist())
    for i in chosen:
        words = texts[i].split()
        words.insert(int(random.integers(len(words) + 1)), trigger)
        texts[i], sources[i] = " ".join(words), source
    return chosen


def shared_by(names: Sequence[str], each: int, sources: int, seed: int = 0) -> tuple:
    """Plant a word into so many rows of each of the names; return (texts, sources, rows)."""
    texts, source = said(4000, sources, seed)
    random = np.random.default_rng(seed + 1)
    chosen = random.choice(4000, each * len(names), replace=False).tolist()
    for n, i in enumerate(chosen):
        texts[i], source[i] = f"zorvex {texts[i]}", names[n % len(names)]
    return texts, source, sorted(chosen)


def table(texts: list, sources: list) -> pa.Table:
    return pa.table({"t": pa.array(texts, pa.string()), "s": pa.array(sources, pa.string())})


def scan(data: pa.Table, cuts: Sequence[int] = ()):
    """Return (flagged rows, causes, limits, scores)."""
    detector = bound(OwnWords(), data, text="t", source="s")
    scores, profile = run(detector, data, cuts)
    assert (np.isnan(scores.score) == np.isnan(scores.p_value)).all()
    causes = detector.causes(profile)
    assert scores.cause.max(initial=-1) < len(causes)
    rows = np.flatnonzero(flagged(scores)).tolist()
    return rows, causes, detector.limits(profile), scores


def fewest_gone(data: pa.Table, scores, most: int) -> int:
    """Without how many rows, the highest scores first, nothing stands: by trying."""
    return next(n for n in range(most + 1) if not scan(without(data, scores, 0, n))[1])
