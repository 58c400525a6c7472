"""Every reason not to train has its clean twin, which passes."""

from __future__ import annotations

import datetime
from typing import Any

import pytest

from provender.core.canonical import canonical_json
from provender.core.finding import Level
from provender.core.merkle import merkle_root
from provender.core.verdict import Outcome
from provender.errors import InputError, IntegrityError, NothingCheckedError
from provender.provenance.admission import Failure, NotAdmittedError, failure_lines
from provender.work.admission import require_admitted
from tests.provenance.conftest import Scanned, flip_bit


def kinds(scanned: Scanned, **how: Any) -> list[tuple[str, str | None]]:
    found = scanned.judge(**how)
    assert (found.outcome is None) == (found.exit_code == 5)
    return [(f.kind, f.shard) for f in found.failures]


@pytest.mark.parametrize("decide_again", [True, False])
def test_untouched_data_under_an_admitting_verdict_pass(
    scanned: Scanned, decide_again: bool
) -> None:
    found = scanned.judge(decide_again)
    assert (found.outcome, found.failures, found.exit_code) == (Outcome.ADMIT, (), 0)
    assert found.decided_again is decide_again


def test_training_code_gets_the_manifest_of_what_it_may_read(scanned: Scanned) -> None:
    manifest = require_admitted(scanned.data, scanned.out, scanned.policy)
    assert [shard.name for shard in manifest.shards] == ["digits-0.parquet", "digits-1.parquet"]


@pytest.mark.parametrize("name", ["verdict", "manifest", "findings"])
def test_a_missing_document_is_named(scanned: Scanned, name: str) -> None:
    (scanned.out / f"{name}.json").unlink()
    found = scanned.judge()
    assert [(f.kind, f.message) for f in found.failures] == [(name, f"{name}.json is missing")]
    assert found.exit_code == 5


@pytest.mark.parametrize(
    "text",
    ["", "{", "[]", "NaN", '{"a": NaN}', '{"a": "\\ud800"}', "[" * 100_000, "\x00", "9" * 5000],
    ids=["empty", "cut", "list", "nan", "nan-inside", "surrogate", "deep", "null-byte", "digits"],
)
@pytest.mark.parametrize("name", ["verdict", "manifest", "findings", "validation"])
def test_a_damaged_document_is_refused_in_one_line(scanned: Scanned, name: str, text: str) -> None:
    (scanned.out / f"{name}.json").write_text(text)
    [failure] = scanned.judge().failures
    assert failure.kind == name
    assert "\n" not in failure.message


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v.update(version="provender-verdict/9"),
        lambda v: v.update(outcome="fine"),
        lambda v: v.update(reasons=[{"rule": "x"}]),
        lambda v: v.update(reasons=7),
        lambda v: v.pop("reasons"),
        lambda v: v.pop("manifest_root"),
        lambda v: v.pop("waived"),
        lambda v: v.update(waived=[{"rule": "x", "owner": "y", "expires": "soon"}]),
        lambda v: v.update(rows=v["rows"] + 1),
    ],
)
def test_a_verdict_in_no_known_form_is_refused(scanned: Scanned, change: Any) -> None:
    scanned.edit("verdict", change)
    assert kinds(scanned, decide_again=False) == [("verdict", None)]


@pytest.mark.parametrize(
    "change",
    [
        lambda v: v["shards"][0].update(sha256="0" * 64),
        lambda v: v["shards"].pop(),
        lambda v: v.update(root="sha256:" + "0" * 64),
        lambda v: v.update(bytes=1),
        lambda v: v.update(extra=True),
        lambda v: v["shards"][0].update(size=2**60),
    ],
)
def test_a_manifest_that_is_not_its_entries_is_refused(scanned: Scanned, change: Any) -> None:
    scanned.edit("manifest", change)
    assert kinds(scanned, decide_again=False) == [("manifest", None)]


@pytest.mark.parametrize("name", ["findings", "validation"])
def test_edited_evidence_is_refused(scanned: Scanned, name: str) -> None:
    scanned.edit(name, lambda v: v.update(note="nothing to see"))
    assert kinds(scanned, decide_again=False) == [(name, None)]


def test_evidence_that_was_taken_away_is_refused(scanned: Scanned) -> None:
    scanned.edit("validation", lambda v: v.update(suite="strict"))
    scanned.decide()
    assert scanned.judge().exit_code == 0
    (scanned.out / "validation.json").unlink()
    assert kinds(scanned) == [("validation", None)]


def test_a_verdict_made_without_any_suite_needs_no_validation(scanned: Scanned) -> None:
    (scanned.out / "validation.json").unlink()
    scanned.decide()
    assert scanned.judge().exit_code == 0


def test_a_clean_verdict_of_other_data_is_refused(scanned: Scanned) -> None:
    scanned.edit("verdict", lambda v: v.update(manifest_root="sha256:" + "0" * 64))
    assert kinds(scanned, decide_again=False) == [("manifest", None)]


def test_rejected_data_are_refused_with_the_reasons(scanned: Scanned) -> None:
    scanned.find("new")
    found = scanned.judge()
    assert (found.outcome, found.exit_code) == (Outcome.REJECT, 1)
    assert [f.message for f in found.failures] == ["rows/bad: 3 rows are bad (reject_at warning)"]
    with pytest.raises(NotAdmittedError, match="rows/bad: 3 rows are bad") as caught:
        require_admitted(scanned.data, scanned.out, scanned.policy)
    assert caught.value.exit_code == 1


def test_a_finding_the_policy_lets_pass_does_not_refuse(scanned: Scanned) -> None:
    scanned.find("new", Level.NOTE)
    assert scanned.judge().exit_code == 0


def test_what_could_not_be_checked_is_not_admitted(scanned: Scanned) -> None:
    scanned.policy.write_text("version: 1\nrequired: [poison/spell]\n")
    scanned.decide()
    assert (scanned.judge().outcome, scanned.judge().exit_code) == (Outcome.INCONCLUSIVE, 3)
    with pytest.raises(NotAdmittedError, match="poison/spell") as caught:
        require_admitted(scanned.data, scanned.out)
    assert caught.value.exit_code == 3


def test_an_outcome_edited_by_hand_contradicts_its_reasons(scanned: Scanned) -> None:
    scanned.find("new")
    scanned.edit("verdict", lambda v: v.update(outcome="admit"))
    assert kinds(scanned, decide_again=False) == [("verdict", None)]


def test_a_consistent_forgery_is_seen_only_by_deciding_again(scanned: Scanned) -> None:
    scanned.find("new")
    scanned.edit("verdict", lambda v: v.update(outcome="admit", reasons=[], rejecting=[]))
    unaware = scanned.judge(decide_again=False)
    assert (unaware.outcome, unaware.decided_again) == (Outcome.ADMIT, False)
    found = scanned.judge()
    assert [f.kind for f in found.failures] == ["decision"]
    assert "the evidence gives reject" in found.failures[0].message


def test_an_edit_that_keeps_the_outcome_is_seen_too(scanned: Scanned) -> None:
    scanned.edit("verdict", lambda v: v.update(coverage=[]))
    assert kinds(scanned) == [("decision", None)]


def test_a_verdict_under_another_policy_is_refused(scanned: Scanned) -> None:
    scanned.policy.write_text("version: 1\nreject_at: error\n")
    assert kinds(scanned) == [("policy", None)]


@pytest.mark.parametrize("rate", ["fdr", "alarm_rate"])
def test_evidence_made_at_a_stricter_rate_is_refused(scanned: Scanned, rate: str) -> None:
    scanned.edit("findings", lambda v: v.update({rate: 1e-9}))
    with pytest.raises(InputError, match=f"made at {rate} 1e-09, not 0.01"):
        scanned.decide()
    assert ("findings", None) in kinds(scanned)


def test_a_waiver_holds_through_its_last_day(scanned: Scanned) -> None:
    scanned.find("known")
    assert scanned.judge(today=datetime.date(2027, 2, 28)).exit_code == 0
    for decide_again in (True, False):
        found = scanned.judge(decide_again, datetime.date(2027, 3, 1))
        assert [f.kind for f in found.failures] == ["waiver"]
        assert found.failures[0].message == "the waiver of rows/bad by team expired on 2027-02-28"
        assert found.exit_code == 5


def test_a_waiver_that_nothing_leans_on_may_expire(scanned: Scanned) -> None:
    assert scanned.judge(today=datetime.date(2030, 1, 1)).exit_code == 0


@pytest.mark.parametrize("offset", [0, 5000, -1])
def test_one_flipped_bit_is_seen_though_size_and_time_stand(scanned: Scanned, offset: int) -> None:
    shard = scanned.data / "digits-1.parquet"
    flip_bit(shard, offset % shard.stat().st_size)
    assert kinds(scanned) == [("shard-changed", "digits-1.parquet")]
    with pytest.raises(IntegrityError, match=r"digits-1\.parquet"):
        require_admitted(scanned.data, scanned.out)


def test_shards_that_swap_contents_are_seen(scanned: Scanned) -> None:
    one, two = (scanned.data / f"digits-{n}.parquet" for n in (0, 1))
    aside = one.rename(scanned.out / "aside")
    two.rename(one)
    aside.rename(two)
    assert kinds(scanned) == [("shard-changed", one.name), ("shard-changed", two.name)]


def test_a_missing_an_added_and_a_renamed_shard_are_seen(scanned: Scanned) -> None:
    shard = scanned.data / "digits-1.parquet"
    renamed = shard.rename(scanned.data / "digits-9.parquet")
    assert kinds(scanned) == [("shard-missing", shard.name), ("shard-added", renamed.name)]
    renamed.unlink()
    assert kinds(scanned) == [("shard-missing", shard.name)]


def test_an_empty_or_hidden_file_counts(scanned: Scanned) -> None:
    (scanned.data / ".more.jsonl").touch()
    assert kinds(scanned) == [("shard-added", ".more.jsonl")]


def test_a_file_of_no_known_format_is_not_ignored(scanned: Scanned) -> None:
    (scanned.data / "notes.bin").write_bytes(b"x")
    with pytest.raises(InputError, match=r"notes\.bin"):
        scanned.judge()


def test_data_that_are_gone_are_not_admitted(scanned: Scanned) -> None:
    for shard in scanned.data.iterdir():
        shard.unlink()
    with pytest.raises(NothingCheckedError):
        scanned.judge()


def test_broken_trust_outranks_what_the_verdict_says(scanned: Scanned) -> None:
    scanned.find("new")
    flip_bit(scanned.data / "digits-0.parquet")
    assert kinds(scanned) == [("shard-changed", "digits-0.parquet")]


def test_names_from_a_manifest_reach_no_terminal_as_control_characters(scanned: Scanned) -> None:
    value = scanned.read("manifest")
    value["shards"][1]["name"] = "\x1b[2J"
    value["shards"].sort(key=lambda s: s["name"])
    value["root"] = "sha256:" + merkle_root(canonical_json(s) for s in value["shards"]).hex()
    scanned.write("manifest", value)
    messages = [f.message for f in scanned.judge().failures]
    assert any(r"'\x1b[2J'" in m for m in messages)
    assert all(m.isprintable() for m in messages)


def test_ten_shards_are_named_and_the_others_counted() -> None:
    failures = [Failure("shard-added", f"{n}: was never judged", str(n)) for n in range(12)]
    lines = failure_lines([Failure("policy", "other policy"), *failures])
    assert lines[0] == "other policy"
    assert len(lines) == 12
    assert lines[-1] == "and 2 more shards"
