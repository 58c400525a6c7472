"""The demo: bundled samples are scanned, and what was planted is told beside what was found."""

from __future__ import annotations

import shutil
from pathlib import Path

from provender.cli import demo
from tests.cli.process import provender

ROOT = Path(__file__).parents[2]
SAMPLES = ROOT / "data_samples"


def test_every_planted_family_has_a_rule() -> None:
    assert sorted(demo._MEANT) == sorted(folder.name for folder in (SAMPLES / "planted").iterdir())


def test_it_says_what_its_columns_are_and_why_a_planted_sample_is_admitted(tmp_path: Path) -> None:
    own = tmp_path / "data_samples"
    for name in ("clean/digits", "planted/trusted-patches/digits", "planted/spectral/digits"):
        shutil.copytree(SAMPLES / name, own / name)
    shutil.copytree(SAMPLES / "truth", own / "truth")
    shutil.copytree(ROOT / "expectations", tmp_path / "expectations")

    out = ("--out", tmp_path / "out", "--cache", tmp_path / "cache")
    code, stdout, stderr = provender("demo", "--samples", own, *out, fresh=True)

    assert (code, "3/3" in stderr) == (0, True), stderr
    verdicts = dict(line.split()[:2] for line in stdout.splitlines() if "/digits  " in line)
    assert verdicts == {
        "clean/digits": "admit",
        "spectral/digits": "reject",
        "trusted-patches/digits": "admit",
    }
    assert "3 of 3 verdicts are right." in stdout
    assert "planted, of these caught and missed" in stdout
    assert stdout.count("is rightly admitted") == 1
    assert "trusted-patches/digits is rightly admitted" in stdout
    assert (tmp_path / "out" / "spectral" / "digits" / "report.html").is_file()
