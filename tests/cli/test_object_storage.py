"""Verbs that read and write documents in a bucket, in this process."""

import json
import shutil

import pytest


@pytest.fixture
def digits(samples, tmp_path):
    folder = tmp_path / "digits"
    folder.mkdir()
    for number in (0, 1):
        shutil.copy(samples / "clean" / "digits" / f"digits-{number}.parquet", folder)
    return folder


def test_the_stages_and_the_gate_work_on_a_bucket_as_in_a_folder(
    provender, digits, samples, s3, tmp_path
):
    data, suite = s3.upload(digits, "data"), samples.parent / "expectations" / "digits.json"
    local, there = tmp_path / "out", f"{s3.uri}/out"
    for place, shards in ((local, digits), (there, data)):
        assert provender("fingerprint", shards, "--out", place)[0] == 0
        assert provender("validate", shards, "--out", place, "--suite", suite)[0] == 0
        assert provender("detect", shards, "--out", place)[0] == 0
        assert provender("decide", "--out", place)[0] == 0
    assert {path.name: path.read_bytes() for path in local.iterdir()} == {
        name.removeprefix("out/"): s3.get(name) for name in s3.names("out/")
    }
    code, said, _ = provender("enforce", digits, "--out", local)
    assert provender("enforce", data, "--out", there)[:2] == (code, said)
    assert provender("diff", there, local)[1].startswith("identical")
    s3.put("data/digits-1.parquet", s3.get("data/digits-0.parquet"))
    code, _, err = provender("enforce", data, "--out", there)
    assert (code, "digits-1.parquet: its bytes are not" in err) == (5, True)
    assert provender("diff", there, data)[1].startswith("edited")
    code, _, err = provender("detect", data, "--out", there)
    assert (code, f"{there}/manifest.json: is of other data" in err) == (5, True)
    s3.delete("out/verdict.json")
    assert provender("enforce", data, "--out", there)[0] == 5


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("scan", "DATA", "--out", "s3://no-such-bucket-here/o"), "bucket does not exist"),
        (("scan", "DATA", "--out", "OUT", "--cache", "s3://no-such-bucket-here/c"), "--cache"),
        (("scan", "s3://no-such-bucket-here/d", "--out", "OUT"), "bucket does not exist"),
        (
            ("enforce", "DATA", "--out", "s3://no-such-bucket-here/o"),
            "verdict.json: cannot be read",
        ),
        (
            ("scan", "DATA", "--out", "OUT", "--baseline", "s3://no-such-bucket-here/o"),
            "manifest.json: cannot be read",
        ),
    ],
)
def test_a_missing_bucket_is_one_line(words, said, provender, digits, s3):
    given = {"DATA": digits, "OUT": f"{s3.uri}/out"}
    code, out, err = provender(*(given.get(word, word) for word in words))
    lines = [line for line in err.splitlines() if line.startswith("provender: ")]
    assert len(lines) == 1
    assert said in lines[0]
    assert "bucket does not exist" in lines[0]
    assert (code, out) == (2, "")
    assert s3.names() == []


def test_a_key_that_is_refused_is_one_line(provender, digits, s3):
    with s3.server.checking_keys():
        code, _, err = provender("scan", digits, "--out", f"{s3.uri}/out")
    (line,) = [line for line in err.splitlines() if line.startswith("provender: ")]
    assert (code, "Access Key Id you provided does not exist" in line) == (2, True)


def test_scan_reads_a_baseline_and_says_where_the_report_is(provender, digits, s3):
    old, new = f"{s3.uri}/old", f"{s3.uri}/out"
    assert provender("fingerprint", digits, "--out", old)[0] == 0
    (digits / "digits-1.parquet").unlink()
    _, out, _ = provender("scan", digits, "--out", new, "--baseline", old)
    assert f"{new}/report.html" in out.replace("\n", "")
    found = json.loads(s3.get("out/findings.json"))["findings"]
    assert "baseline/change" in {finding["rule"] for finding in found}
