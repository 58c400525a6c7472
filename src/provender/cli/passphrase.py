"""The passphrase of a private key: from the environment, or from whoever sits there."""

from __future__ import annotations

import os
import sys

import click

from provender.errors import UsageError


def passphrase(path: str, twice: bool = False) -> bytes:
    """Return PROVENDER_PASSPHRASE, or ask for it.

    Raises:
        UsageError: when it is empty, or nobody can be asked.
    """
    given = os.environ.get("PROVENDER_PASSPHRASE")
    if given is None:
        if not sys.stdin.isatty():
            raise UsageError(
                path, "needs a passphrase, and nobody is there to ask", "set PROVENDER_PASSPHRASE"
            )
        given = click.prompt(
            f"Passphrase for {path}", hide_input=True, confirmation_prompt=twice, err=True
        )
    if not given:
        raise UsageError(path, "the passphrase is empty", "choose one, or use --no-passphrase")
    return os.fsencode(given)
