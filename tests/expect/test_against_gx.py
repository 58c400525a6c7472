"""Our answers are those of Great Expectations. The whole sweep is against_gx.py's."""

import random

import pytest

from tests.expect.against_gx import differences
from tests.expect.tables import everything, expectation, random_table


@pytest.mark.parametrize("seed", range(3))
def test_answers_equal_those_of_great_expectations(seed):
    table = random_table(seed)
    draw = random.Random(seed)
    by_type = {}
    for tried in everything(table):
        by_type.setdefault(tried["type"], []).append(tried)
    sample = [t for of_type in by_type.values() for t in draw.sample(of_type, min(2, len(of_type)))]
    assert len(sample) > 70
    assert differences(table, sample) == []


def test_the_comparison_notices_a_difference():
    table = random_table(1)
    wrong_type = expectation(
        "expect_column_values_to_be_in_type_list", column="word", type_list=["str"]
    )
    assert differences(table, [wrong_type])
