"""provender seal: sign what the data are, so that any later change shows."""

from __future__ import annotations

import json
import sys
import tempfile
from functools import partial
from pathlib import Path
from typing import Any

import click

from provender.cli.options import format_option, inputs_of, run_options, sealing_options
from provender.errors import UsageError


@click.command()
@click.argument("data", nargs=-1, metavar="DATA...")
@sealing_options
@click.option("--series", metavar="S", help="The data set through time; must be given.")
@click.option("--sequence", type=click.IntRange(1), metavar="N", help="Default: one more.")
@click.option("--input", "sources", multiple=True, metavar="SEAL", help="What DATA was made from.")
@click.option("--add-signature", is_flag=True, help="Sign the seal in --out as one more signer.")
@click.option("--out", required=True, metavar="FILE", help="The seal; manifest.json lies beside.")
@run_options
@format_option
@click.pass_obj
def seal(
    beam_options: tuple[str, ...],
    /,
    data: tuple[str, ...],
    key: tuple[str, ...],
    out: str,
    add_signature: bool,
    format_: str,
    **options: Any,
) -> int:
    """Write a signed seal of DATA to FILE, and the manifest it is about beside it.

    With --add-signature, FILE is there already: its manifest is checked, DATA is held against it
    where it is named, and the signatures of the given keys are added.
    """
    from provender.cli.passphrase import passphrase
    from provender.provenance.keys import load_signer

    place = Path(out)
    signers = [load_signer(Path(n), partial(passphrase, n)) for n in key]
    if add_signature:
        envelope, statement = _add_signatures(place, data, signers)
    else:
        envelope, statement = _seal(place, inputs_of(data), signers, options, beam_options)
    tell(out, envelope, statement, format_)
    return 0


def tell(out: str, envelope: Any, statement: Any, format_: str) -> None:
    """Print what was sealed."""
    from provender.core.breach import printable

    version, shards = statement.version, statement.summary["shards"]
    said = {
        "seal": out,
        "series": version.series,
        "sequence": version.sequence,
        "expires": version.expires.isoformat(),
        "manifest_root": shards["root"],
        "shards": shards["count"],
        "rows": shards["rows"],
        "bytes": shards["bytes"],
        "signatures": [keyid for keyid, _ in envelope.signatures],
    }
    if statement.added is not None:
        said["removed"] = [removal.to_json() for removal in statement.removed]
        said["added"] = vars(statement.added)
    if format_ == "json":
        print(json.dumps(said, indent=2, sort_keys=True))
    else:
        print(f"sealed {version.series} {version.sequence}, until {version.expires}")
        print(f"{shards['rows']:,} rows in {shards['count']} shards, {shards['root']}")
        for removal in statement.removed:
            where = "" if removal.shard is None else f", all of {printable(removal.shard)}"
            print(f"removed: {removal.rows:,} records{where}: {printable(removal.reason)}")
        if statement.added is not None and statement.added.shards:
            print(f"added: {statement.added.rows:,} records in {statement.added.shards} shards")
        print(f"{len(envelope.signatures)} signatures")


def _seal(
    place: Path,
    inputs: tuple[str, ...],
    signers: list[Any],
    options: dict[str, Any],
    beam_options: tuple[str, ...],
) -> tuple[Any, Any]:
    from provender.cli.running import running, today
    from provender.core.statement import seal_statement
    from provender.provenance.chain import SUMS_NAME
    from provender.provenance.keys import public_of
    from provender.provenance.seal import next_version, refuse_inside, source_seals, write_seal
    from provender.work.identities import load_sum

    if not options["series"]:
        raise UsageError("--series", "is missing", "name the data set through time")
    refuse_inside(place, inputs)
    keys = {key.keyid: key for key in map(public_of, signers)}
    version = next_version(
        place, options["series"], options["sequence"], options["expires"], today(), keys
    )
    if version.expires < today():
        print(f"provender: the seal expires on {version.expires}, already past", file=sys.stderr)
    sources = source_seals([Path(name) for name in options["sources"]])
    with running(options["workers"], options["cache"], options["resume"], beam_options) as run:
        manifest, evidence, files = manifest_and_evidence(inputs, options["evidence"], signers, run)
        files[SUMS_NAME] = load_sum(manifest, run.store)
    root = sorted_root(manifest, inputs) if options["provable_absence"] else None
    statement = seal_statement(manifest, version, evidence, sources, sorted_root=root)
    return write_seal(place, manifest, statement, signers, files), statement


def sorted_root(manifest: Any, inputs: tuple[str, ...]) -> str:
    """Return the root that absence is shown with: one more read of all records."""
    from provender.work.sorted_records import SortedRecords

    with tempfile.TemporaryDirectory(prefix="provender-sorted-") as folder:
        return SortedRecords(manifest, inputs, Path(folder)).root()


def manifest_and_evidence(
    inputs: tuple[str, ...], scanned: str | None, signers: list[Any], run: Any
) -> tuple[Any, tuple[Any, ...], dict[str, bytes]]:
    """Return the manifest of the data, and what a scan found, as it is listed and as files."""
    from pipelines.fingerprint import fingerprint, survey
    from provender.core.envelope import Envelope
    from provender.core.shard import Roles
    from provender.core.statement import STATEMENT_PAYLOAD_TYPE
    from provender.provenance.dsse import signed
    from provender.provenance.evidence import evidence_file
    from provender.work.evidence import evidence_of

    manifest, _ = fingerprint(survey(inputs, Roles(), run), run)
    found = () if scanned is None else evidence_of(Path(scanned), manifest)
    files = {}
    for one in found:
        envelope = Envelope(one.payload, STATEMENT_PAYLOAD_TYPE)
        for signer in signers:
            envelope = signed(envelope, signer)
        files[evidence_file(one.entry.name)] = envelope.to_bytes()
    return manifest, tuple(e.entry for e in found), files


def _add_signatures(place: Path, data: tuple[str, ...], signers: list[Any]) -> tuple[Any, Any]:
    from provender.core.breach import BrokenTrustError
    from provender.core.statement import MANIFEST_NAME
    from provender.io.outputs import write_whole
    from provender.provenance.dsse import signed
    from provender.provenance.evidence import evidence_breaches
    from provender.provenance.seal import read_seal
    from provender.provenance.sealed import sealed_manifest
    from provender.provenance.verify import Asked, verify_data

    envelope, statement = read_seal(place)
    manifest = sealed_manifest(place.parent / MANIFEST_NAME, statement)
    breaches = evidence_breaches(place.parent, statement)
    if data:
        breaches += verify_data(manifest, data, Asked()).breaches
    if breaches:
        raise BrokenTrustError(str(place), breaches)
    for signer in signers:
        envelope = signed(envelope, signer)
    write_whole(str(place), envelope.to_bytes().decode())
    return envelope, statement
