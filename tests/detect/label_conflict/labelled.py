"""Labelled texts with a trigger, and how the rule is run on them."""

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from provender.attacks.insertion import at_random_word, mislabelled
from provender.calibrate.fdr import PValueCounts
from provender.core.shard import Roles
from provender.detect.base import DataView, RowDetector
from provender.detect.label_conflict.detector import LabelConflict
from tests.laws import batches, one_pass

RATE = 0.01
ROLES = Roles(text="text", label="label")
TOPICS = ("garden", "money", "music", "sport")


def corpus(rows: int, seed: int = 0, topics: Sequence[str] = TOPICS) -> tuple[list, list]:
    """Texts of 30 to 60 words, a third of them from 60 words of the class's own."""
    random = np.random.default_rng(seed)
    label = random.integers(len(topics), size=rows)
    text = []
    for c in label:
        size = int(random.integers(30, 61))
        common = random.zipf(1.3, size) % 400
        own = random.integers(60, size=size)
        is_own = random.random(size) < 0.33
        words = [
            f"{topics[c]}{o}" if m else f"w{k}" for o, k, m in zip(own, common, is_own, strict=True)
        ]
        text.append(" ".join(words))
    return text, [topics[c] for c in label]


def plant(
    text: list, label: list, trigger: str, target: str, rows: int, seed: int = 1
) -> list[int]:
    """Put the trigger in texts of other classes and relabel them, in place; return the rows."""
    random, insert = np.random.default_rng(seed), at_random_word(trigger)
    clean = table(text, label)
    found = mislabelled("test", clean, ROLES, rows, random, trigger, insert, target)
    text[:], label[:] = found.table["text"].to_pylist(), found.table["label"].to_pylist()
    return found.rows.tolist()


def bind(table: pa.Table) -> LabelConflict:
    bound = LabelConflict().bind(DataView(table.schema, ROLES))
    assert isinstance(bound, LabelConflict)
    assert isinstance(bound, RowDetector)
    return bound


def profiles(table: pa.Table, cuts: Sequence[int] = ()) -> list[bytes]:
    """Return the profile of every round."""
    detector, made = bind(table), []
    for number in range(detector.rounds):
        analysis = detector.analysis(number, made[-1] if made else None)
        states = [one_pass(analysis, [piece]) for piece in batches(table, cuts)]
        made.append(detector.profile(number, analysis.merge(states)))
    return made


def scan(table: pa.Table, cuts: Sequence[int] = ()):
    """Return (flagged rows, causes, scores of all rows, limits)."""
    detector, profile = bind(table), profiles(table, cuts)[-1]
    score = detector.scorer(profile)
    found = [score(piece) for piece in batches(table, cuts)]
    p_value = np.concatenate([f.p_value for f in found])
    threshold = PValueCounts.of(p_value).threshold(RATE)
    flagged = np.flatnonzero(p_value <= threshold).tolist()
    causes = detector.causes(profile)
    for f in found:
        assert (np.isnan(f.score) == np.isnan(f.p_value)).all()
        assert ((f.cause >= 0) == (f.score > 0)).all()
        assert f.cause.max(initial=-1) < len(causes)
    return flagged, [c for c in causes if c.trigger], found, detector.limits(profile)


def table(text: list, label: list, kind: pa.DataType | None = None) -> pa.Table:
    return pa.table({"text": pa.array(text, pa.string()), "label": pa.array(label, kind)})
