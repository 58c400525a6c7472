"""provender redteam: how little poison would be found in these data."""

from __future__ import annotations

import json
import re
import sys
from typing import Any

import click

from provender.cli.options import (
    data_argument,
    format_option,
    inputs_of,
    out_option,
    role_options,
    roles_of,
    run_options,
    trusted_options,
)
from provender.errors import EXIT_NOT_CHECKED, UsageError

_SECONDS = {"s": 1, "m": 60, "h": 3600}


def _budget(_: click.Context, __: click.Parameter, value: str) -> float | None:
    if value == "none":
        return None
    matched = re.fullmatch(r"(\d+(?:\.\d+)?)([smh])", value)
    if not matched:
        raise UsageError("--budget", f"{value!r} is no time", "write 90s, 30m, 2h or none")
    return float(matched[1]) * _SECONDS[matched[2]]


def _counts(_: click.Context, __: click.Parameter, value: str) -> tuple[int, ...]:
    parts = value.split(",")
    if not all(re.fullmatch(r"[1-9]\d{0,8}", part) for part in parts):
        raise UsageError("--counts", f"{value!r} are no counts", "write 5,10,25")
    return tuple(sorted({int(part) for part in parts}))


def _say(line: str) -> None:
    print(line, file=sys.stderr)


@click.command()
@data_argument
@out_option
@role_options
@click.option(
    "--attack", "attacks", multiple=True, metavar="NAME", help="Only this one, again for several."
)
@click.option(
    "--counts",
    default="5,10,25,50,100,250",
    show_default=True,
    metavar="N,...",
    callback=_counts,
    help="How many rows are planted.",
)
@click.option(
    "--seeds",
    type=click.IntRange(1, 10_000),
    default=5,
    show_default=True,
    metavar="N",
    help="Plantings of each kind.",
)
@click.option(
    "--budget",
    default="30m",
    show_default=True,
    metavar="TIME",
    callback=_budget,
    help="Start no trial after this time: 90s, 30m, 2h or none.",
)
@click.option("--policy", metavar="FILE", help="policy.yaml (default: the built-in policy).")
@trusted_options
@run_options
@format_option
@click.pass_obj
def redteam(
    beam_options: tuple[str, ...],
    /,
    data: tuple[str, ...],
    out: str,
    workers: int,
    cache: str | None,
    resume: bool,
    format_: str,
    trusted: tuple[str, ...],
    trusted_root: str | None,
    **options: Any,
) -> int:
    """Plant known attacks in copies of DATA and say how many rows of each would be found.

    Searched and judged as by `provender scan` with the same options. Writes DIR/redteam.json; DATA
    are only read. Exit code 3 when the time was used up before all was measured: the same command
    goes on from there.
    """
    from pipelines.redteam import RedteamRequest
    from pipelines.redteam import redteam as run_redteam
    from provender.cli.running import running, tell_roles, today
    from provender.work.redteam.document import unfinished
    from provender.work.trusted import TrustRequest

    believed = TrustRequest.of(trusted, trusted_root)
    roles = roles_of(options)
    request = RedteamRequest(inputs_of(data), out, roles, trusted=believed, **options)
    with running(workers, cache, resume, beam_options) as run:
        document = run_redteam(request, run, today(), tell_roles, _say)
    if format_ == "json":
        print(json.dumps(document, indent=2, sort_keys=True))
    else:
        from rich.console import Console

        from provender.report.redteam import render_redteam

        render_redteam(document, Console())
    return EXIT_NOT_CHECKED if unfinished(document) else 0
