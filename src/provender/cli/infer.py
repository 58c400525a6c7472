"""provender infer: an expectation suite proposed from data."""

from __future__ import annotations

import json
import sys

import click

from provender.cli.options import data_argument, inputs_of, run_options


@click.command()
@data_argument
@click.option(
    "--out", "suite_file", metavar="FILE", help="Where to write the suite (default: stdout)."
)
@click.option("--name", default="inferred", show_default=True, help="The suite's name.")
@run_options
@click.pass_obj
def infer(
    beam_options: tuple[str, ...],
    data: tuple[str, ...],
    suite_file: str | None,
    name: str,
    workers: int,
    cache: str | None,
    resume: bool,
) -> int:
    """Propose a Great Expectations suite that DATA passes.

    It says what was observed, not what is right: read and edit it before it guards anything.
    """
    from pipelines.infer import infer as run_infer
    from provender.cli.running import running
    from provender.io.outputs import write_whole

    with running(workers, cache, resume, beam_options) as run:
        suite = run_infer(inputs_of(data), name, run)
    text = json.dumps(suite, indent=2, ensure_ascii=False) + "\n"
    if suite_file is None:
        print(text, end="")
        return 0
    write_whole(suite_file, text)
    print(f"{len(suite['expectations'])} expectations written to {suite_file}", file=sys.stderr)
    return 0
