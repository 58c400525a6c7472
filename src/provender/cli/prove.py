"""provender prove: one record of sealed data, to somebody who may not see the others."""

from __future__ import annotations

import tempfile
from pathlib import Path
from typing import Any

import click

from provender.cli.options import inputs_of, seal_options
from provender.errors import UsageError


@click.command()
@click.argument("data", nargs=-1, metavar="DATA...")
@seal_options
@click.option("--shard", metavar="NAME", help="The shard that holds the record.")
@click.option("--row", type=click.IntRange(0), metavar="N", help="Its number there, from 0.")
@click.option("--removed-by", metavar="SEAL", help="Write the receipt: this seal removed it.")
@click.option("--absent", metavar="FILE", help="Instead: the one record in here is not there.")
@click.option("--out", required=True, metavar="FILE", help="The proof.")
def prove(data: tuple[str, ...], out: str, **options: Any) -> int:
    """Write a proof that a record is among sealed DATA, or is not; it reveals no other record.

    Whoever has the seal and the trust file checks it with `provender verify --proof FILE`.
    """
    from provender.core.breach import printable
    from provender.core.canonical import pretty_json
    from provender.io.outputs import write_whole
    from provender.provenance import proof
    from provender.provenance.removal_receipts import receipt_from
    from provender.provenance.sealed import trusted_seal

    shard, row, absent = options["shard"], options["row"], options["absent"]
    given = (shard is not None, row is not None, options["removed_by"] is not None)
    if given[:2] != (absent is None, absent is None) or (absent is not None and given[2]):
        raise UsageError("--shard", "and --row, or --absent alone", "name one record")
    inputs = inputs_of(data)
    sealed = trusted_seal(options["seal"], options["trust"])
    made: Any
    if absent is None:
        made = proof.prove(sealed, inputs, shard, row)
        said = f"record {row} of {shard}, {made.record.hex()}"
        if options["removed_by"] is not None:
            made = receipt_from(made, Path(options["removed_by"]))
            said += f", removed for: {printable(made.reason)}"
    else:
        made = _absence(sealed, inputs, proof.digest_of_file(Path(absent)))
        said = f"the record in {absent} is not among the data, {made.record.hex()}"
    write_whole(out, pretty_json(made.to_json()))
    print(f"{out}: {said}")
    return 0


def _absence(sealed: Any, inputs: tuple[str, ...], record: bytes) -> Any:
    from provender.errors import IntegrityError
    from provender.work.sorted_records import SortedRecords

    if sealed.statement.sorted_root is None:
        raise UsageError("--seal", "was made without --provable-absence", "make one with it")
    with tempfile.TemporaryDirectory(prefix="provender-sorted-") as folder:
        records = SortedRecords(sealed.manifest, inputs, Path(folder))
        if records.root() != sealed.statement.sorted_root:
            raise IntegrityError("--seal", "has another sorted root", "make a new seal")
        return records.absence(record)
