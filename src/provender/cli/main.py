"""Entry point: finds the verb, runs it, and turns every failure into one line and an exit code."""

from __future__ import annotations

import contextlib
import errno
import importlib
import os
import sys
from collections.abc import Sequence
from pathlib import Path

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
    "redteam": "redteam",
    "decide": "decide",
    "enforce": "enforce",
    "diff": "diff",
    "dvc-audit": "dvc_audit",
    "keys": "keys",
    "trust": "trust",
    "seal": "seal",
    "reseal": "reseal",
    "verify": "verify",
    "exec": "exec",
    "prove": "prove",
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
    "redteam": "Plant known attacks in copies of data; say how many rows would be found.",
    "decide": "Turn findings into a verdict, by policy.",
    "enforce": "Refuse unless the data on disk is what a verdict admitted.",
    "diff": "Say how two data sets differ, by bytes, order, sharding or records.",
    "dvc-audit": "Hash a DVC repository again, remotes too; name what DVC lets pass.",
    "keys": "Make the keys that seals are signed with.",
    "trust": "Say who may seal which series of data, and sign that.",
    "seal": "Sign what data are, so that any later change shows.",
    "reseal": "Sign what became of sealed data: what was removed, and what added.",
    "verify": "Verify data against a seal: bytes, signatures, freshness, lineage.",
    "exec": "Start training only on sealed, admitted data.",
    "prove": "Prove that a record is among sealed data, revealing no other.",
    "explain": "Explain a rule: what it sees, what it cannot see, its null model.",
    "rules": "List all rules.",
    "doctor": "Show what is installed, and what its absence leaves unchecked.",
}
EXIT_INTERRUPTED = 130
#: An OSError of these kinds that names no file comes from printing: all else names what it wrote.
_NO_ROOM = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG, errno.EIO)
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
        command: click.Command = getattr(module, name.replace("-", "_"))
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
    _open_closed_streams()
    given = list(sys.argv[1:] if argv is None else argv)
    # What stands behind '--' is Beam's, or a command.
    cut = given.index("--") if "--" in given else len(given)
    sys.exit(_flushed(_run(given[:cut], tuple(given[cut + 1 :]))))


def _run(own: list[str], behind: tuple[str, ...]) -> int:
    try:
        code = cli.main(own, "provender", standalone_mode=False, obj=behind)
        return code if isinstance(code, int) else 0
    except click.exceptions.NoArgsIsHelpError as error:
        click.echo(error.ctx.get_help() if error.ctx else "")
        return EXIT_USAGE
    except click.ClickException as error:
        context = getattr(error, "ctx", None)
        hint = f"; see `{context.command_path} --help`" if context else ""
        _complain(f"{error.format_message().rstrip('.')}{hint}")
        return EXIT_USAGE
    except (click.Abort, KeyboardInterrupt):
        _complain("interrupted; run the same command again to go on from what was stored")
        return EXIT_INTERRUPTED
    except ProvenderError as error:
        if os.environ.get("PROVENDER_DEBUG"):
            raise
        for line in str(error).splitlines():
            _complain(line)
        return error.exit_code
    except SystemExit:  # click's answer to a closed pipe; its code would read as a rejection
        return EXIT_FAILED
    except Exception as error:
        if isinstance(error, OSError) and error.errno in _NO_ROOM and error.filename is None:
            _complain(_stdout_full(error))
            return EXIT_FAILED
        if os.environ.get("PROVENDER_DEBUG"):
            raise
        text = " ".join(str(error).split())[:300]
        _complain(
            f"unexpected {type(error).__name__} ({text}); "
            "set PROVENDER_DEBUG=1 for the traceback and report it"
        )
        return EXIT_FAILED


def _complain(line: str) -> None:
    """Print one line to stderr; what could steer a terminal (in a file's name) is spelled out."""
    plain = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in line)
    with contextlib.suppress(OSError):  # nobody can be told that stderr is full
        click.echo(f"provender: {plain}", err=True)


def _open_closed_streams() -> None:
    """Let nothing that is opened later, such as a result, become stdout or stderr."""
    for name in ("stdout", "stderr"):
        if getattr(sys, name) is None:
            setattr(sys, name, Path(os.devnull).open("w"))  # noqa: SIM115  open to the end


def _stdout_full(error: OSError) -> str:
    return f"stdout: cannot be written ({error.strerror}); free space there"


def _flushed(code: int) -> int:
    """Return ``code``, or that of a failure where stdout could not take all that was printed."""
    for stream in (sys.stdout, sys.stderr):
        try:
            stream.flush()
        except OSError as error:
            code = EXIT_FAILED if stream is sys.stdout else code
            # Python flushes once more at its end, and would end with a code of its own.
            os.dup2(os.open(os.devnull, os.O_WRONLY), stream.fileno())
            if not isinstance(error, BrokenPipeError):
                _complain(_stdout_full(error))
    return code
