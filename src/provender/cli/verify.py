"""provender verify: data against a seal, under a trust file."""

from __future__ import annotations

import json
import secrets
from pathlib import Path
from typing import Any

import click

from provender.cli.options import format_option, inputs_of, seal_options
from provender.errors import UsageError

_NAMED = 10


def _range(_: click.Context, __: click.Parameter, value: str | None) -> tuple[int, int] | None:
    if value is None:
        return None
    start, colon, stop = value.partition(":")
    if not (colon and start.isascii() and stop.isascii() and start.isdigit() and stop.isdigit()):
        raise UsageError("--range", f"{value!r} is no range", "write it as FIRST:END, in bytes")
    return int(start), int(stop)


@click.command()
@click.argument("data", nargs=-1, metavar="DATA...")
@seal_options
@click.option("--last-seen", metavar="FILE", help="What was accepted before; written again.")
@click.option("--sample", type=click.IntRange(1), metavar="K", help="Read only K shards.")
@click.option("--seed", metavar="X", help="What chooses them (default: by chance).")
@click.option("--shard", metavar="NAME", help="Read only this shard.")
@click.option("--range", "range_", metavar="A:B", callback=_range, help="Of it, bytes A to B.")
@click.option("--policy", metavar="FILE", help="The sealed verdict must be under this policy.")
@click.option("--proof", metavar="FILE", help="Without DATA: this proof must hold.")
@click.option("--chain", metavar="SEAL", help="The seal must follow from this one.")
@click.option("--record", metavar="FILE", help="The proof must be of the one record in here.")
@click.option("--to-model", metavar="FILE", help="This model must come from DATA.")
@click.option("--lineage", metavar="FILE", help="Its lineage (default: beside the model).")
@click.option("--receipt", metavar="FILE", help="Hold what training read against the seal.")
@click.option("--all-read", is_flag=True, help="Fail where it read less than all.")
@format_option
def verify(data: tuple[str, ...], format_: str, **options: Any) -> int:
    """Verify that DATA are what was sealed, byte by byte; nothing but bytes is believed.

    Exit code 0 only when all that was asked for was read and holds; 5 when seal, signature,
    freshness, lineage or bytes do not; 2 when something could not be read.
    """
    from provender.core.breach import Breach, BreachKind, BrokenTrustError
    from provender.errors import EXIT_USAGE, ProvenderError

    asked = _asked(data, options)
    # Proofs, chains and receipts are held against a seal where the data may be gone.
    without = any(options[name] is not None for name in ("proof", "chain", "receipt"))
    inputs = data if without else inputs_of(data)
    said: dict[str, Any] = {}
    try:
        if options["proof"] is not None:
            breaches = _verify_proof(options, said)
        else:
            breaches = _verify(inputs, asked, options, said)
    except BrokenTrustError as error:
        breaches = list(error.breaches)
    except ProvenderError as error:
        if error.exit_code == EXIT_USAGE:
            raise
        breaches = [Breach(BreachKind.UNREADABLE, str(error))]
    code = _exit_code(breaches)
    outcome = {0: "verified", 2: "unreadable"}.get(code, "broken")
    if format_ == "json":
        failures = [breach.to_json() for breach in breaches]
        document = {"outcome": outcome, "exit_code": code, **said, "failures": failures}
        print(json.dumps(document, indent=2, sort_keys=True))
    else:
        _print(outcome, said)
    for breach in breaches:
        shown = "".join(c if c.isprintable() else ascii(c)[1:-1] for c in breach.message)
        click.echo(f"provender: {shown}", err=True)
    return code


def _verify(
    inputs: tuple[str, ...], asked: Any, options: dict[str, Any], said: dict[str, Any]
) -> list[Any]:
    """Fill ``said`` with what was verified, and return what does not hold."""
    from provender.provenance.chain import chain_breaches
    from provender.provenance.evidence import evidence_breaches
    from provender.provenance.lineage import lineage_breaches
    from provender.provenance.sealed import remember, trusted_seal
    from provender.provenance.verify import verify_data

    policy = _policy_digest(options["policy"])
    sealed = trusted_seal(options["seal"], options["trust"], options["last_seen"])
    if options["last_seen"] is not None:
        remember(sealed, options["last_seen"])
    version, manifest = sealed.statement.version, sealed.manifest
    said.update(
        series=version.series,
        sequence=version.sequence,
        expires=version.expires.isoformat(),
        seal=sealed.digest,
        signed_by=list(sealed.signed_by),
        manifest_root=manifest.root,
        evidence={e.name: e.result for e in sealed.statement.evidence},
        shards=len(manifest.shards),
    )
    breaches: list[Any] = []
    if inputs:
        found = verify_data(manifest, inputs, asked)
        breaches += found.breaches
        said.update(shards_read=len(found.shards), bytes_read=found.bytes)
        if asked.sample is not None:
            said["sample"] = _sample(asked, found.shards, len(manifest.shards))
    if options["chain"] is not None:
        breaches += chain_breaches(Path(options["chain"]), Path(options["seal"]), sealed)
        said.update(_changes(sealed.statement, options["chain"]))
    breaches += evidence_breaches(Path(options["seal"]).parent, sealed.statement, policy)
    if options["to_model"] is not None:
        lineage = None if options["lineage"] is None else Path(options["lineage"])
        breaches += lineage_breaches(Path(options["to_model"]), sealed, lineage)
        said["model"] = options["to_model"]
    if options["receipt"] is not None:
        from provender.provenance.receipt import receipt_findings

        receipt = receipt_findings(Path(options["receipt"]), sealed, options["all_read"])
        breaches += receipt.breaches
        said["receipt"] = receipt.to_json()
    return breaches


def _verify_proof(options: dict[str, Any], said: dict[str, Any]) -> list[Any]:
    """Fill ``said`` with what was verified, and return what does not hold."""
    from provender.core.absence import Absence
    from provender.core.removal_receipt import Receipt
    from provender.provenance.chain import before_breaches
    from provender.provenance.proof import proof_breaches, read_proof
    from provender.provenance.sealed import remember, trusted_statement

    found = trusted_statement(options["seal"], options["trust"], options["last_seen"])
    if options["last_seen"] is not None:
        remember(found, options["last_seen"])
    said.update(
        series=found.statement.version.series,
        sequence=found.statement.version.sequence,
        manifest_root=found.statement.summary["shards"]["root"],
        proof=options["proof"],
    )
    record = None if options["record"] is None else Path(options["record"])
    proof = read_proof(Path(options["proof"]))
    before, breaches = None, list[Any]()
    if options["chain"] is not None:
        before, breaches = before_breaches(Path(options["chain"]), found)
    said["shows"] = "absence" if isinstance(proof, Absence) else "presence"
    if isinstance(proof, Receipt):
        said["shows"] = "removal"
        said.update(was=options["chain"], reason=proof.reason)
        if before is None:
            raise UsageError("--chain", "is missing: a receipt is about two seals", "name the old")
    return breaches or proof_breaches(proof, found.statement, before, record)


def _changes(statement: Any, before: str) -> dict[str, Any]:
    added = statement.added
    return {
        "was": before,
        "removed": [removal.to_json() for removal in statement.removed],
        "added": None if added is None else vars(added),
    }


def _policy_digest(path: str | None) -> str | None:
    if path is None:
        return None
    from provender.work.deciding import load_policy

    return load_policy(path).digest


def _asked(data: tuple[str, ...], options: dict[str, Any]) -> Any:
    from provender.provenance.verify import Asked

    if options["range_"] is not None and options["shard"] is None:
        raise UsageError("--range", "is of no shard", "name one with --shard")
    if options["sample"] is not None and options["shard"] is not None:
        raise UsageError("--sample", "and --shard exclude each other", "give one of them")
    if options["lineage"] is not None and options["to_model"] is None:
        raise UsageError("--lineage", "is of no model", "name one with --to-model")
    parts = ("sample", "shard", "range_", "policy", "to_model", "receipt")
    if options["chain"] is not None and not data and options["proof"] is None:
        chosen = [p for p in parts[:3] if options[p] is not None]
        if chosen:
            raise UsageError(f"--{chosen[0].rstrip('_')}", "is of no data", "name DATA as well")
    if options["proof"] is not None and (data or any(options[p] is not None for p in parts)):
        raise UsageError("--proof", "is checked alone", "leave DATA and the other parts out")
    if options["record"] is not None and options["proof"] is None:
        raise UsageError("--record", "is of no proof", "give --proof as well")
    if options["all_read"] and options["receipt"] is None:
        raise UsageError("--all-read", "is of no receipt", "name one with --receipt")
    if options["seed"] is not None and options["sample"] is None:
        raise UsageError("--seed", "chooses nothing", "give --sample as well")
    seed = options["seed"] or secrets.token_hex(16)
    return Asked(options["sample"], seed, options["shard"], options["range_"])


def _sample(asked: Any, read: tuple[str, ...], total: int) -> dict[str, Any]:
    from provender.core.sampling import detection_probability

    tampered = sorted({t for t in (1, 2, 5, 10, 100, total // 100, total // 10) if 0 < t <= total})
    return {
        "seed": asked.seed,
        "shards": list(read),
        "of": total,
        "detects": {str(t): round(detection_probability(total, len(read), t), 6) for t in tampered},
    }


def _exit_code(breaches: list[Any]) -> int:
    from provender.core.breach import BreachKind
    from provender.errors import EXIT_BROKEN_TRUST, EXIT_FAILED

    if not breaches:
        return 0
    unreadable = all(breach.kind is BreachKind.UNREADABLE for breach in breaches)
    return EXIT_FAILED if unreadable else EXIT_BROKEN_TRUST


def _print(outcome: str, said: dict[str, Any]) -> None:
    from provender.core.breach import printable

    if outcome != "verified":
        print(f"not verified: {outcome}")
        return
    print(f"verified: {said['series']} {said['sequence']}, {said['manifest_root']}")
    if "proof" in said and "reason" in said:
        print(f"{said['proof']}: its record was among the data before, and was removed for")
        print(f"  {printable(said['reason'])}")
        return
    if "proof" in said:
        among = "not among" if said["shows"] == "absence" else "among"
        print(f"{said['proof']}: its record is {among} these data")
        return
    if "was" in said:
        rows = sum(removal["rows"] for removal in said["removed"])
        print(f"old - {rows:,} removed + {said['added']['rows']:,} added = new, by all records")
    if said.get("receipt"):
        _print_receipt(said["receipt"])
    if "bytes_read" not in said:
        return  # no data were named
    print(
        f"{said['bytes_read']:,} bytes read in {said['shards_read']} of {said['shards']} shards; "
        f"signed by {len(said['signed_by'])}; counts until {said['expires']}"
    )
    for name, result in said["evidence"].items():
        print(f"{name}: {result}")
    if "sample" in said:
        sample = said["sample"]
        print(f"sample by seed {sample['seed']}; chance to see tampered shards, by their number:")
        for tampered, chance in sample["detects"].items():
            print(f"  {tampered:>6}  {chance:.1%}")
    if "model" in said:
        print(f"{said['model']}: trained on these data")


def _print_receipt(receipt: dict[str, Any]) -> None:
    from provender.core.breach import printable
    from provender.provenance.receipt import spoken

    unread, partial = receipt["unread"], receipt["partial"]
    print(
        f"training read {receipt['whole']} shards whole, {len(partial)} in part, "
        f"{len(unread)} never"
    )
    lines = [f"never read: {printable(name)}" for name in unread]
    lines += [f"{printable(n)}: all but chunks {spoken(c)}" for n, c in partial.items()]
    for line in lines[:_NAMED]:
        print(f"  {line}")
    if len(lines) > _NAMED:
        print(f"  and {len(lines) - _NAMED:,} more")
