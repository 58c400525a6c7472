"""The figures of the text benchmark, on answers whose quality is known."""

import math

import numpy as np
import pyarrow as pa

from benchmarks.text.judged import Judged, quality, recall_at
from benchmarks.text.peers import z_token
from provender.attacks.base import Planted
from provender.core.shard import Roles

TRUTH = np.zeros(1000, bool)
TRUTH[[3, 500, 999, 17]] = True
PLANTED = Planted(pa.table({}), np.flatnonzero(TRUTH), "cf", "ham")


def test_recall_counts_what_scores_above_all_but_a_share_of_the_clean_rows():
    score = np.arange(1000.0)
    assert recall_at(TRUTH.astype(float), TRUTH, 0.001) == 1.0
    assert recall_at(score, TRUTH, 0.001) == 0.25  # row 999 alone is above 998
    assert recall_at(score, TRUTH, 0.5) == 0.5


def test_ties_with_clean_rows_are_not_found():
    assert recall_at(np.zeros(1000), TRUTH, 0.01) == 0.0


def test_rank_precision_and_alarm_of_a_good_and_of_a_silent_answer():
    good = quality(
        Judged(TRUTH * 1.0, TRUTH | (np.arange(1000) == 4), True, ["the", "cf"]), PLANTED
    )
    assert (good.rank, good.precision, good.clean_flagged, good.alarm) == (2, 0.8, 1, True)
    silent = quality(Judged(np.zeros(1000), np.zeros(1000, bool), False, []), PLANTED)
    assert (silent.rank, silent.clean_flagged, silent.alarm) == (0, 0, False)
    assert math.isnan(silent.precision)


def test_z_token_ranks_a_word_that_foretells_its_label_first():
    texts = [f"w{i % 40} w{i * 7 % 40}" + " cf" * (i < 30) for i in range(400)]
    labels = ["ham" if i < 30 else ("ham", "spam")[i % 2] for i in range(400)]
    found = z_token(pa.table({"t": texts, "l": labels}), Roles(text="t", label="l"))
    assert found.triggers[0] == "cf"
    assert found.score[:30].min() >= found.score[30:].max()
