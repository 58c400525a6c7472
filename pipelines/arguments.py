"""Options of `python -m pipelines.NAME`: a few of our own, everything else is Beam's."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import dataclass, fields

from pipelines.run import Run
from provender.core.policy import Rates
from provender.core.shard import Roles
from provender.errors import ProvenderError
from provender.io.states import StateStore, default_store
from provender.work.trusted import TrustRequest


@dataclass(frozen=True)
class Standalone:
    """Parsed options."""

    input: list[str]
    output: str
    roles: Roles
    run: Run
    suite: str | None
    rates: Rates
    scores: bool
    trusted: TrustRequest | None


def standalone(name: str, argv: Sequence[str] | None) -> Standalone:
    """Parse ``argv``; what is not known here goes to Beam."""
    parser = argparse.ArgumentParser(
        prog=f"python -m pipelines.{name}",
        description=f"The {name} pipeline by itself. Unknown options are passed to Beam.",
        allow_abbrev=False,
    )
    parser.add_argument("--input", nargs="+", required=True, help="files, folders or globs")
    parser.add_argument("--output", required=True, help="folder for the results")
    parser.add_argument("--cache", default=default_store(), help="where states are kept")
    parser.add_argument("--workers", type=int, default=0, help="local processes; 0: one per core")
    parser.add_argument("--fresh", action="store_true", help="compute again what is stored")
    if name == "validate":
        parser.add_argument("--suite", required=True, help="a Great Expectations suite (JSON)")
    if name == "detect":
        parser.add_argument("--fdr", type=float, default=0.01, help="false discovery rate")
        parser.add_argument("--alarm-rate", type=float, default=0.01, help="of the data set")
        parser.add_argument("--scores", action="store_true", help="write every row's score")
        parser.add_argument("--trusted", nargs="+", default=[], help="data to compare with")
        parser.add_argument("--trusted-root", help="root of their manifest")
    for role in fields(Roles):
        parser.add_argument(f"--{role.name}", metavar="COLUMN", help=argparse.SUPPRESS)
    known, beam_options = parser.parse_known_args(sys.argv[1:] if argv is None else argv)
    roles = Roles(**{role.name: getattr(known, role.name) for role in fields(Roles)})
    run = Run(StateStore(known.cache), known.workers, known.fresh, tuple(beam_options))
    return Standalone(
        known.input,
        known.output,
        roles,
        run,
        getattr(known, "suite", None),
        Rates(getattr(known, "fdr", Rates.fdr), getattr(known, "alarm_rate", Rates.alarm)),
        getattr(known, "scores", False),
        TrustRequest.of(getattr(known, "trusted", []), getattr(known, "trusted_root", None)),
    )


def as_command(main: Callable[[], None]) -> None:
    """Run a pipeline's ``main``; its failure is the line and the exit code of `provender`."""
    try:
        main()
    except ProvenderError as error:
        if os.environ.get("PROVENDER_DEBUG"):
            raise
        for line in str(error).splitlines():
            plain = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
            print(f"provender: {plain}", file=sys.stderr)
        sys.exit(error.exit_code)
