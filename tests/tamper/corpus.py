"""All cases, by number."""

from __future__ import annotations

from tests.tamper import content_cases, names, reading, repository_cases, seal_cases
from tests.tamper.case import Case

CASES: tuple[Case, ...] = tuple(
    sorted(
        (
            *names.CASES,
            *content_cases.CASES,
            *reading.CASES,
            *repository_cases.CASES,
            *seal_cases.CASES,
        ),
        key=lambda case: case.number,
    )
)
