"""Entry point: finds the verb, runs it, and turns every failure into one line and an exit code."""

from __future__ import annotations

import importlib
import os
import sys
from collections.abc import Sequence

import click

from provender import __version__
from provender.errors import EXIT_FAILED, EXIT_USAGE, ProvenderError

#: verb → module in provender.cli; imported only when asked for, so that --help is quick.
_VERBS = {
    "demo": "demo",
    "scan": "scan",
    "infer": "infer",
    "init": "init",
    "fingerprint": "stages",
    "validate": "stages",
    "detect": "stages",
    "decide": "decide",
    "enforce": "enforce",
    "diff": "diff",
    "explain": "rules",
    "rules": "rules",
    "doctor": "doctor",
}
_HELP = {
    "demo": "Scan the bundled samples; show what was found against what was planted.",
    "scan": "Check data, from shards to a verdict. Start here.",
    "infer": "Propose an expectation suite from data, for a person to edit.",
    "init": "Look at data and write a commented provender.yaml.",
    "fingerprint": "Write manifest.json: what the data is, by bytes and by rows.",
    "validate": "Answer a Great Expectations suite over all shards.",
    "detect": "Search for poison, duplicates and outliers.",
    "decide": "Turn findings into a verdict, by policy.",
    "enforce": "Refuse unless the data on disk is what a verdict admitted.",
    "diff": "Say how two data sets differ, by bytes, order, sharding or records.",
    "explain": "Explain a rule: what it sees, what it cannot see, its null model.",
    "rules": "List all rules.",
    "doctor": "Show what is installed, and what its absence leaves unchecked.",
}
EXIT_CODES = """Exit codes: 0 admitted or done; 1 findings reject; 2 the tool or an input failed;
3 nothing was checked, or not all that is required; 4 usage; 5 bytes, lineage or verdict broken."""


class _Verbs(click.Group):
    """Loads a verb's module when the verb is used."""

    def list_commands(self, ctx: click.Context) -> list[str]:  # noqa: ARG002
        return list(_VERBS)

    def get_command(self, ctx: click.Context, name: str) -> click.Command | None:  # noqa: ARG002
        if name not in _VERBS:
            return None
        module = importlib.import_module(f"provender.cli.{_VERBS[name]}")
        command: click.Command = getattr(module, name)
        return command

    def format_commands(self, ctx: click.Context, formatter: click.HelpFormatter) -> None:  # noqa: ARG002
        with formatter.section("Commands"):
            formatter.write_dl(list(_HELP.items()))


@click.command(cls=_Verbs, epilog=EXIT_CODES, context_settings={"max_content_width": 100})
@click.version_option(__version__, prog_name="provender")
def cli() -> None:
    """Decide whether a training data set may be fed to a model.

    \b
    provender demo                      see it work on bundled data
    provender scan DATA --out DIR       check your own shards
    """


def main(argv: Sequence[str] | None = None) -> None:
    """Run the command and exit; see EXIT_CODES."""
    given = list(sys.argv[1:] if argv is None else argv)
    # What stands behind '--' is Beam's.
    cut = given.index("--") if "--" in given else len(given)
    own, beam_options = given[:cut], tuple(given[cut + 1 :])
    try:
        code = cli.main(own, "provender", standalone_mode=False, obj=beam_options)
        _exit(code if isinstance(code, int) else 0)
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "")
        _exit(EXIT_USAGE)
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        hint = f" (see `{context.command_path} --help`)" if context else ""
        _complain(f"{error.format_message()}{hint}")
        _exit(EXIT_USAGE)
    except (click.Abort, KeyboardInterrupt):
        _complain("interrupted; run the same command again to go on from what was stored")
        _exit(130)
    except ProvenderError as error:
        if os.environ.get("PROVENDER_DEBUG"):
            raise
        for line in str(error).splitlines():
            _complain(line)
        _exit(error.exit_code)
    except BrokenPipeError:
        os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        _exit(EXIT_FAILED)
    except Exception as error:
        if os.environ.get("PROVENDER_DEBUG"):
            raise
        text = " ".join(str(error).split())[:300]
        _complain(
            f"provender: unexpected {type(error).__name__} ({text}); "
            "set PROVENDER_DEBUG=1 for the traceback and report it"
        )
        _exit(EXIT_FAILED)


def _complain(line: str) -> None:
    click.echo(f"provender: {line.removeprefix('provender: ')}", err=True)


def _exit(code: int) -> None:
    sys.stdout.flush()
    sys.stderr.flush()
    sys.exit(code)
