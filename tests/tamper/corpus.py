"""All cases, by number."""

from __future__ import annotations

from tests.tamper import content, names, reading, repositories, seals
from tests.tamper.case import Case

CASES: tuple[Case, ...] = tuple(
    sorted(
        (*names.CASES, *content.CASES, *reading.CASES, *repositories.CASES, *seals.CASES),
        key=lambda case: case.number,
    )
)
