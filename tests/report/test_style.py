"""Colours of the page meet WCAG 2.2 contrast (1.4.3: 4.5 for text, 1.4.11: 3 for drawings)."""

from __future__ import annotations

import re
from importlib.resources import files

import pytest

CSS = (files("provender.report") / "templates" / "report.css").read_text("utf-8")
TEXT = [
    ("ink", "card"), ("quiet", "card"), ("quiet", "page"), ("ink", "page"), ("link", "card"),
    ("link", "page"), ("bad", "bad-soft"), ("unsure", "unsure-soft"), ("good", "good-soft"),
    ("note", "note-soft"), ("bad", "card"), ("quiet", "bad-soft"), ("quiet", "unsure-soft"),
    ("quiet", "good-soft"), ("ink", "bad-soft"), ("link", "bad-soft"), ("link", "unsure-soft"),
    ("link", "good-soft"),
]  # fmt: skip
DRAWN = [("bar", "card"), ("bar", "beyond"), ("bad", "card"), ("bad", "beyond"), ("ink", "card")]


def palettes() -> dict[str, dict[str, str]]:
    light, dark = re.findall(r":root \{(.*?)\}", CSS, re.DOTALL)
    read = [dict(re.findall(r"--([\w-]+): (#[0-9a-f]{6})", part)) for part in (light, dark)]
    return {"light": read[0], "dark": read[1]}


def luminance(colour: str) -> float:
    """Relative luminance as WCAG defines it."""
    channels = [int(colour[i : i + 2], 16) / 255 for i in (1, 3, 5)]
    linear = [c / 12.92 if c <= 0.04045 else ((c + 0.055) / 1.055) ** 2.4 for c in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(first: str, second: str) -> float:
    low, high = sorted((luminance(first), luminance(second)))
    return (high + 0.05) / (low + 0.05)


@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize(("pairs", "least"), [(TEXT, 4.5), (DRAWN, 3.0)])
def test_contrast(scheme: str, pairs: list[tuple[str, str]], least: float) -> None:
    palette = palettes()[scheme]
    poor = {(a, b): contrast(palette[a], palette[b]) for a, b in pairs}
    assert {pair: ratio for pair, ratio in poor.items() if ratio < least} == {}


@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_heat_map_steps_run_one_way_from_the_background(scheme: str) -> None:
    palette = palettes()[scheme]
    ramp = [luminance(palette[f"s{step}"]) for step in range(1, 6)]
    assert ramp == sorted(ramp, reverse=scheme == "light")


def test_both_palettes_name_the_same_colours() -> None:
    light, dark = palettes().values()
    assert light.keys() == dark.keys()
