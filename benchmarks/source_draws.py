"""Clean texts whose sources are drawn anew: in how many draws does text/label-flips name any?"""

from __future__ import annotations

from collections.abc import Sequence

import numpy as np
import pyarrow as pa

from provender.detect.label_conflict.model import Labelled, Model
from provender.detect.label_flips.cells import Leaning, added, weights_of
from provender.detect.label_flips.contributors import standing_contributors
from provender.detect.label_flips.noise import Noise

SOURCES, RATE = 20, 0.01
#: Rules on text and labels that may alarm, and gathering: they share the policy's rate.
ALARMING = 7


def _drawn(label: np.ndarray, shares: str, random: np.random.Generator) -> np.ndarray:
    """Return int64 (rows,), a source for each row.

    Args:
        shares: of labels: 'even'; 'half' gives one source half of one; 'own' each its own mix.
    """
    drawn = random.integers(SOURCES, size=len(label))
    if shares == "half":
        whole = label == random.choice(np.unique(label))
        drawn[whole & (random.random(len(label)) < 0.5)] = 0
    if shares == "own":
        for one in np.unique(label):
            part = random.dirichlet(np.ones(SOURCES))
            drawn[label == one] = random.choice(SOURCES, (label == one).sum(), p=part)
    return drawn


def standing_in_draws(
    model: Model, documents: Sequence[Labelled], noise: Noise, many: int, shares: str
) -> np.ndarray:
    """Return int64 (3,): draws in which a source stands, does so at RATE, and by an alarm.

    Args:
        many: how many draws.
        shares: see `_drawn`.
    """
    leaning = [(Leaning.of(model, one), model.shares(one)) for one in documents]
    label = np.concatenate([one.label for one, _ in leaning])
    ends = np.cumsum([len(one.label) for one, _ in leaning])[:-1]
    stood = np.zeros(3, np.int64)
    for seed in range(many):
        drawn = np.split(_drawn(label, shares, np.random.default_rng([4, seed])), ends)
        names = [pa.array([f"s{i}" for i in own], pa.large_string()) for own in drawn]
        pairs = zip(leaning, names, strict=True)
        table = added([weights_of(one, own, weight) for (one, weight), own in pairs])
        assert table is not None
        every = standing_contributors("source", table, 1, noise, len(model.classes))
        least = SOURCES * min((one.p_value for one in every), default=1.0)
        stood += [bool(every), least <= RATE, 2 * least <= RATE / ALARMING]
    return stood
