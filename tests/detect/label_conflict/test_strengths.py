"""How strong a group is depends on what it is held against."""

import numpy as np

from provender.detect.label_conflict.model import UNIT
from provender.detect.label_conflict.strata import LENGTHS, LEVELS, STRATA
from provender.detect.label_conflict.tests import strengths

#: The second length, log odds between -2 and -1.
DOUBTFUL = LEVELS + 6


def by_label(held: tuple[int, int], rest: tuple[int, int]) -> float:
    """Nats of documents (other, the class) in one stratum, held against those without the group."""
    tested = np.zeros((1, 2, STRATA), np.int64)
    tested[0, :, DOUBTFUL] = np.array(held) * UNIT
    strata = tested.copy()
    strata[0, :, DOUBTFUL] += np.array(rest) * UNIT
    return float(strengths(strata, tested).by_label[0])


def test_few_documents_without_a_word_that_nearly_all_hold_say_little_against_it():
    assert LENGTHS > 1
    assert by_label((950, 350), (34, 1)) < 3
    assert by_label((950, 350), (34_000, 1_000)) > 100


def test_a_rare_word_is_held_against_all_others():
    assert by_label((0, 10), (340, 10)) > 0.9 * by_label((0, 10), (34_000, 1_000)) > 15
