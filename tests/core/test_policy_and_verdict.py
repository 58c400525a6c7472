"""The decision is a pure function: what rejects, what is waived, what is inconclusive."""

import datetime

import pytest

from provender.core.finding import Check, CheckStatus, Finding, Level
from provender.core.policy import parse_policy
from provender.core.verdict import Evidence, Outcome, decide, rejected
from provender.errors import UsageError

TODAY = datetime.date(2026, 11, 23)
RULE = "text/label-conflict"


def policy(**fields):
    return parse_policy({"version": 1, **fields}, "policy.yaml")


def finding(level=Level.ERROR, rows=10, rule=RULE, what="cf", **fields):
    return Finding(rule, level, what, rows, 1.0, 1e-9, "ten rows carry cf", **fields)


def evidence(*findings, checks=()):
    return Evidence(
        "sha256:aa", "sha256:dd", 1000, 3, findings, tuple(checks), "sha256:bb", "sha256:cc"
    )


def test_clean_data_with_all_required_checks_is_admitted():
    checked = Check("identity/manifest", CheckStatus.CHECKED)
    verdict = decide(policy(required=["identity/*"]), evidence(checks=[checked]), TODAY)
    assert verdict.outcome is Outcome.ADMIT
    assert verdict.reasons == ()


@pytest.mark.parametrize(
    ("level", "outcome"),
    [(Level.ERROR, "reject"), (Level.WARNING, "reject"), (Level.NOTE, "admit")],
)
def test_findings_at_the_policys_level_reject(level, outcome):
    assert decide(policy(), evidence(finding(level)), TODAY).outcome == outcome


def test_reject_at_error_lets_warnings_pass():
    verdict = decide(policy(reject_at="error"), evidence(finding(Level.WARNING)), TODAY)
    assert verdict.outcome is Outcome.ADMIT


def test_a_rules_level_can_be_overridden_either_way():
    down = policy(rules={"text/*": {"level": "note"}})
    up = policy(rules={"text/*": {"level": "error"}})
    assert decide(down, evidence(finding(Level.ERROR)), TODAY).outcome is Outcome.ADMIT
    assert decide(up, evidence(finding(Level.NOTE)), TODAY).outcome is Outcome.REJECT


@pytest.mark.parametrize(
    ("limits", "broken"),
    [
        ({"max_rows": 9}, "max_rows 9"),
        ({"max_rows": 10}, None),
        ({"max_share": 0.009}, "max_share 0.009"),
        ({"max_share": 0.01}, None),
        ({"max_rows_per_source": 6}, "max_rows_per_source 6"),
        ({"max_rows_per_source": 7}, None),
        ({"max_rows_per_annotator": 5}, "max_rows_per_annotator 5"),
        ({"max_rows_per_annotator": 6}, None),
        ({"max_rows_per_class": 9}, "max_rows_per_class 9"),
    ],
)
def test_absolute_limits_count_even_notes(limits, broken):
    noted = finding(
        Level.NOTE,
        sources=(("s1", 7), ("s2", 3)),
        annotators=(("s1", 4), ("a2", 6)),
        classes=(("ham", 10),),
    )
    verdict = decide(policy(rules={RULE: limits}), evidence(noted), TODAY)
    assert [r.limit for r in verdict.reasons] == ([broken] if broken else [])


def test_limits_add_up_over_the_findings_of_a_rule():
    two = (finding(Level.NOTE, rows=6, what="a"), finding(Level.NOTE, rows=6, what="b"))
    assert decide(policy(rules={RULE: {"max_rows": 11}}), evidence(*two), TODAY).reasons


def test_an_ignored_rule_never_rejects():
    assert decide(policy(rules={RULE: {"ignore": True}}), evidence(finding()), TODAY).reasons == ()


def waiver(**fields):
    good = {"rule": RULE, "what": "cf", "reason": "known", "owner": "me", "expires": "2026-11-23"}
    return {**good, **fields}


def test_a_waiver_holds_through_its_last_day():
    waived = policy(waivers=[waiver()])
    assert decide(waived, evidence(finding()), TODAY).outcome is Outcome.ADMIT
    tomorrow = TODAY + datetime.timedelta(days=1)
    assert decide(waived, evidence(finding()), tomorrow).outcome is Outcome.REJECT


def test_a_waiver_covers_only_what_it_names():
    other = policy(waivers=[waiver(what="mn")])
    assert decide(other, evidence(finding()), TODAY).outcome is Outcome.REJECT


@pytest.mark.parametrize("field", ["reason", "owner", "expires", "rule"])
def test_a_waiver_needs_reason_owner_and_expiry(field):
    with pytest.raises(UsageError, match=field):
        policy(waivers=[{k: v for k, v in waiver().items() if k != field}])


@pytest.mark.parametrize(
    "checks",
    [
        [],
        [Check(RULE, CheckStatus.COULD_NOT_CHECK, "no label")],
        [Check(RULE, CheckStatus.NOT_APPLICABLE, "no text")],
    ],
)
def test_what_is_required_and_was_not_checked_is_never_admitted(checks):
    verdict = decide(policy(required=[RULE]), evidence(checks=checks), TODAY)
    assert verdict.outcome is Outcome.INCONCLUSIVE
    assert verdict.outcome.exit_code == 3


def test_a_rejection_outweighs_a_missing_check():
    assert decide(policy(required=["x/y"]), evidence(finding()), TODAY).outcome is Outcome.REJECT


def test_the_policy_digest_changes_with_the_policy():
    assert policy().digest == policy().digest
    assert policy().digest != policy(fdr=0.02).digest
    assert policy().digest != policy(alarm_rate=0.02).digest


@pytest.mark.parametrize(
    "wrong",
    [
        {"version": 2},
        {"fdr": 0},
        {"fdr": 0.5},
        {"alarm_rate": 0},
        {"alarm_rate": 0.06},
        {"alarm_rate": True},
        {"reject_at": "fatal"},
        {"rules": {"a/b": {"max_row": 1}}},
        {"rules": {"a/b": {"max_rows": -1}}},
        {"rules": {"a/b": {"max_rows": 1.5}}},
        {"rules": {"a/b": {"max_share": 2}}},
        {"unknown": 1},
        {"waivers": {}},
        {"required": "identity"},
    ],
)
def test_a_wrong_policy_names_the_field(wrong):
    with pytest.raises(UsageError, match=r"policy\.yaml"):
        policy(**wrong)


def taken(policy, *findings):
    """What of the findings quarantine takes the rows of."""
    why = decide(policy, evidence(*findings), TODAY).rejecting
    return {what for _, what in rejected(policy, findings, why, TODAY)}


def test_a_note_beside_an_alarm_of_its_rule_is_no_reason_to_reject_its_rows():
    grave, note = finding(what="cf"), finding(Level.NOTE, what="also")
    other = finding(Level.NOTE, rule="outliers/robust-column", what="age")
    assert taken(policy(), grave, note, other) == {"cf"}
    assert taken(policy(reject_at="note"), grave, note, other) == {"cf", "also", "age"}
    assert taken(policy(), note, other) == set()


def test_where_a_limit_rejects_all_that_it_counts_is_the_reason():
    one, two = finding(Level.NOTE, 6, what="cf"), finding(Level.NOTE, 6, what="also")
    assert taken(policy(rules={"text/*": {"max_rows": 11}}), one, two) == {"cf", "also"}
    assert taken(policy(rules={"text/*": {"max_rows": 12}}), one, two) == set()


def test_what_is_waived_is_no_reason_to_reject_its_rows():
    waiver = {"rule": RULE, "what": "cf", "reason": "known", "owner": "me", "expires": "2027-01-31"}
    both = (finding(what="cf"), finding(what="also"))
    assert taken(policy(waivers=[waiver]), *both) == {"also"}
