"""Low p-values that gather in one source are a finding of their own."""

from collections import Counter

import numpy as np
import pytest

from provender.calibrate.alarms import Alarms
from provender.core.finding import Level, Rule
from provender.detect.registry import rules
from provender.work.low_sources import low_findings, may_be_tested

ERROR = next(rule for rule in rules() if rule.level is Level.ERROR)
NOTE = next(rule for rule in rules() if rule.level is Level.NOTE)
ROWS = {f"s{i:02}": 300 for i in range(20)}
ALARMS = Alarms.of(0.01, [ERROR] * 5, findings=10)
AT = (0.01, 0.01)


def found(
    low: dict[str, int], rule: Rule = ERROR, known: tuple[str, ...] = (), role: str = "source"
):
    return low_findings(rule, role, Counter(low), ROWS, known, AT, ALARMS)


@pytest.mark.parametrize("rule", [ERROR, NOTE])
def test_ten_weak_rows_of_one_source_are_a_finding(rule: Rule) -> None:
    (one,) = found({**dict.fromkeys(ROWS, 2), "s07": 13}, rule)
    assert one.what == "source s07"
    assert one.level is rule.level
    assert one.rows == 0, "no row is flagged: limits do not count them"
    assert [place[:2] for place in one.concentrated_in] == [("source", "s07")]
    assert one.evidence == {
        "source": "s07",
        "low_rows": 13,
        "expected": 2.55,
        "rows_of_source": 300,
    }
    assert "13 of the 300 rows of source s07" in one.message


def test_an_annotator_is_named_as_one() -> None:
    (one,) = found({**dict.fromkeys(ROWS, 2), "s07": 13}, role="annotator")
    assert one.what == "annotator s07"
    assert [place[:2] for place in one.concentrated_in] == [("annotator", "s07")]
    assert (one.evidence["annotator"], one.evidence["rows_of_annotator"]) == ("s07", 300)
    assert "rows of annotator s07" in one.message


def test_a_shard_that_differs_is_told_but_alarms_nobody() -> None:
    low = Counter({**dict.fromkeys(ROWS, 2), "s07": 40})
    (one,) = low_findings(ERROR, "shard", low, ROWS, (), AT, None)
    assert (one.what, one.level) == ("shard s07", Level.NOTE)


def test_what_does_not_reach_the_alarm_rate_is_a_note() -> None:
    (one,) = found({**dict.fromkeys(ROWS, 2), "s07": 10})
    assert one.level is Level.NOTE


def test_a_source_that_a_finding_names_already_is_not_said_twice() -> None:
    assert found({"s07": 13}, known=("s07",)) == []


def test_sources_that_differ_by_nature_are_not_named() -> None:
    assert found({"s03": 40, "s07": 40, "s09": 40}) == []


def test_clean_sources_are_not_named() -> None:
    random, named = np.random.default_rng(6), 0
    for _ in range(400):
        low = dict(zip(ROWS, random.binomial(300, 0.01, len(ROWS)).tolist(), strict=True))
        named += bool(found(low))
    assert named <= 12, "of 400 at 1 %, 13 or more come once in 5,000 times"


def test_p_values_that_come_of_the_sources_are_not_tested_by_source() -> None:
    assert may_be_tested(("text", "label"), "who")
    assert not may_be_tested(("text", "who"), "who")


def test_one_of_few_sources_is_noted_and_not_accused() -> None:
    few = dict.fromkeys(list(ROWS)[:9], 300)
    (one,) = low_findings(ERROR, "source", {"s07": 25}, few, (), AT, ALARMS)
    assert one.level is Level.NOTE
    (one,) = low_findings(ERROR, "source", {"s07": 25}, ROWS, (), AT, ALARMS)
    assert one.level is Level.ERROR
    beside_one = ROWS | {"s08": 9000}
    (one,) = low_findings(ERROR, "source", {"s07": 25}, beside_one, (), AT, ALARMS)
    assert one.level is Level.NOTE
