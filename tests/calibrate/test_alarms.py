"""The alarm rate: however many rules run, clean data raise a warning no more often than that."""

import numpy as np

from provender.calibrate.alarms import Alarms
from provender.calibrate.concentration import concentrated
from provender.calibrate.fdr import PValueCounts

RATE, TRIALS = 0.05, 2000
#: Of 2,000 trials at 5 %, 134 or more have an alarm once in 5,000 times.
MOST = 134


def test_rules_with_valid_p_values_alarm_no_more_often_than_the_rate():
    random, alarmed, single = np.random.default_rng(1), 0, 0
    alarms = Alarms.of(RATE, rules=6, findings=0)
    for _ in range(TRIALS):
        wholes = [PValueCounts.of(random.random(200)).whole for _ in range(6)]
        alarmed += any(alarms.by_rows(whole) for whole in wholes)
        single += any(whole <= RATE for whole in wholes)
    assert alarmed < MOST
    assert single > 2 * MOST, "without the split the six would alarm too often: the test can fail"


def test_gathering_alarms_no_more_often_than_its_share():
    random, alarmed, named = np.random.default_rng(2), 0, 0
    tried = {"source": 20, "shard": 30}
    alarms = Alarms.of(RATE, rules=0, findings=8)
    for _ in range(TRIALS // 4):
        raised = False
        for _ in range(8):
            places = []
            for kind, many in tried.items():
                flagged = np.bincount(random.integers(many, size=60), minlength=many)
                counts = {f"{kind}{i}": int(n) for i, n in enumerate(flagged)}
                found = concentrated(counts, dict.fromkeys(counts, 500), RATE)
                places += [(kind, name, p) for name, p in found]
            named += bool(places)
            raised |= alarms.by_gathering(places, tried)
        alarmed += raised
    assert alarmed < 45, "of 500 at 5 %, 45 or more come once in 5,000 times"
    assert named > 45, "places are named more often than they alarm"


def test_a_source_with_all_the_rows_alarms():
    alarms, tried = Alarms.of(0.01, rules=5, findings=10), {"source": 20, "shard": 6}
    places = concentrated({"s1": 10}, {f"s{i}": 300 for i in range(20)}, 0.01)
    assert alarms.by_gathering([("source", n, p) for n, p in places], tried)
    assert not alarms.by_gathering([], tried)
    assert not alarms.by_gathering([("source", "s1", 1e-4)], tried)
