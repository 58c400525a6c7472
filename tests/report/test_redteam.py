"""The red team's table: it fits, and says what is found, missed, false and not measured."""

from __future__ import annotations

import io
from dataclasses import replace
from typing import Any

import pytest
from rich.console import Console

from provender.core.shard import Roles
from provender.report.redteam import COLUMNS, render_redteam, shown
from provender.work.redteam.trial import Trial, cells_of
from tests.work.redteam.examples import document, first_rule_finds_words, outcome, plan


def printed(found: dict, width: int = 80) -> str:
    out = io.StringIO()
    render_redteam(found, Console(file=out, width=width))
    return out.getvalue()


@pytest.mark.parametrize("width", [80, 120])
def test_lines_fit_and_no_word_is_cut_off(width: int) -> None:
    text = printed(document(plan(attacks=("gibberish-unigram", "rare-word"))), width)
    assert max(map(len, text.splitlines())) <= width
    assert "…" not in text
    assert {"gibberish-unigram", "rare-word", "spread", "source"} <= set(text.split())


def test_it_says_from_how_many_rows_what_finds_and_what_nothing_finds() -> None:
    lines = printed(document(plan(seeds=4)), 120).splitlines()
    (place,) = [
        i for i, line in enumerate(lines) if "rare-word" in line and "spread" in lines[i + 1]
    ]
    assert lines[place].split()[:3] == ["rare-word", "text/", "10"]
    assert lines[place + 1].split()[:2] == ["spread", "one"]
    assert "8/12" in lines[place]
    missed = next(line for line in lines if line.startswith(" template"))
    assert missed.split()[1:3] == ["nothing", "–"]
    text = " ".join(lines)
    told = "blind spot: template, from one source: up to 25 rows it is not found with that power"
    assert f"{told} (at most 0 %, in 12 trials)" in text
    assert "nothing planted: no finding, in 4 random halves neither" in text
    assert "not tried: refusal (needs a prompt and a response column)" in text


def test_false_alarms_and_what_time_did_not_allow_are_told() -> None:
    def loud(trial):
        if trial.seed == 3:
            return None
        if trial.attack:
            return first_rule_finds_words(trial)
        noisy = outcome(False, 0, findings=1, clean_flagged=7, level="note")
        return {"rules": {"text/one": noisy, "text/two": outcome(False, 0)}, "rows": 150}

    text = " ".join(printed(document(plan(), loud)).split())
    assert (
        "text/one flags 7 rows of the data as they are (note), and has findings in 3 of 3" in text
    )
    assert "3 random halves, alarms in 0" in text
    assert "an alarm of any rule in 0 of 3 random halves" in text
    assert "text/two flags" not in text
    assert "the policy rejects" not in text.split("searched as")[1]
    assert "not measured: 13 trials (the time budget was used up; the same command goes on)" in text


def test_what_is_found_and_never_rejected_is_said() -> None:
    def as_a_note(trial: Trial) -> dict[str, Any]:
        rare = trial.attack == "rare-word"
        noted = outcome(bool(trial.attack), trial.count, level="note", rejects=rare)
        return {"rules": {"text/one": noted, "text/two": outcome(False, 0)}, "rows": 150}

    text = printed(document(plan(), as_a_note), 200)
    said = (
        "found without alarm: template, from one source: up to 25 rows the policy does not reject"
    )
    assert said in text
    assert "found without alarm: rare-word" not in text
    assert "blind spot" not in text


def test_attacks_that_too_few_rows_can_carry_are_named_and_what_lacks_a_column_is_one_line() -> (
    None
):
    def few(trial: Trial) -> dict[str, Any]:
        refused = trial.attack == "template" and trial.count == 25
        return {"refused": "too few"} if refused else first_rule_finds_words(trial)

    reasons = {"refusal": "needs more", "fixed-response": "needs more"}
    text = printed(document(replace(plan(), unfit=reasons), few), 200)
    assert "not measured: 8 trials of template (too few)" in text
    assert "not tried: fixed-response, refusal (needs more)" in text


def test_that_the_data_are_rejected_as_they_are_is_said() -> None:
    def rejected(trial: Trial) -> dict[str, Any]:
        noted = outcome(False, 0, findings=1, level="note", rejects=True)
        return {"rules": {"text/one": noted, "text/two": outcome(False, 0)}, "rows": 150}

    found = document(plan(), rejected)
    assert [rule["rejects"] for rule in found["clean"]] == [True, False]
    said = "the policy rejects the data as they are for text/one; its alarms on copies say nothing"
    assert said in printed(found, 200)


def test_nothing_measured_prints_no_table() -> None:
    text = printed(document(plan(), lambda _: None))
    assert "attack" not in text
    assert "not measured" in text


def test_where_no_source_is_told_that_none_was_tried_is_said() -> None:
    found = document(plan())
    told = printed(found, 200)
    assert "poison from one source" not in told
    assert "not tried: poison by one annotator (the same, with --annotator)" in told
    del found["roles"]["source"]
    assert "not tried: poison from one source (the data name none" in printed(found, 200)
    found["roles"] = {"text": "body"}
    assert "one annotator" not in printed(found, 200)


def test_it_says_by_what_was_searched_and_who_was_named() -> None:
    def by_one(trial: Trial) -> dict[str, Any]:
        named = outcome(bool(trial.attack), trial.count, contributor_named=trial.arm == "annotator")
        return {"rules": {"text/one": named, "text/two": outcome(False, 0)}, "rows": 150}

    roles = Roles(text="t", label="l", annotator="a")
    asked = replace(plan(), roles=roles, cells=cells_of(("rare-word", "promotion"), roles))
    text = printed(document(asked, by_one), 200)
    assert "searched as by a scan without trusted data: false discovery rate 0.01" in text
    cells = [dict(zip(COLUMNS, line.cells, strict=True)) for line in shown(document(asked, by_one))]
    assert [(c["attack"], c["arm"], c["alarm"], c["alarms"], c["who"]) for c in cells] == [
        ("rare-word", "spread", "5", "12/12", ""),
        ("rare-word", "annotator", "5", "12/12", "12/12"),
        ("promotion", "spread", "5", "12/12", ""),
    ]
    root = "sha256:" + "7" * 64
    trusted = {"root": root, "rows": 1_200, "shards": 3, "pinned": False}
    text = printed(document(replace(asked, trusted=trusted), by_one), 200)
    assert f"with trusted data {root} (1,200 rows, no root named beforehand)" in text
