"""provender exec: start training only on sealed, admitted data."""

from __future__ import annotations

import os
import sys
import tempfile
from contextlib import ExitStack
from functools import partial
from pathlib import Path
from typing import Any

import click

from provender.cli.options import inputs_of, seal_options
from provender.errors import EXIT_FAILED, ProvenderError, UsageError


@click.command()
@click.argument("data", nargs=-1, metavar="DATA... -- COMMAND...")
@seal_options
@click.option("--last-seen", metavar="FILE", help="What was accepted before; written again.")
@click.option(
    "--require",
    type=click.Choice(["admit", "seal"]),
    default="admit",
    help="A sealed verdict that admits (default), or the seal alone.",
)
@click.option("--policy", metavar="FILE", help="The sealed verdict must be under this policy.")
@click.option("--names-only", is_flag=True, help="Leave the bytes to the child's sealed reader.")
@click.option("--receipt", metavar="FILE", help="Write what the child read, signed with --key.")
@click.option("--key", metavar="KEY", help="Private key (.key) that signs the receipt.")
@click.pass_obj
def exec(command: tuple[str, ...], /, data: tuple[str, ...], **options: Any) -> int:
    """Start COMMAND only if seal, trust and verdict hold, and DATA are what was sealed.

    Code in it reads DATA with `provender.open_verified()`, without arguments. The exit code is
    COMMAND's, 128 and the signal where one ended it; where nothing was started, 1, 2, 3, 4 or 5.
    """
    from provender.cli.child import run_child
    from provender.provenance.gate import refuse_unless_fit
    from provender.provenance.keys import load_signer
    from provender.provenance.reading.opening import sealed_data
    from provender.provenance.receipt import may_sign
    from provender.provenance.sealed import remember, trusted_seal

    inputs = inputs_of(data)
    if not command:
        raise UsageError("COMMAND", "is missing", "write it behind ` -- `")
    if (options["receipt"] is None) != (options["key"] is None):
        raise UsageError("--receipt", "and --key belong together", "give both or none")
    signer = None
    if options["key"] is not None:
        from provender.cli.passphrase import passphrase

        signer = load_signer(Path(options["key"]), partial(passphrase, options["key"]))
    policy = None
    if options["policy"] is not None:
        from provender.work.deciding import load_policy

        policy = load_policy(options["policy"]).digest
    seal = Path(options["seal"])
    sealed = trusted_seal(seal, options["trust"], options["last_seen"])
    if options["last_seen"] is not None:
        remember(sealed, options["last_seen"])
    admit = options["require"] == "admit"
    if signer is not None and not may_sign(sealed, signer):
        cause = "may not sign what was trained on under this trust file"
        raise UsageError(str(options["key"]), cause, "name a key that it lets sign lineage")
    refuse_unless_fit(sealed, seal, inputs, admit, policy, not options["names_only"])
    sealed_data(sealed, inputs)  # what the child will do must work before it is started
    with ExitStack() as stack:
        logs = None
        if signer is not None:
            logs = stack.enter_context(tempfile.TemporaryDirectory(prefix="provender-reads-"))
        code = run_child(command, _environment(inputs, options, sealed.digest, logs))
        if signer is not None and logs is not None:
            code = _receipt(Path(options["receipt"]), Path(logs), sealed, signer) or code
    return code


def _environment(
    inputs: tuple[str, ...], options: dict[str, Any], digest: str, logs: str | None
) -> dict[str, str]:
    """Return the child's variables: what `open_verified` needs, and no passphrase."""
    from provender.provenance.reading import opening

    given = {
        opening.DATA: "\n".join(map(_absolute, inputs)),
        opening.SEAL: _absolute(options["seal"]),
        opening.SEAL_DIGEST: digest,
        opening.TRUST: _absolute(options["trust"]),
        opening.LAST_SEEN: options["last_seen"] and _absolute(options["last_seen"]),
        opening.RECEIPT: logs,
    }
    others = {k: v for k, v in os.environ.items() if k not in {*given, "PROVENDER_PASSPHRASE"}}
    return others | {name: value for name, value in given.items() if value}


def _absolute(address: str) -> str:
    """Return what names the same wherever the child goes."""
    return address if "://" in address else os.path.abspath(Path(address).expanduser())  # noqa: PTH100


def _receipt(place: Path, logs: Path, sealed: Any, signer: Any) -> int:
    """Write the receipt; return 0, or the code of what kept it from being written."""
    from provender.provenance.receipt import write_receipt

    try:
        receipt = write_receipt(place, logs, sealed, signer)
    except ProvenderError as error:
        click.echo(f"provender: no receipt: {error}", err=True)
        return EXIT_FAILED
    total = len(sealed.manifest.shards)
    said = f"{len(receipt.shards)} of {total} shards were read with open_verified"
    print(f"provender: {place}: {said}", file=sys.stderr)
    return 0
