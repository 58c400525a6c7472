"""Every verb on real data, in this process: what is printed, written and returned."""

import json
import shutil

import pyarrow.parquet as pq
import pytest
import yaml


@pytest.fixture
def digits(samples, tmp_path):
    return shutil.copytree(samples / "clean" / "digits", tmp_path / "digits")


def test_help_shows_the_verbs_and_exit_codes(provender):
    code, out, _ = provender("--help")
    assert code == 0
    assert all(verb in out for verb in ("scan", "enforce", "doctor", "Exit codes"))


def test_scan_prints_pure_json_and_returns_the_verdict(provender, digits, tmp_path):
    code, out, err = provender("scan", digits, "--out", tmp_path / "o", "--format", "json")
    result = json.loads(out)
    assert (code, result["outcome"], result["exit_code"]) == (0, "admit", 0)
    assert result["rows"] == 1797
    assert "label = label (inferred)" in err
    assert {p.name for p in (tmp_path / "o").iterdir()} >= {
        "manifest.json",
        "validation.json",
        "findings.json",
        "suspects.parquet",
        "verdict.json",
        "report.html",
    }


def test_the_stages_one_by_one_say_what_a_scan_says(provender, digits, samples, tmp_path):
    suite = samples.parent / "expectations" / "digits.json"
    one, all_ = tmp_path / "one", tmp_path / "all"
    assert provender("fingerprint", digits, "--out", one)[0] == 0
    assert provender("validate", digits, "--out", one, "--suite", suite)[0] == 0
    assert provender("detect", digits, "--out", one)[0] == 0
    code, out, _ = provender("decide", "--out", one)
    assert (code, out.strip()) == (0, "admit")
    assert provender("scan", digits, "--out", all_, "--suite", suite)[0] == 0
    for name in ("manifest", "validation", "findings", "verdict"):
        assert (one / f"{name}.json").read_bytes() == (all_ / f"{name}.json").read_bytes()
    assert provender("enforce", digits, "--out", one)[0] == 0


def test_evidence_is_not_put_beside_a_manifest_of_other_data(provender, digits, tmp_path):
    provender("fingerprint", digits, "--out", tmp_path / "o")
    (digits / "digits-0.parquet").unlink()
    code, _, err = provender("detect", digits, "--out", tmp_path / "o")
    assert code == 5
    assert "is of other data than DATA is now" in err


def test_diff_names_what_changed(provender, digits, tmp_path):
    other = shutil.copytree(digits, tmp_path / "other")
    shard = other / "digits-1.parquet"
    pq.write_table(pq.read_table(shard), shard, compression="snappy")
    code, out, _ = provender("diff", digits, other)
    assert code == 0
    assert out.startswith("re-encoded")
    assert "digits-1.parquet" in out
    table = pq.read_table(shard)
    pq.write_table(table.take(list(reversed(range(table.num_rows)))), shard)
    assert (
        json.loads(provender("diff", digits, other, "--format", "json")[1])["kind"] == "reordered"
    )
    (other / "digits-2.parquet").rename(other / "renamed.parquet")
    assert (
        json.loads(provender("diff", digits, other, "--format", "json")[1])["kind"] == "re-sharded"
    )


def test_an_inferred_suite_is_passed_by_its_data(provender, digits, tmp_path):
    suite = tmp_path / "suite.json"
    assert provender("infer", digits, "--out", suite)[0] == 0
    code, out, _ = provender(
        "validate", digits, "--out", tmp_path / "o", "--suite", suite, "--format", "json"
    )
    assert code == 0
    assert json.loads(out)["success"] is True


def test_init_names_the_sides_of_conversations(provender, tmp_path, monkeypatch):
    turns = [{"role": "user", "content": "why?"}, {"role": "assistant", "content": "because"}]
    (tmp_path / "chat.jsonl").write_text(json.dumps({"messages": turns}))
    monkeypatch.chdir(tmp_path)
    assert provender("init", "chat.jsonl")[0] == 0
    written = (tmp_path / "provender.yaml").read_text()
    assert "  prompt: messages.prompt\n" in written
    assert "  response: messages.response\n" in written


def test_init_writes_a_file_that_scan_takes(provender, digits, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    assert provender("init", digits)[0] == 0
    config = yaml.safe_load((tmp_path / "provender.yaml").read_text())
    assert config["roles"] == {"label": "label", "image": "pixels", "source": "source", "key": "id"}
    code, out, err = provender("scan", "--format", "json")
    assert (code, json.loads(out)["outcome"]) == (0, "admit")
    assert "(inferred)" not in err
    assert (tmp_path / "provender-out" / "verdict.json").is_file()
    code, _, err = provender("init", digits)
    assert (code, "exists already" in err) == (4, True)


def test_rules_and_explain_tell_what_cannot_be_seen(provender):
    code, out, _ = provender("rules", "--format", "json")
    assert code == 0
    for rule in json.loads(out):
        code, text, _ = provender("explain", rule["id"])
        assert code == 0
        assert "cannot see" in text
        assert "null model" in text


def test_doctor_names_versions_and_what_is_missing(provender):
    code, out, _ = provender("doctor", "--format", "json")
    found = json.loads(out)
    assert code == 0
    assert found["needed"]["apache-beam"]
    assert {"package", "version", "without_it", "extra"} <= set(found["optional"][0])
