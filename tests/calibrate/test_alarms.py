"""The alarm rate: however many rules run, clean data raise a warning no more often than that."""

from dataclasses import replace

import numpy as np
import pytest

from provender.calibrate.alarms import Alarms, alarm_p
from provender.calibrate.concentration import concentrated
from provender.calibrate.fdr import PValueCounts
from provender.core.finding import Level, Rule
from provender.detect.registry import rules

RATE, TRIALS = 0.05, 2000
#: Of 2,000 trials at 5 %, 134 or more have an alarm once in 5,000 times.
MOST = 134
REGISTERED = rules()
SIX = [replace(REGISTERED[0], id=f"a/{i}", level=Level.ERROR) for i in range(6)]


def test_rules_with_valid_p_values_alarm_no_more_often_than_the_rate():
    random, alarmed, single = np.random.default_rng(1), 0, 0
    alarms = Alarms.of(RATE, SIX, findings=0)
    for _ in range(TRIALS):
        wholes = [PValueCounts.of(random.random(200)).whole for _ in range(6)]
        alarmed += any(alarms.by_rows(rule, p) for rule, p in zip(SIX, wholes, strict=True))
        single += any(whole <= RATE for whole in wholes)
    assert alarmed < MOST
    assert single > 2 * MOST, "without the split the six would alarm too often: the test can fail"


def test_gathering_alarms_no_more_often_than_its_share():
    random, alarmed, named, told = np.random.default_rng(2), 0, 0, 0
    tried = {"source": 20, "shard": 30}
    alarms = Alarms.of(RATE, [], findings=8)
    for _ in range(TRIALS // 4):
        raised = any_named = False
        for _ in range(8):
            places = []
            for kind, many in tried.items():
                flagged = np.bincount(random.integers(many, size=60), minlength=many)
                counts = {f"{kind}{i}": int(n) for i, n in enumerate(flagged)}
                totals = dict.fromkeys(counts, 500)
                found = concentrated(counts, totals, RATE)
                places += [(kind, name, p) for name, p in found]
                if found and not any_named:
                    any_named = bool(concentrated(counts, totals, RATE, alarms.naming(tried)))
            named += bool(places)
            raised |= alarms.by_gathering(places, tried)
        alarmed += raised
        told += any_named
    assert alarmed < 45, "of 500 at 5 %, 45 or more come once in 5,000 times"
    assert told < 45
    assert named > 45, "without the split places are named too often: the test can fail"


def test_a_source_with_all_the_rows_alarms():
    alarms, tried = Alarms.of(0.01, SIX[:5], findings=10), {"source": 20, "shard": 6}
    places = concentrated({"s1": 10}, {f"s{i}": 300 for i in range(20)}, 0.01)
    assert alarms.by_gathering([("source", n, p) for n, p in places], tried)
    assert not alarms.by_gathering([], tried)
    assert not alarms.by_gathering([("source", "s1", 1e-4)], tried)


@pytest.mark.parametrize("rate", [0.001, 0.01, 0.05])
def test_all_that_registered_rules_may_spend_is_the_rate(rate: float) -> None:
    alarms = Alarms.of(rate, REGISTERED, findings=100)
    spent = [alarms.share for rule in REGISTERED if alarms.by_rows(rule, 0.0)]
    assert sum(spent) + alarms.share <= rate * (1 + 1e-12)
    assert len(spent) == len(alarms.rules) == sum(rule.can_alarm for rule in REGISTERED)
    assert {rule.id for rule in REGISTERED if rule.level is not Level.NOTE} <= alarms.rules


@pytest.mark.parametrize("rule", REGISTERED, ids=lambda rule: rule.id)
def test_no_cause_of_a_rule_alarms_beyond_the_share_of_its_rule(rule: Rule) -> None:
    alarms = Alarms.of(RATE, REGISTERED, findings=100)
    for level in (None, *Level):
        for whole, own in ((0.0, 0.0), (0.0, 1.0), (1.0, 0.0), (0.0, None), (1.0, None)):
            chance = alarm_p(rule, whole, level, own)
            graver = level is not None and level.rank > rule.level.rank
            most = max(whole, float(graver) if own is None else own)
            assert alarms.by_rows(rule, chance) == (rule.can_alarm and most <= alarms.share)


def test_a_cause_graver_than_its_rule_alarms_by_its_own_p_value() -> None:
    rule = next(r for r in REGISTERED if r.gravest)
    alarms = Alarms.of(0.01, REGISTERED, findings=0)
    just, beyond = alarms.share, alarms.share * 1.001
    assert alarms.by_rows(rule, alarm_p(rule, 0.0, Level.WARNING, just))
    assert not alarms.by_rows(rule, alarm_p(rule, 0.0, Level.WARNING, beyond))
    assert not alarms.by_rows(rule, alarm_p(rule, beyond, Level.WARNING, 0.0))


def test_a_cause_beside_one_that_alarms_has_to_pass_the_share_by_itself() -> None:
    rule = next(r for r in REGISTERED if r.id == "text/label-conflict")
    alarms = Alarms.of(0.01, REGISTERED, findings=0)
    assert alarms.by_rows(rule, alarm_p(rule, 1e-9, None, alarms.share))
    assert not alarms.by_rows(rule, alarm_p(rule, 1e-9, None, alarms.share * 1.001))


def test_alarms_for_single_causes_come_no_more_often_than_the_rate():
    """As label conflict's: the p-value of each of 50 causes tried pays for all of them."""
    random, alarmed, single = np.random.default_rng(3), 0, 0
    alarms = Alarms.of(RATE, SIX[:1], findings=0)
    for _ in range(TRIALS):
        own = np.minimum(50 * random.random(50), 1.0)
        whole = float(own.min())
        alarmed += any(alarms.by_rows(SIX[0], alarm_p(SIX[0], whole, None, p)) for p in own)
        single += bool((own / 50 <= alarms.share).any())
    assert alarmed < MOST
    assert single > MOST, "without paying for all that were tried it would: the test can fail"
