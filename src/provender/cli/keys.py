"""provender keys: make the keys that seals are signed with."""

from __future__ import annotations

import json
from pathlib import Path

import click

from provender.cli.options import format_option


@click.group()
def keys() -> None:
    """Make the keys that seals are signed with."""


@keys.command()
@click.argument("name")
@click.option("--out", default=".", metavar="DIR", help="Folder for the two files (default: here).")
@click.option("--no-passphrase", is_flag=True, help="Leave the private key unencrypted.")
@format_option
def new(name: str, out: str, no_passphrase: bool, format_: str) -> int:
    """Write NAME.key, an ed25519 private key, and NAME.pub, which others verify with.

    The private key is encrypted under PROVENDER_PASSPHRASE, or one that is asked for. Existing
    files are never replaced.
    """
    from provender.cli.passphrase import passphrase
    from provender.provenance.keys import load_public, new_key

    secret = None if no_passphrase else passphrase(f"{name}.key", twice=True)
    private, public = new_key(Path(out), name, secret)
    keyid = load_public(public).keyid
    if format_ == "json":
        said = {"private": str(private), "public": str(public), "keyid": keyid}
        print(json.dumps(said, indent=2, sort_keys=True))
    else:
        print(f"{private}  keep it secret\n{public}  give it to who verifies\nkeyid  {keyid}")
    return 0
