"""The demo counts what each planted sample is meant to show."""

from __future__ import annotations

from pathlib import Path

from provender.cli import demo

PLANTED = Path(__file__).parents[2] / "data_samples" / "planted"


def test_every_planted_family_has_a_rule() -> None:
    assert sorted(demo._MEANT) == sorted(folder.name for folder in PLANTED.iterdir())
