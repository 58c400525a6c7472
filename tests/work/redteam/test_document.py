"""redteam.json: powers, minima, blind spots, the zero arm, and what was not measured."""

import copy
import json
from dataclasses import replace

from jsonschema import Draft202012Validator

from provender.core.shard import Roles
from provender.detect.outliers import RobustColumn
from provender.work.deciding import load_policy
from provender.work.redteam.document import OUT_OF_TIME, unfinished
from provender.work.redteam.trial import Trial, cells_of, search_digest, trials_of
from tests.docs.pages import DOCS
from tests.work.redteam.examples import (
    COUNTS,
    RULES,
    document,
    first_rule_finds_words,
    outcome,
    plan,
)


def curve(found, attack, rule, arm="spread"):
    (one,) = [
        c for c in found["curves"] if (c["attack"], c["rule"], c["arm"]) == (attack, rule, arm)
    ]
    return one


def test_minima_are_per_attack_and_rule_and_blind_spots_are_what_no_rule_finds():
    found = document(plan())
    assert len(found["curves"]) == 2 * 2 * 3
    for rule in ("text/one", "any"):
        assert curve(found, "rare-word", rule)["minimum"]["count"] == 10
        assert curve(found, "rare-word", rule)["alarm_minimum"]["count"] == 10
    assert curve(found, "rare-word", "text/two")["minimum"]["count"] is None
    assert found["blind_spots"] == [
        {"attack": "template", "arm": arm, "count": 25, "best": 0.0} for arm in ("spread", "source")
    ]
    assert found["not_measured"] == []
    assert not unfinished(found)


def test_points_count_and_average_the_trials_of_all_seeds():
    def half(trial):
        good = trial.seed % 2 == 0
        first = outcome(good, trial.count, clean_flagged=3 * good, contributor_named=good)
        second = outcome(not good, trial.count, level="note", rejects=False)
        return {"rules": dict(zip(RULES, (first, second), strict=True)), "rows": 100}

    found = document(plan(), half)
    point = curve(found, "template", "text/one")["counts"][1]
    assert (point["count"], point["trials"], point["found"], point["named"]) == (10, 4, 2, 2)
    assert (point["recall"], point["clean_flagged"], point["contributor_named"]) == (0.5, 1.5, 2)
    assert (point["fitted"], point["level"], point["alarmed"]) == (0.5, "error", 2)
    second = curve(found, "template", "text/two")["counts"][1]
    assert (second["found"], second["alarmed"]) == (2, 0), "as a note only"
    both = curve(found, "template", "any")
    assert [p["found"] for p in both["counts"]] == [4, 4, 4]
    assert [p["alarmed"] for p in both["counts"]] == [2, 2, 2]
    assert (both["minimum"]["count"], both["alarm_minimum"]["count"]) == (5, None)
    assert found["blind_spots"] == []
    assert found["clean"][1] == {
        "rule": "text/two",
        "findings": 0,
        "level": "note",
        "rows": 0,
        "rejects": False,
        "halves_with_findings": 2,
        "halves_with_alarms": 0,
        "half_rows_flagged": 0,
    }
    assert found["clean"][0]["halves_with_alarms"] == 2
    assert found["clean_halves"] == {"trials": 4, "rows": 400, "alarms": 2}


def test_what_was_not_measured_is_told_with_its_reason():
    def some(trial):
        if trial.count == 25 and trial.attack == "template":
            return {"refused": "needs 25 rows and 7 can carry it"}
        return first_rule_finds_words(trial) if trial.seed < 3 else None

    found = document(plan(), some)
    assert {
        "attack": "rare-word",
        "arm": "spread",
        "count": 5,
        "trials": 1,
        "reason": OUT_OF_TIME,
    } in (found["not_measured"])
    refused = [line for line in found["not_measured"] if line["reason"] != OUT_OF_TIME]
    assert [(line["arm"], line["trials"]) for line in refused] == [("spread", 4), ("source", 4)]
    assert [p["count"] for p in curve(found, "template", "any")["counts"]] == [5, 10]
    assert {"attack": "", "arm": "half", "count": 0, "trials": 1, "reason": OUT_OF_TIME} in (
        found["not_measured"]
    )
    assert unfinished(found)


def test_counts_that_no_attack_can_be_planted_in_measure_nothing():
    def refused(trial):
        return {"refused": "too few"} if trial.attack else first_rule_finds_words(trial)

    found = document(plan(), refused)
    assert {line["reason"] for line in found["not_measured"]} == {"too few"}
    assert unfinished(found)
    assert not unfinished(document(plan()))


def test_no_trial_at_all_has_no_curve_and_is_no_blind_spot():
    found = document(plan(), lambda _: None)
    assert found["curves"] == found["blind_spots"] == found["clean"] == []
    assert sum(line["trials"] for line in found["not_measured"]) == 1 + 4 + 2 * 2 * 3 * 4


def test_documents_conform_to_the_schema_and_nothing_beside_does():
    schema = json.loads((DOCS / "schemas" / "redteam.schema.json").read_text("utf-8"))
    Draft202012Validator.check_schema(schema)
    check = Draft202012Validator(schema)
    assert check.is_valid(document(plan(), lambda _: None))
    found = document(plan(1, ("template",)))
    assert [e.message for e in check.iter_errors(found)] == []
    for one in range(len(fixed_objects(found))):
        larger = copy.deepcopy(found)
        fixed_objects(larger)[one]["surprise"] = 1
        assert not check.is_valid(larger), fixed_objects(found)[one]
    for key in found:
        assert not check.is_valid({k: v for k, v in found.items() if k != key}), key


def fixed_objects(value):
    """Every object in ``value`` whose fields the product decides."""
    if isinstance(value, list):
        return [one for item in value for one in fixed_objects(item)]
    if not isinstance(value, dict):
        return []
    fixed = [item for key, item in value.items() if key not in ("parameters", "roles")]
    return [value, *fixed_objects(fixed)]


def test_an_annotator_is_tried_where_there_is_one_with_what_annotators_give():
    both = Roles(text="t", label="l", source="s", annotator="a")
    attacks = ("flips-pair", "rare-word", "refusal", "promotion")
    arms = {name: [a for n, a in cells_of(attacks, both) if n == name] for name in attacks}
    every = ["spread", "source", "annotator"]
    assert arms == dict.fromkeys(attacks[:3], every) | {"promotion": every[:2]}
    assert cells_of(("flips-pair",), Roles(label="l")) == (("flips-pair", "spread"),)
    assert cells_of(("flips-pair",), Roles(label="l", annotator="a"))[1:] == (
        ("flips-pair", "annotator"),
    )


def test_the_search_is_named_by_rules_policy_and_trusted_data():
    def named(policy, standards, columns=("x",)):
        return search_digest((RobustColumn(names=columns),), policy, standards)

    policy = load_policy(None)
    first = named(policy, {})
    assert first == named(load_policy(None), {})
    others = {
        named(replace(policy, fdr=0.02), {}),
        named(replace(policy, rules=()), {}),
        named(policy, {"trusted/outliers": "profile/1"}),
        named(policy, {"trusted/outliers": "profile/2"}),
        named(policy, {}, ("x", "y")),
    }
    assert len(others | {first}) == 6


def test_trials_come_by_seed_so_that_little_time_leaves_some_of_everything():
    trials = trials_of((("a", "spread"), ("b", "spread")), COUNTS, 2)
    assert trials[0] == Trial("", "clean", 0, 0)
    assert [t.seed for t in trials[1:]] == [0] * 7 + [1] * 7
    assert len(set(trials)) == len(trials) == 15
