"""The whole path on bundled data: same digests however it runs, and nothing read twice."""

import datetime
import itertools
import json
import random
import shutil
from collections import Counter
from pathlib import Path

import jsonschema
import pyarrow.parquet as pq
import pytest

from pipelines.run import Run
from pipelines.scan import ScanRequest, scan
from provender.core.shard import Roles
from provender.errors import InputError, IntegrityError
from provender.io.states import StateStore

ROOT = Path(__file__).parents[2]
TODAY = datetime.date(2026, 11, 23)
ROLES = Roles(label="income", source="source")
DOCUMENTS = ("manifest.json", "validation.json", "findings.json", "verdict.json")


def scanned(inputs, out, cache, workers=1, roles=ROLES, **fields):
    run = Run(StateStore(str(cache)), workers=workers)
    request = ScanRequest(tuple(map(str, inputs)), str(out), roles, **fields)
    return scan(request, run, TODAY)


def documents(out):
    return {name: (out / name).read_bytes() for name in DOCUMENTS}


@pytest.fixture
def adult(samples, tmp_path):
    return shutil.copytree(samples / "planted" / "duplicates" / "adult", tmp_path / "adult")


@pytest.fixture(scope="module")
def first(samples, tmp_path_factory):
    """(what a first scan found, the folder with its output, "one", and its states, "c")."""
    folder = tmp_path_factory.mktemp("first")
    adult = samples / "planted" / "duplicates" / "adult"
    return scanned([adult], folder / "one", folder / "c"), folder


@pytest.fixture
def once(first, tmp_path):
    """The same, copied to where this test scans on."""
    found, folder = first
    shutil.copytree(folder, tmp_path, dirs_exist_ok=True)
    return found


def test_documents_are_the_same_for_workers_order_and_run(adult, once, tmp_path):
    scanned([adult], tmp_path / "two", tmp_path / "c2", workers=2)
    shuffled = sorted(adult.iterdir())
    random.Random(7).shuffle(shuffled)
    scanned(shuffled, tmp_path / "shuffled", tmp_path / "c3", workers=2)
    scanned([adult], tmp_path / "again", tmp_path / "c")
    first = documents(tmp_path / "one")
    for other in ("two", "shuffled", "again"):
        assert documents(tmp_path / other) == first
    suspects = [
        pq.read_table(tmp_path / d / "suspects.parquet") for d in ("one", "two", "shuffled")
    ]
    assert suspects[0].equals(suspects[1])
    assert suspects[0].equals(suspects[2])


def test_unchanged_shards_are_not_read_again(adult, once, tmp_path):
    assert once.read["shards_read"] == 8
    assert scanned([adult], tmp_path / "o", tmp_path / "c").read["rows_read"] == 0
    shard = adult / "adult-3.parquet"
    pq.write_table(pq.read_table(shard).slice(1), shard)
    again = scanned([adult], tmp_path / "o", tmp_path / "c")
    assert again.read == {"shards": 8, "shards_read": 1, "rows_read": 999}


def test_nothing_in_the_documents_tells_time_host_or_place(adult, once, tmp_path):
    elsewhere = shutil.copytree(adult, tmp_path / "elsewhere" / "adult")
    scanned([elsewhere], tmp_path / "there", tmp_path / "c2")
    assert documents(tmp_path / "one") == documents(tmp_path / "there")


def test_the_verdict_binds_the_other_documents(once, tmp_path):
    verdict = json.loads((tmp_path / "one" / "verdict.json").read_bytes())
    assert verdict["outcome"] == "reject"
    assert verdict["manifest_root"] == once.manifest.root
    assert verdict["findings_digest"].startswith("sha256:")


def test_quarantine_splits_without_losing_a_record(adult, once, tmp_path):
    found = scanned([adult], tmp_path / "o", tmp_path / "c", quarantine=True)
    folder = tmp_path / "o" / "quarantine"
    reasons = pq.read_table(folder / "reasons.parquet")
    assert reasons.num_rows
    clean = sum(pq.read_metadata(p).num_rows for p in (folder / "clean").iterdir())
    rejected = sum(pq.read_metadata(p).num_rows for p in (folder / "rejected").iterdir())
    assert rejected == len(
        set(zip(*(reasons[c].to_pylist() for c in ("shard", "row")), strict=True))
    )
    assert clean + rejected == found.manifest.rows
    both = tmp_path / "both"
    for side in ("clean", "rejected"):
        for path in (folder / side).iterdir():
            both.mkdir(exist_ok=True)
            shutil.copy(path, both / f"{side}-{path.name}")
    united = scanned([both], tmp_path / "united", tmp_path / "c")
    assert united.manifest.multiset == found.manifest.multiset
    cleaned = scanned([folder / "clean"], tmp_path / "cleaned", tmp_path / "c")
    assert cleaned.verdict.outcome == "admit"


def test_rows_of_a_note_are_not_rejected_where_its_rule_rejects_for_other_findings(
    samples, tmp_path
):
    mails = samples / "planted" / "hidden" / "mail"
    found = scanned(
        [mails], tmp_path / "o", tmp_path / "c", roles=Roles(text="text"), quarantine=True
    )
    rule = "text/hidden-characters"
    listed = [f for f in found.detected.document["findings"] if f["rule"] == rule and f["rows"]]
    grave = {f["what"] for f in listed if f["level"] != "note"}
    assert found.verdict.rejecting == (rule,)
    assert {f["what"] for f in listed} - grave == {"disguised-word"}
    suspects = pq.read_table(tmp_path / "o" / "suspects.parquet").to_pylist()
    suspects = [s for s in suspects if s["rule"] == rule]
    why = {(s["shard"], s["row"]) for s in suspects if s["what"] in grave}
    folder = tmp_path / "o" / "quarantine"
    reasons = pq.read_table(folder / "reasons.parquet").to_pylist()
    assert {(r["shard"], r["row"]) for r in reasons} == why
    assert len(why) < len(suspects)
    assert sum(pq.read_metadata(p).num_rows for p in (folder / "rejected").iterdir()) == len(why)


def test_a_baseline_names_what_changed(adult, once, tmp_path):
    (adult / "adult-0.parquet").unlink()
    found = scanned([adult], tmp_path / "new", tmp_path / "c", baseline=str(tmp_path / "one"))
    (change,) = [f for f in found.detected.document["findings"] if f["rule"] == "baseline/change"]
    assert change["what"] == "edited"
    assert change["evidence"]["removed"] == ["adult-0.parquet"]


def test_scores_hold_every_scored_row(samples, tmp_path):
    digits = Roles(label="label", image="pixels", source="source", key="id")
    out = tmp_path / "o"
    scanned([samples / "clean" / "digits"], out, tmp_path / "c", roles=digits, scores=True)
    scores = pq.read_table(out / "scores")
    assert scores.schema.names == ["shard", "row", "rule", "what", "score", "p_value"]
    counts = Counter(scores["rule"].to_pylist())
    assert counts["spectral/class-signature"] == 1797
    assert counts["duplicates/exact-row"] == 1797
    rows = set(zip(scores["shard"].to_pylist(), scores["row"].to_pylist(), strict=True))
    assert len(rows) == 1797


def test_one_bad_shard_is_named_and_nothing_is_published(adult, tmp_path):
    (adult / "adult-2.parquet").write_bytes(b"PAR1 this is not it PAR1")
    with pytest.raises((InputError, Exception), match=r"adult-2\.parquet"):
        scanned([adult], tmp_path / "o", tmp_path / "c")
    assert not (tmp_path / "o" / "verdict.json").exists()


def test_a_forged_state_is_computed_again(adult, once, tmp_path):
    states = sorted((tmp_path / "c" / "span").rglob("*"))
    files = [p for p in states if p.is_file()]
    for path, other in itertools.pairwise(files):
        path.write_bytes(other.read_bytes())
    scanned([adult], tmp_path / "two", tmp_path / "c")
    assert documents(tmp_path / "one") == documents(tmp_path / "two")


def test_bytes_that_change_after_they_were_hashed_are_refused(adult, tmp_path):
    run = Run(StateStore(str(tmp_path / "c")))

    def swap(data):
        path = adult / "adult-4.parquet"
        content = bytearray(path.read_bytes())
        content[len(content) // 3] ^= 1
        path.write_bytes(content)

    request = ScanRequest((str(adult),), str(tmp_path / "o"), ROLES)
    with pytest.raises(Exception, match=r"adult-4\.parquet: bytes changed") as caught:
        scan(request, run, TODAY, swap)
    assert caught.value.exit_code == IntegrityError.exit_code
    assert not (tmp_path / "o" / "manifest.json").exists()


def test_documents_fit_their_published_schemas(adult, once, tmp_path):
    scanned(
        [adult], tmp_path / "o", tmp_path / "c", suite=str(ROOT / "expectations" / "adult.json")
    )
    for name in DOCUMENTS:
        schema = json.loads((ROOT / "docs/schemas" / name.replace(".", ".schema.")).read_text())
        document = json.loads((tmp_path / "o" / name).read_bytes())
        jsonschema.Draft202012Validator(schema).validate(document)
