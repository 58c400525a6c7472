"""Options that several verbs share, and what is made of them."""

from __future__ import annotations

import datetime
from collections.abc import Callable
from dataclasses import fields
from typing import Any

import click

from provender.cli.config import apply_config
from provender.core.shard import Roles
from provender.errors import UsageError

_ROLE_HELP = {
    "label": "the class a model learns",
    "text": "free text",
    "prompt": "what is asked, in instruction data",
    "response": "what is answered",
    "embedding": "a list of numbers per record",
    "image": "pixels, as a list of numbers per record",
    "source": "who contributed the record",
    "annotator": "who labelled or answered it",
    "key": "what names the record",
}

Decorator = Callable[[Callable[..., Any]], Callable[..., Any]]


def data_argument(function: Callable[..., Any]) -> Callable[..., Any]:
    """DATA…: files, folders, globs or fsspec addresses."""
    return click.argument("data", nargs=-1, metavar="DATA...")(function)


def role_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """--label COL and its like; roles that are not given are inferred."""
    for role in reversed(fields(Roles)):
        text = f"Column that is {_ROLE_HELP[role.name]}."
        function = click.option(f"--{role.name}", metavar="COL", help=text)(function)
    return function


def run_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """--workers, --cache, --resume/--fresh and --config."""
    for option in (
        click.option(
            "--config",
            metavar="FILE",
            is_eager=True,
            callback=apply_config,
            expose_value=False,
            help="Options from a file (default: provender.yaml, where there is one).",
        ),
        click.option(
            "--resume/--fresh",
            default=True,
            help="Use what is stored of unchanged shards (default), or compute it all again.",
        ),
        click.option(
            "--cache", metavar="URI", help="Where states are kept (default: the user's cache)."
        ),
        click.option(
            "--workers",
            type=click.IntRange(0),
            default=0,
            metavar="N",
            help="Local worker processes; 0: one per core, once the data is worth it.",
        ),
    ):
        function = option(function)
    return function


def out_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """--out DIR."""
    return click.option("--out", required=True, metavar="DIR", help="Folder for the results.")(
        function
    )


def format_option(function: Callable[..., Any]) -> Callable[..., Any]:
    """--format text|json."""
    return click.option(
        "--format",
        "format_",
        type=click.Choice(["text", "json"]),
        default="text",
        help="What goes to stdout.",
    )(function)


def trusted_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """--trusted and --trusted-root: data to compare with."""
    for option in (
        click.option(
            "--trusted-root", metavar="DIGEST", help="Root that the trusted data must have."
        ),
        click.option(
            "--trusted",
            multiple=True,
            metavar="DATA",
            help="Data you vouch for, of the same kind: DATA's rows are ranked among theirs.",
        ),
    ):
        function = option(function)
    return function


def roles_of(options: dict[str, Any]) -> Roles:
    """Take the role options out of ``options``."""
    return Roles(**{role.name: options.pop(role.name) for role in fields(Roles)})


def inputs_of(data: tuple[str, ...]) -> tuple[str, ...]:
    """Return DATA.

    Raises:
        UsageError: when nothing was named.
    """
    if not data:
        raise UsageError(
            "DATA", "nothing was named to check", "name files, folders, globs or addresses"
        )
    return data


def seal_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """--seal and --trust: what is believed, and on whose word."""
    for name, text in (
        ("--trust", "Who may seal: the trust file."),
        ("--seal", "The seal; manifest.json beside it."),
    ):
        function = click.option(name, required=True, metavar="FILE", help=text)(function)
    return function


def sealing_options(function: Callable[..., Any]) -> Callable[..., Any]:
    """--key, --expires, --evidence and --provable-absence: how a seal is made."""
    for option in (
        click.option("--provable-absence", is_flag=True, help="Let `prove --absent` be possible."),
        click.option(
            "--evidence", metavar="DIR", help="Output folder of a scan: seal its verdict too."
        ),
        day_option("--expires", "Last day (UTC) on which the seal counts (default: in 365 days)."),
        click.option(
            "--key", multiple=True, required=True, metavar="KEY", help="Private key (.key)."
        ),
    ):
        function = option(function)
    return function


def day_option(name: str, text: str, required: bool = False) -> Decorator:
    """An option that takes a day, YYYY-MM-DD."""

    def parsed(_: click.Context, __: click.Parameter, value: str | None) -> datetime.date | None:
        try:
            return None if value is None else datetime.date.fromisoformat(value)
        except ValueError as error:
            raise UsageError(name, f"{value!r} is no day", "write it as YYYY-MM-DD") from error

    return click.option(name, metavar="DATE", required=required, callback=parsed, help=text)
