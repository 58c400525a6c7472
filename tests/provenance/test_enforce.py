"""provender enforce: exit codes, JSON, and what is said where."""

from __future__ import annotations

import json

import pytest

from provender.cli.main import main
from provender.core.finding import Level
from tests.provenance.conftest import Scanned, flip_bit


def enforce(scanned: Scanned, *more: str) -> int:
    with pytest.raises(SystemExit) as caught:
        main(["enforce", str(scanned.data), "--out", str(scanned.out), *more])
    return int(caught.value.code or 0)


def test_admitted_data_pass_and_the_json_is_the_same_every_time(
    scanned: Scanned, capsys: pytest.CaptureFixture[str]
) -> None:
    texts = []
    for _ in range(2):
        assert enforce(scanned, "--policy", str(scanned.policy), "--format", "json") == 0
        texts.append(capsys.readouterr().out)
    assert texts[0] == texts[1]
    root = scanned.read("manifest")["root"]
    assert json.loads(texts[0]) == {
        "outcome": "admit",
        "failures": [],
        "manifest_root": root,
        "decided_again": True,
    }


def test_without_a_policy_it_says_what_was_not_checked(
    scanned: Scanned, capsys: pytest.CaptureFixture[str]
) -> None:
    assert enforce(scanned) == 0
    assert capsys.readouterr().out.splitlines()[0] == "admit"
    assert enforce(scanned, "--policy", str(scanned.policy)) == 0
    assert capsys.readouterr().out == "admit\n"


def test_a_changed_shard_is_named_on_stderr_and_in_json(
    scanned: Scanned, capsys: pytest.CaptureFixture[str]
) -> None:
    flip_bit(scanned.data / "digits-1.parquet")
    assert enforce(scanned, "--format", "json") == 5
    said = capsys.readouterr()
    assert said.err == "provender: digits-1.parquet: its bytes are not those that were judged\n"
    [failure] = json.loads(said.out)["failures"]
    assert (failure["kind"], failure["shard"]) == ("shard-changed", "digits-1.parquet")
    assert json.loads(said.out)["outcome"] is None


def test_exit_codes_tell_rejected_from_unchecked_from_unreadable(scanned: Scanned) -> None:
    scanned.find("new", Level.ERROR)
    assert enforce(scanned) == 1
    scanned.policy.write_text("version: 1\nrequired: [poison/spell]\nreject_at: error\n")
    scanned.edit("findings", lambda v: v.update(findings=[]))
    scanned.decide()
    assert enforce(scanned) == 3
    assert enforce(scanned, "--policy", "nowhere.yaml") == 4
    (scanned.data / "digits-0.parquet").rename(scanned.data / "notes.bin")
    assert enforce(scanned) == 2
