"""provender trust: who may seal which series of data."""

from __future__ import annotations

import datetime
import json
from functools import partial
from pathlib import Path
from typing import Any

import click

from provender.cli.options import day_option, format_option
from provender.errors import UsageError


@click.group()
def trust() -> None:
    """Say who may seal which series of data, and sign that."""


@trust.command()
@click.option("--series", multiple=True, required=True, metavar="S", help="Series to be sealed.")
@click.option("--key", multiple=True, required=True, metavar="PUB", help="Key that may seal it.")
@click.option(
    "--threshold", type=click.IntRange(1), default=1, metavar="M", help="So many of them must."
)
@day_option("--expires", "Last day (UTC) on which the file counts.", required=True)
@click.option("--root-key", multiple=True, metavar="PUB", help="Key that must sign this file.")
@click.option("--train-key", multiple=True, metavar="PUB", help="Key that may sign lineage.")
@click.option("--replaces", metavar="FILE", help="The trust file that this one follows.")
@click.option("--out", required=True, metavar="FILE", help="The trust file.")
def init(
    series: tuple[str, ...],
    key: tuple[str, ...],
    threshold: int,
    expires: datetime.date,
    root_key: tuple[str, ...],
    train_key: tuple[str, ...],
    replaces: str | None,
    out: str,
) -> int:
    """Write a trust file; it counts once `provender trust sign` has signed it.

    Those who sign it are the --root-key's, all of them, or else --threshold of the --key's. With
    --replaces, so must those who signed the file before, and its number is one higher.
    """
    from provender.io.outputs import write_whole
    from provender.provenance.keys import load_public
    from provender.provenance.trust import new_trust, read_trust

    number = 1 if replaces is None else read_trust(Path(replaces)).trust.number + 1
    if replaces is None and Path(out).exists():
        raise UsageError(out, "is there already", "name it with --replaces, or another file")
    sealers, roots, trainers = (
        [load_public(Path(name)) for name in names] for names in (key, root_key, train_key)
    )
    made = new_trust(series, sealers, threshold, expires, roots, trainers, number)
    write_whole(out, made.envelope.to_bytes().decode())
    need = made.trust.root.threshold
    print(f"{out}: written; {need} to sign it: provender trust sign {out} --key NAME.key")
    return 0


@trust.command()
@click.argument("file")
@click.option("--key", multiple=True, required=True, metavar="KEY", help="Private key (.key).")
def sign(file: str, key: tuple[str, ...]) -> int:
    """Add signatures to the trust file FILE. Look at it first: `provender trust show FILE`."""
    from provender.cli.passphrase import passphrase
    from provender.io.outputs import write_whole
    from provender.provenance.dsse import signed
    from provender.provenance.keys import load_signer
    from provender.provenance.trust import TrustFile, read_trust

    found = read_trust(Path(file))
    envelope = found.envelope
    for name in key:
        envelope = signed(envelope, load_signer(Path(name), partial(passphrase, name)))
    write_whole(file, envelope.to_bytes().decode())
    print(_signatures(TrustFile(found.trust, envelope)))
    return 0


@trust.command()
@click.argument("file")
@format_option
def show(file: str, format_: str) -> int:
    """Print what the trust file FILE says, and who signed it.

    Exit code 5 where its signatures do not suffice or it has expired.
    """
    from provender.cli.running import today
    from provender.core.freshness import trust_breaches
    from provender.errors import EXIT_BROKEN_TRUST
    from provender.provenance.trust import read_trust

    found = read_trust(Path(file))
    breaches = trust_breaches(found.trust, found.digest, found.signed_by, None, today())
    said = {**found.trust.to_json(), "digest": found.digest, "signed_by": sorted(found.signed_by)}
    if format_ == "json":
        print(json.dumps(said, indent=2, sort_keys=True))
    else:
        print(f"number {found.trust.number}, expires {found.trust.expires}")
        print(_signatures(found))
        for name, roles in (("seal", found.trust.seal), ("train", found.trust.train)):
            for series, role in roles.items():
                print(f"{name:5} {series}: {role.threshold} of")
                for keyid in sorted(role.keyids):
                    print(f"  {keyid}")
    for breach in breaches:
        click.echo(f"provender: {breach.message}", err=True)
    return EXIT_BROKEN_TRUST if breaches else 0


def _signatures(found: Any) -> str:
    return f"signed by {len(found.signed_by)} of the {found.trust.root.threshold} keys needed"
