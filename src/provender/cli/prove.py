"""provender prove: one record of sealed data, to somebody who may not see the others."""

from __future__ import annotations

from typing import Any

import click

from provender.cli.options import inputs_of


@click.command()
@click.argument("data", nargs=-1, metavar="DATA...")
@click.option("--seal", required=True, metavar="FILE", help="The seal; manifest.json beside it.")
@click.option("--trust", required=True, metavar="FILE", help="Who may seal: the trust file.")
@click.option("--shard", required=True, metavar="NAME", help="The shard that holds the record.")
@click.option("--row", required=True, type=click.IntRange(0), metavar="N", help="From 0.")
@click.option("--out", required=True, metavar="FILE", help="The proof.")
def prove(data: tuple[str, ...], row: int, out: str, **options: Any) -> int:
    """Write a proof that a record is among sealed DATA, which reveals no other record.

    Whoever has the seal and the trust file checks it with `provender verify --proof FILE`.
    """
    from provender.core.canonical import pretty_json
    from provender.io.outputs import write_whole
    from provender.provenance import proof
    from provender.provenance.sealed import trusted_seal

    sealed = trusted_seal(options["seal"], options["trust"])
    made = proof.prove(sealed, inputs_of(data), options["shard"], row)
    write_whole(out, pretty_json(made.to_json()))
    print(f"{out}: record {row} of {options['shard']}, {made.record.hex()}")
    return 0
