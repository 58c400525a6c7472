"""provender redteam as a process: pure JSON, a kill it goes on from, and its exit codes."""

import json
import signal
import subprocess
from pathlib import Path

import pytest
from jsonschema import Draft202012Validator

from tests.cli.process import COMMAND, run
from tests.docs.pages import DOCS
from tests.pipelines.redteam_data import write_corpus

BOOKS = Path(__file__).parents[2] / "data_samples" / "clean" / "books"


def words_of(data, out, cache, *more):
    words = ["redteam", data, "--out", out, "--cache", cache, "--attack", "rare-word"]
    words += ["--counts", "15", "--seeds", "1", "--workers", "1", *more]
    return list(map(str, words))


def ran(*given):
    """Run it to its end; return (exit code, stdout, stderr)."""
    done = run(words_of(*given))
    return done.returncode, done.stdout, done.stderr


def test_a_killed_run_goes_on_and_prints_the_document_alone(tmp_path):
    data = write_corpus(tmp_path / "data", shards=2, source=False)
    out, cache = tmp_path / "out", tmp_path / "cache"
    command = [*COMMAND, *words_of(data, out, cache)]
    killed = subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True)
    for line in killed.stderr:
        if line.startswith("1/3"):
            break
    killed.send_signal(signal.SIGKILL)
    killed.communicate()
    assert killed.returncode == -signal.SIGKILL
    assert not (out / "redteam.json").exists()
    code, printed, told = ran(data, out, cache, "--format", "json")
    assert code == 0, told
    known = int(told.split(" of 3 trials are known")[0].split()[-1])
    assert known >= 1
    document = json.loads(printed)
    assert document == json.loads((out / "redteam.json").read_text("utf-8"))
    schema = json.loads((DOCS / "schemas" / "redteam.schema.json").read_text("utf-8"))
    assert [e.message for e in Draft202012Validator(schema).iter_errors(document)] == []
    assert [p.name for p in out.iterdir()] == ["redteam.json"]


def test_time_that_is_up_is_code_3_and_says_what_is_missing(provender, tmp_path):
    data = write_corpus(tmp_path / "data", shards=1, source=False)
    asked = ("redteam", data, "--out", tmp_path / "o", "--cache", tmp_path / "c")
    code, out, _ = provender(*asked, "--budget", "0s", "--attack", "rare-word", "--seeds", "2")
    assert code == 3
    assert (
        "not measured: 15 trials (the time budget was used up; the same command goes on)"
        in " ".join(out.split())
    )


def test_with_trusted_data_and_by_one_annotator_as_a_scan_with_these_options(tmp_path):
    data = write_corpus(tmp_path / "data", shards=1, source=False, annotator=True)
    vouched = write_corpus(tmp_path / "vouched", shards=2, source=False, annotator=True, seed=8)
    out, cache = tmp_path / "out", tmp_path / "cache"
    asked = ("--trusted", vouched, "--format", "json")
    code, printed, told = ran(data, out, cache, *asked)
    assert code == 0, told
    document = json.loads(printed)
    arms = [(c["attack"], c["arm"]) for c in document["curves"] if c["rule"] == "any"]
    assert arms == [("rare-word", "spread"), ("rare-word", "annotator")]
    assert {"trusted/label-flips", "trusted/class-distance"} <= {
        c["rule"] for c in document["curves"]
    }
    root = document["trusted"]["root"]
    assert document["trusted"] == {"root": root, "rows": 200, "shards": 2, "pinned": False}
    schema = json.loads((DOCS / "schemas" / "redteam.schema.json").read_text("utf-8"))
    assert [e.message for e in Draft202012Validator(schema).iter_errors(document)] == []
    _, printed, told = ran(data, out, cache, *asked, "--trusted-root", root)
    assert "4 of 4 trials are known from before" in told
    assert json.loads(printed)["trusted"]["pinned"]
    wrong = (*asked, "--trusted-root", "sha256:" + "0" * 64)
    code, printed, told = ran(data, tmp_path / "o", cache, *wrong)
    assert (code, printed) == (5, "")
    assert "do not trust them until you know why" in told
    assert not (tmp_path / "o" / "redteam.json").exists()


@pytest.mark.parametrize(
    ("words", "said"),
    [
        (("--budget", "soon"), "'soon' is no time; write 90s, 30m, 2h or none"),
        (("--counts", "5,0"), "'5,0' are no counts; write 5,10,25"),
        (("--counts", "ten"), "'ten' are no counts"),
        (("--seeds", "0"), "--seeds"),
        (("--attack", "magic"), "there is no such attack; there are rare-word, phrase"),
        (("--attack", "refusal"), "needs a prompt and a response column"),
        (("--counts", "5,,10"), "'5,,10' are no counts"),
        (("--budget", "-5m"), "'-5m' is no time"),
        (("--policy", "none.yaml"), "none.yaml: cannot be read"),
        (("--trusted-root", "sha256:" + "0" * 64), "no data are named; name them with --trusted"),
        (("--trusted", BOOKS), "has no column 'label', which DATA has"),
    ],
)
def test_what_is_typed_wrong_is_one_line_and_code_4(provender, tmp_path, words, said):
    data = write_corpus(tmp_path / "data", shards=1, rows=20, source=False)
    asked = ("redteam", data, "--out", tmp_path / "o", "--cache", tmp_path / "c")
    code, out, err = provender(*asked, *words)
    assert (code, out) == (4, "")
    assert said in err
    assert not (tmp_path / "o" / "redteam.json").exists()


def test_data_that_can_carry_no_attack_are_code_3(provender, tmp_path):
    path = tmp_path / "numbers.csv"
    path.write_text("a,b\n1.5,2\n3.5,4\n")
    code, out, err = provender("redteam", path, "--out", tmp_path / "o", "--cache", tmp_path / "c")
    assert (code, out) == (3, "")
    assert "can carry none of the attacks" in err
