"""When a rule has found the poison, on findings and flags made up for the case."""

import numpy as np
import pyarrow as pa
import pytest

from provender.io.states import StateStore
from provender.stats.packing import pack
from provender.work.redteam.copies import Truth
from provender.work.redteam.scored import score

PLANTED = np.arange(100, 120)


@pytest.fixture
def judged(tmp_path):
    """Score flags {(rule, cause): rows of 200 in two shards} and findings (rule, what)."""

    def judge(flags, findings=(), truth=None, leads=(), rejecting=()):
        store, marks = StateStore(str(tmp_path)), []
        for shard in (0, 1):
            lines = [
                (row - 100 * shard, rule, cause)
                for (rule, cause), rows in flags.items()
                for row in rows
                if row // 100 == shard
            ]
            row, rule, cause = np.array(lines, np.int64).reshape(-1, 3).T
            columns = {
                "row": pa.array(row),
                "rule": pa.array(rule.astype(np.int32)),
                "cause": pa.array(cause.astype(np.int32)),
            }
            marks.append(
                (f"{shard}.parquet", store.put_content("marks", pack("marks/2", {}, columns)))
            )
        document = {
            "shards": [{"name": "0.parquet"}, {"name": "1.parquet"}],
            "detectors": [{"rule": "a/one"}, {"rule": "b/two"}],
            "findings": [
                {
                    "rule": rule,
                    "what": what,
                    "level": level,
                    "concentrated_in": places,
                    "evidence": {"lead": True} if what in leads else {},
                }
                for rule, what, level, places in findings
            ],
        }
        planted = truth or Truth(PLANTED, "violet harbour", "x")
        return score(document, marks, [0, 100], planted, rejecting, store)

    return judge


def test_a_finding_with_half_of_the_planted_rows_has_found_them(judged):
    half = judged({(0, 3): range(100, 110)})
    assert half["a/one"]["found"]
    assert (half["a/one"]["caught"], half["a/one"]["clean_flagged"]) == (10, 0)
    assert not half["b/two"]["found"]
    assert not judged({(0, 3): range(100, 109)})["a/one"]["found"]


def test_half_of_them_in_pieces_is_not_found(judged):
    pieces = judged({(0, 1): range(100, 108), (0, 2): range(108, 116)})
    assert not pieces["a/one"]["found"]
    assert pieces["a/one"]["caught"] == 16


def test_a_rule_that_flags_everything_has_found_nothing(judged):
    few = Truth(np.arange(100, 110), "", "")
    all_rows = judged({(0, 0): range(200)}, truth=few)["a/one"]
    assert (all_rows["found"], all_rows["caught"], all_rows["clean_flagged"]) == (False, 10, 190)
    dense = judged({(0, 0): range(100, 200)}, truth=few)["a/one"]
    assert dense["found"]


def test_naming_the_trigger_is_finding_it_and_the_source_is_told_apart(judged):
    places = [["shard", "s1", 0.001], ["source", "s2", 0.001]]
    findings = [
        ("a/one", "something", "note", []),
        ("a/one", "Violet harbour", "error", places),
        ("b/two", "violet", "warning", []),
    ]
    found = judged(
        {}, findings, Truth(PLANTED, "violet harbour", "x", contributor=("source", "s2"))
    )
    one = found["a/one"]
    assert (one["found"], one["rank"], one["contributor_named"]) == (True, 2, True)
    assert (one["findings"], one["level"]) == (2, "error")
    assert not found["b/two"]["found"]
    other = judged(
        {}, findings, Truth(PLANTED, "violet harbour", "x", contributor=("source", "s1"))
    )
    assert not other["a/one"]["contributor_named"]


def test_a_lead_has_a_rank_but_has_found_nothing(judged):
    findings = [("a/one", "x", "note", []), ("a/one", "violet harbour", "note", [])]
    one = judged({}, findings, leads=("x", "violet harbour"))["a/one"]
    assert (one["rank"], one["found"], one["findings"], one["level"]) == (2, False, 0, "")
    assert judged({}, findings, leads=("x",))["a/one"]["found"]


def test_the_zero_arm_finds_no_poison_and_counts_flags(judged):
    nothing = judged({(1, 0): [5, 6]}, [("b/two", "", "note", [])], Truth(np.zeros(0, np.int64)))
    assert (nothing["b/two"]["found"], nothing["b/two"]["clean_flagged"]) == (False, 2)
