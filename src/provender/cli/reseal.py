"""provender reseal: the next seal of data that lost or gained records, and what changed."""

from __future__ import annotations

from functools import partial
from pathlib import Path
from typing import Any

import click

from provender.cli.options import format_option, inputs_of, run_options, sealing_options
from provender.errors import UsageError


@click.command()
@click.argument("data", nargs=-1, metavar="DATA...")
@click.option("--from", "old", required=True, metavar="SEAL", help="The seal of the data before.")
@click.option("--trust", required=True, metavar="FILE", help="Who may seal: the trust file.")
@click.option("--last-seen", metavar="FILE", help="What was accepted before.")
@sealing_options
@click.option("--removed", metavar="DIR", help="Quarantine folder: which records went, and why.")
@click.option("--dropped", multiple=True, metavar="NAME=REASON", help="A shard that is gone.")
@click.option("--added", multiple=True, metavar="GLOB", help="Shards that came in.")
@click.option("--receipts", metavar="DIR", help="Also write a receipt of each removed record.")
@click.option("--out", required=True, metavar="FILE", help="The seal, in a folder of its own.")
@run_options
@format_option
@click.pass_obj
def reseal(
    beam_options: tuple[str, ...],
    /,
    data: tuple[str, ...],
    out: str,
    key: tuple[str, ...],
    format_: str,
    **options: Any,
) -> int:
    """Seal DATA as the next version of what SEAL sealed: old - removed + added = new.

    All bytes of DATA are hashed; records are read only of shards that are not known from before.
    Exit code 5 when the data changed otherwise than is declared.
    """
    from provender.cli.passphrase import passphrase
    from provender.cli.running import running, today
    from provender.cli.seal import manifest_and_evidence, sorted_root, tell
    from provender.core.statement import seal_statement
    from provender.provenance.chain import REMOVED_NAME, SUMS_NAME
    from provender.provenance.keys import load_signer
    from provender.provenance.seal import refuse_inside, successor_version, write_seal
    from provender.provenance.sealed import trusted_seal
    from provender.work.resealing import Declared
    from provender.work.resealing import reseal as compare

    place, before_place = Path(out), Path(options["old"])
    inputs = inputs_of(data)
    refuse_inside(place, inputs)
    folder = None if options["removed"] is None else Path(options["removed"])
    declared = Declared(folder, dict(map(_dropped, options["dropped"])), options["added"])
    before = trusted_seal(before_place, options["trust"], options["last_seen"])
    version = successor_version(place, before_place, before, options["expires"], today())
    signers = [load_signer(Path(n), partial(passphrase, n)) for n in key]
    how = (options["workers"], options["cache"], options["resume"], beam_options)
    with running(*how) as run:
        manifest, evidence, files = manifest_and_evidence(inputs, options["evidence"], signers, run)
        found = compare(
            before_place, before.manifest, manifest, inputs, declared, run.store, run.span_bytes
        )
    files |= {SUMS_NAME: found.sums.to_bytes(), REMOVED_NAME: b"".join(found.hashes)}
    root = sorted_root(manifest, inputs) if options["provable_absence"] else None
    lineage = before.statement.inputs
    statement = seal_statement(
        manifest, version, evidence, lineage, found.removed, found.added, root
    )
    if options["receipts"] is not None:
        _write_receipts(options["receipts"], found, before.manifest)
    envelope = write_seal(place, manifest, statement, signers, files)
    tell(out, envelope, statement, format_)
    return 0


def _dropped(given: str) -> tuple[str, str]:
    name, equals, reason = given.partition("=")
    if not (name and equals and reason):
        raise UsageError("--dropped", f"{given!r} gives no reason", "write it as NAME=REASON")
    return name, reason


def _write_receipts(place: str, found: Any, before: Any) -> None:
    from provender.core.canonical import pretty_json
    from provender.io.outputs import OutputFolder

    with OutputFolder(place).staging() as draft:
        if found.quarantined is None:
            return
        picked = [removal for removal in found.removed if removal.shard is None]
        for receipt in found.quarantined.receipts(before, found.lost, picked, found.hashes):
            path = draft / receipt.was.shard["name"] / f"{receipt.was.row}.json"
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(pretty_json(receipt.to_json()), "utf-8")
