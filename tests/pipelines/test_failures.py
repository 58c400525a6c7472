"""A shard that changes between the rounds of detection is named; the others are read to the end."""

import shutil

import pytest

from pipelines.detect import detect, first_analyses
from pipelines.fingerprint import fingerprint, survey
from pipelines.run import Run
from provender.core.shard import Roles
from provender.errors import ProvenderError
from provender.io.states import StateStore


@pytest.mark.parametrize("workers", [1, 2])
def test_bytes_that_change_after_the_manifest_was_made_are_refused(samples, tmp_path, workers):
    mail = shutil.copytree(samples / "clean" / "mail", tmp_path / "mail")
    run = Run(StateStore(str(tmp_path / "c")), workers)
    data = survey([str(mail)], Roles(text="text", label="label"), run)
    manifest, _ = fingerprint(data, run, first_analyses(data))
    path = sorted(mail.iterdir())[2]
    content = bytearray(path.read_bytes())
    content[len(content) // 3] ^= 1
    path.write_bytes(content)
    with pytest.raises(ProvenderError, match=r"mail-2\.parquet: bytes changed"):
        detect(data, manifest, run, 0.01)
