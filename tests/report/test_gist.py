from __future__ import annotations

from provender.report import gist
from tests.report.example_findings import DUPLICATES, OUTLIERS, TRIGGER
from tests.report.examples import documents


def test_findings_come_worst_first_whatever_their_order() -> None:
    findings = documents()[2]["findings"]
    for order in (findings, findings[::-1]):
        assert [f["rule"] for f in gist.worst_first(order)] == [TRIGGER, OUTLIERS, DUPLICATES]


def test_where_prefers_places_beyond_chance_to_mere_presence() -> None:
    trigger, outliers, _ = documents()[2]["findings"]
    assert gist.where(trigger) == "shard year=2022/reviews-00003.parquet and 1 more"
    assert gist.where(outliers) == "year=2022/reviews-00003.parquet and 1 more"
    assert gist.where(outliers | {"shards": []}) == "whole data set"


def test_gaps_hold_all_that_was_not_wholly_checked_and_nothing_else() -> None:
    _, validation, _, verdict = documents(outcome="inconclusive")
    gaps = gist.gaps(verdict, validation)
    assert [(g[0], g[1], g[3]) for g in gaps] == [
        ("image/template", "could_not_check", True),
        ("expect column quantile values to be between: id", "could_not_check", False),
        (OUTLIERS, "partly", False),
        ("instruct/fixed-reply", "not_applicable", False),
    ]


def test_a_requirement_that_no_check_answers_is_a_gap() -> None:
    _, validation, _, verdict = documents()
    verdict["required"].append("text/never-run")
    first = gist.gaps(verdict, validation)[0]
    assert (first[0], first[1], first[3]) == ("text/never-run", "could_not_check", True)


def test_steps_after_rejection_start_where_flags_gather() -> None:
    _, validation, findings, verdict = documents()
    steps = gist.next_steps(verdict, findings, validation)
    assert "Start with the shard “year=2022/reviews-00003.parquet”" in steps[0]
    assert "1 expectation failed" in steps[1]
    findings["findings"][0]["concentrated_in"] = []
    assert f"Start with {TRIGGER} “cf tq”" in gist.next_steps(verdict, findings, validation)[0]


def test_steps_after_an_inconclusive_verdict_name_what_is_missing_and_advise_no_deletion() -> None:
    _, validation, findings, verdict = documents(outcome="inconclusive", suite=False)
    steps = gist.next_steps(verdict, findings, validation)
    assert steps[:2] == [
        "Make expect/reviews checkable: no suite was given.",
        "Make image/template checkable: no decoder for WebP.",
    ]
    assert len(steps) == 3


def test_steps_after_admission_name_the_waiver_that_ends_first() -> None:
    _, validation, findings, verdict = documents(outcome="admit")
    steps = gist.next_steps(verdict, findings, validation)
    assert "Seal" in steps[0]
    assert "2027-03-31" in steps[-1]


def test_documents_about_other_data_are_named() -> None:
    assert gist.disagreements(*documents()) == []
    manifest, validation, _, verdict = documents()
    others = documents(shards=5)[2]
    (line,) = gist.disagreements(manifest, validation, others, verdict)
    assert line.startswith("findings.json is about")


def test_an_expectations_subject_is_its_columns() -> None:
    assert gist.subject({"kwargs": {"column": "a"}}) == "a"
    assert gist.subject({"kwargs": {"column_list": ["a", "b"]}}) == "a, b"
    assert gist.subject({"kwargs": {"column_A": "a", "column_B": "b"}}) == "a, b"
    assert gist.subject({"kwargs": {"min_value": 1}}) == ""
