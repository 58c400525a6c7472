"""A shard that changes between the rounds of detection is named; the others are read to the end."""

import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from pipelines.detect import detect, first_analyses
from pipelines.fingerprint import fingerprint, survey
from pipelines.run import Run
from provender.core.policy import Rates
from provender.core.shard import Roles
from provender.errors import ProvenderError
from provender.io.states import StateStore

SUITE = Path(__file__).parents[2] / "expectations" / "adult.json"


@pytest.mark.parametrize("workers", [1, 2])
def test_bytes_that_change_after_the_manifest_was_made_are_refused(samples, tmp_path, workers):
    digits = shutil.copytree(samples / "clean" / "digits", tmp_path / "digits")
    run = Run(StateStore(str(tmp_path / "c")), workers)
    data = survey([str(digits)], Roles(label="label", image="pixels"), run)
    manifest, _ = fingerprint(data, run, first_analyses(data))
    path = sorted(digits.iterdir())[2]
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    with pytest.raises(ProvenderError, match=r"digits-2\.parquet: bytes changed"):
        detect(data, manifest, run, Rates())


@pytest.mark.parametrize("pipeline", ["fingerprint", "validate", "detect"])
def test_a_pipeline_by_itself_fails_with_the_line_and_code_of_the_cli(samples, tmp_path, pipeline):
    digits = shutil.copytree(samples / "clean" / "digits", tmp_path / "digits")
    shard = digits / "digits-2.parquet"
    shard.write_bytes(shard.read_bytes()[:-700])
    command = [sys.executable, "-m", f"pipelines.{pipeline}", "--input", digits]
    command += ["--output", tmp_path / "out", "--cache", tmp_path / "cache"]
    command += ["--suite", SUITE] * (pipeline == "validate")
    ran = subprocess.run(command, check=False, capture_output=True, text=True)
    (line,) = ran.stderr.splitlines()
    assert line.startswith("provender: digits-2.parquet: ")
    assert ran.returncode == 2
