"""keys, trust, seal and verify as processes of their own: exit codes, JSON, and who says what."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest

from provender.cli.main import main
from tests.cli.process import run
from tests.provenance.conftest import flip_bit


class Shell:
    """A folder in which commands are run."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def run(
        self,
        *words: Any,
        code: int = 0,
        strict: bool = True,
        fresh: bool = False,
        **env: str | None,
    ) -> subprocess.CompletedProcess:
        variables = {**os.environ, "PROVENDER_PASSPHRASE": "secret", **env}
        given = {k: v for k, v in variables.items() if v is not None}
        done = run(words, self.folder, given, 120, fresh)
        assert done.returncode == code, done.stderr
        assert not strict or "Traceback" not in done.stderr
        return done

    def verify(self, *more: Any, data: str = "data", code: int = 0) -> dict[str, Any]:
        words = ("verify", data, "--seal", "s/seal.dsse.json", "--trust", "trust.json")
        done = self.run(*words, *more, "--format", "json", code=code)
        found: dict[str, Any] = json.loads(done.stdout)
        assert found["exit_code"] == code
        assert len(done.stderr.splitlines()) >= len(found["failures"])
        return found

    def kinds(self, *more: Any, data: str = "data", code: int = 5) -> list[str]:
        return [f["kind"] for f in self.verify(*more, data=data, code=code)["failures"]]


@pytest.fixture(scope="module")
def made(tmp_path_factory: pytest.TempPathFactory, samples: Path) -> Shell:
    shell = Shell(tmp_path_factory.mktemp("shell"))
    shutil.copytree(samples / "clean" / "digits", shell.folder / "data")
    for name in ("alice", "bob"):
        shell.run("keys", "new", name, "--out", ".")
    trust = ("--series", "digits", "--threshold", 1, "--expires", "2099-12-31")
    shell.run("trust", "init", *trust, "--key", "alice.pub", "--out", "trust.json")
    shell.run("trust", "sign", "trust.json", "--key", "alice.key", fresh=True)
    shell.run("seal", "data", "--key", "alice.key", "--series", "digits", *OUT, fresh=True)
    return shell


OUT = ("--out", "s/seal.dsse.json")


@pytest.fixture
def shell(made: Shell, tmp_path: Path) -> Shell:
    return Shell(shutil.copytree(made.folder, tmp_path / "shell"))


def test_untouched_data_are_verified(shell: Shell) -> None:
    found = shell.verify()
    assert (found["outcome"], found["failures"]) == ("verified", [])
    assert (found["series"], found["sequence"], found["shards"]) == ("digits", 1, 6)
    words = ("verify", "data", "--seal", "s/seal.dsse.json", "--trust", "trust.json")
    said = shell.run(*words, fresh=True)
    assert said.stdout.startswith("verified: digits 1, sha256:")
    assert said.stderr == ""


def test_a_flipped_bit_is_named_with_exit_code_5(shell: Shell) -> None:
    flip_bit(shell.folder / "data" / "digits-3.parquet")
    found = shell.verify(code=5)
    [failure] = found["failures"]
    assert found["outcome"] == "broken"
    assert set(failure) == {"kind", "shard", "chunk", "rows", "message"}
    assert (failure["shard"], failure["chunk"]) == ("digits-3.parquet", 0)
    said = shell.run(
        "verify", "data", "--seal", "s/seal.dsse.json", "--trust", "trust.json", code=5
    )
    assert said.stdout == "not verified: broken\n"
    assert said.stderr == f"provender: {failure['message']}\n"


def test_an_unsigned_trust_file_lets_nothing_pass(shell: Shell) -> None:
    words = ("--series", "digits", "--key", "alice.pub", "--expires", "2099-12-31")
    shell.run("trust", "init", *words, "--out", "trust.json", code=4)
    shell.run("trust", "init", *words, "--replaces", "trust.json", "--out", "trust.json")
    assert shell.kinds() == ["trust"]
    shell.run("trust", "show", "trust.json", code=5)
    shell.run("trust", "sign", "trust.json", "--key", "alice.key")
    assert shell.verify()["outcome"] == "verified"
    shown = json.loads(shell.run("trust", "show", "trust.json", "--format", "json").stdout)
    assert (shown["number"], shown["expires"], len(shown["signed_by"])) == (2, "2099-12-31", 1)


def test_two_signers_are_needed_where_the_trust_file_says_so(shell: Shell) -> None:
    words = ("--series", "digits", "--key", "alice.pub", "--key", "bob.pub", "--threshold", 2)
    more = ("--expires", "2099-12-31", "--replaces", "trust.json", "--out", "trust.json")
    shell.run("trust", "init", *words, *more)
    shell.run("trust", "sign", "trust.json", "--key", "alice.key", "--key", "bob.key")
    assert shell.kinds() == ["signature"]
    shell.run("seal", "--add-signature", "--key", "alice.key", *OUT)
    assert shell.kinds() == ["signature"]
    flip_bit(shell.folder / "data" / "digits-3.parquet")
    shell.run("seal", "data", "--add-signature", "--key", "bob.key", *OUT, code=5)
    flip_bit(shell.folder / "data" / "digits-3.parquet")
    shell.run("seal", "data", "--add-signature", "--key", "bob.key", *OUT)
    assert len(shell.verify()["signed_by"]) == 2


def test_an_old_seal_is_not_accepted_after_a_new_one(shell: Shell) -> None:
    old = shutil.copytree(shell.folder / "s", shell.folder / "old")
    shell.verify("--last-seen", "seen.json")
    (shell.folder / "data" / "digits-5.parquet").unlink()
    words = ("seal", "data", "--key", "alice.key", "--series", "digits", *OUT)
    shell.run(*words, "--sequence", 1, code=4)
    new = json.loads(shell.run(*words, "--format", "json").stdout)
    assert new["sequence"] == 2
    shell.verify("--last-seen", "seen.json")
    shutil.rmtree(shell.folder / "s")
    old.rename(shell.folder / "s")
    assert shell.kinds("--last-seen", "seen.json") == ["rollback"]


def test_an_expired_seal_is_refused(shell: Shell) -> None:
    words = ("seal", "data", "--key", "alice.key", "--series", "digits", *OUT)
    said = shell.run(*words, "--expires", "2020-01-01")
    assert "already past" in said.stderr
    assert shell.kinds() == ["expired"]
    shell.run(*words, "--expires", "soon", code=4)


def test_a_seal_is_not_put_in_the_data_nor_goes_on_from_anybodys(shell: Shell) -> None:
    words = ("seal", "data", "--key", "bob.key", "--series", "digits", "--out")
    assert "lies in data" in shell.run(*words, "data/seal.dsse.json", code=4).stderr
    assert "none of these keys" in shell.run(*words, "s/seal.dsse.json", code=4).stderr
    shell.run(*words, "s/seal.dsse.json", "--sequence", 7)
    assert shell.kinds() == ["signature"]


def test_parts_are_verified_alone(shell: Shell) -> None:
    flip_bit(shell.folder / "data" / "digits-3.parquet")
    part = ("--shard", "digits-1.parquet")
    assert shell.verify(*part)["shards_read"] == 1
    assert shell.verify(*part, "--range", "0:10")["outcome"] == "verified"
    assert len(shell.kinds("--shard", "digits-3.parquet")) == 1
    assert shell.kinds("--shard", "nowhere") == ["shard-added"]
    sample = shell.verify("--sample", 5, "--seed", "1", code=5)["sample"]
    assert (sample["of"], sample["detects"]["1"]) == (6, pytest.approx(5 / 6, abs=1e-6))


@pytest.mark.parametrize(
    "wrong",
    [
        ("--range", "0:1"),
        ("--shard", "a", "--range", "1"),
        ("--shard", "a", "--range", "-1:5"),
        ("--shard", "digits-1.parquet", "--range", "0:99999999"),
        ("--shard", "a", "--sample", "1"),
        ("--seed", "x"),
        ("--lineage", "x"),
        ("--sample", "0"),
        ("--proof", "proof.json"),
        ("--record", "record.jsonl"),
    ],
)
def test_what_cannot_be_asked_is_a_mistake(
    made: Shell, capsys: pytest.CaptureFixture[str], wrong: tuple[str, ...]
) -> None:
    folder = made.folder
    words = [folder / "data", "--seal", folder / "s/seal.dsse.json"]
    with pytest.raises(SystemExit) as ended:
        main(["verify", *map(str, words), "--trust", str(folder / "trust.json"), *wrong])
    assert ended.value.code == 4
    said = capsys.readouterr()
    assert (said.out, len(said.err.splitlines())) == ("", 1)


def test_what_cannot_be_read_is_never_verified(shell: Shell) -> None:
    assert shell.kinds(data="nowhere", code=2) == ["unreadable"]
    (shell.folder / "s" / "manifest.json").unlink()
    assert shell.kinds(code=2) == ["unreadable"]
    (shell.folder / "trust.json").unlink()
    found = shell.verify(code=2)
    assert (found["outcome"], found["failures"][0]["kind"]) == ("unreadable", "unreadable")


def test_evidence_is_sealed_and_bound_to_its_policy(shell: Shell) -> None:
    policy = shell.folder / "policy.yaml"
    policy.write_text("version: 1\nrequired: [identity/manifest]\n")
    shell.run("scan", "data", "--out", "scan", "--policy", "policy.yaml")
    words = ("seal", "data", "--key", "alice.key", "--series", "digits", "--evidence", "scan")
    shell.run(*words, *OUT)
    found = shell.verify("--policy", "policy.yaml")
    assert found["evidence"]["verdict"] == "PASSED"
    assert set(found["evidence"]) == {"validation", "detection", "verdict"}
    policy.write_text("version: 1\nreject_at: error\n")
    assert shell.kinds("--policy", "policy.yaml") == ["policy"]
    (shell.folder / "data" / "digits-5.parquet").unlink()
    said = shell.run(*words, *OUT, code=5)
    assert "evidence about other data" in said.stderr


def test_a_model_is_followed_back_to_its_data(shell: Shell) -> None:
    from provender.provenance.keys import load_signer
    from provender.provenance.lineage import record_training
    from provender.provenance.sealed import trusted_seal

    model = shell.folder / "model.bin"
    model.write_bytes(b"weights")
    sealed = trusted_seal(shell.folder / "s/seal.dsse.json", shell.folder / "trust.json")
    record_training(model, sealed, load_signer(shell.folder / "alice.key", lambda: b"secret"))
    assert shell.verify("--to-model", "model.bin")["model"] == "model.bin"
    model.write_bytes(b"other")
    assert shell.kinds("--to-model", "model.bin") == ["lineage"]


def test_a_record_is_proven_to_who_has_no_data(shell: Shell) -> None:
    sealed = ("--seal", "s/seal.dsse.json", "--trust", "trust.json")
    where = ("--shard", "digits-1.parquet", "--row", 7)
    shell.run("prove", "data", *sealed, *where, "--out", "proof.json")
    shutil.rmtree(shell.folder / "data")
    (shell.folder / "s/manifest.json").unlink()
    said = shell.run("verify", "--proof", "proof.json", *sealed)
    assert "its record is among these data" in said.stdout
    found = json.loads((shell.folder / "proof.json").read_text())
    (shell.folder / "proof.json").write_text(json.dumps({**found, "row": 8}))
    failed = shell.run("verify", "--proof", "proof.json", *sealed, "--format", "json", code=5)
    assert [f["kind"] for f in json.loads(failed.stdout)["failures"]] == ["proof"]


def test_a_passphrase_is_never_waited_for_where_nobody_sits(shell: Shell) -> None:
    said = shell.run("keys", "new", "carol", PROVENDER_PASSPHRASE=None, code=4, fresh=True)
    assert "set PROVENDER_PASSPHRASE" in said.stderr
    shell.run("keys", "new", "carol", PROVENDER_PASSPHRASE="", code=4)
    assert not (shell.folder / "carol.key").exists()
    made = shell.run("keys", "new", "carol", "--no-passphrase", "--format", "json")
    assert set(json.loads(made.stdout)) == {"private", "public", "keyid"}
    words = ("trust", "sign", "trust.json", "--key", "alice.key")
    shell.run(*words, PROVENDER_PASSPHRASE="wrong", code=4)
    shell.run("keys", "new", "carol", "--no-passphrase", code=4)
