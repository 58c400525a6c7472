"""provender.yaml: defaults for the options, checked against config.schema.json beside this file."""

from __future__ import annotations

import json
from importlib import resources
from pathlib import Path
from typing import Any

import click

from provender.errors import UsageError

DEFAULT_NAME = "provender.yaml"


def read_config(path: str) -> dict[str, Any]:
    """Return the options in the YAML file at ``path``.

    Raises:
        UsageError: when it is missing, is not YAML or does not fit the schema.
    """
    import jsonschema
    import yaml

    try:
        value = yaml.safe_load(Path(path).read_text("utf-8")) or {}
    except OSError as error:
        raise UsageError(path, f"cannot be read ({error.strerror})", "check --config") from error
    except (UnicodeDecodeError, yaml.YAMLError) as error:
        raise UsageError(
            path, f"is not YAML ({str(error).splitlines()[0]})", "see docs/cli.md"
        ) from error
    problems = sorted(
        jsonschema.Draft202012Validator(config_schema()).iter_errors(value),
        key=lambda e: e.json_path,
    )
    if problems:
        where = problems[0].json_path.removeprefix("$").lstrip(".")
        raise UsageError(
            f"{path}: {where}" if where else path, problems[0].message[:200], "see docs/cli.md"
        )
    options: dict[str, Any] = dict(value)
    return options


def config_schema() -> dict[str, Any]:
    """Return the JSON Schema of provender.yaml."""
    text = resources.files("provender.cli").joinpath("config.schema.json").read_text("utf-8")
    schema: dict[str, Any] = json.loads(text)
    return schema


def apply_config(
    context: click.Context,
    parameter: click.Parameter,  # noqa: ARG001  (click calls it so)
    path: str | None,
) -> str | None:
    """Take the file's values as defaults of the command's options (what is typed wins)."""
    if path is None:
        if not Path(DEFAULT_NAME).is_file():
            return None
        path = DEFAULT_NAME
    value = read_config(path)
    value.update(value.pop("roles", {}))
    for several in ("data", "trusted"):
        if isinstance(value.get(several), str):
            value[several] = [value[several]]
    context.default_map = {**value, **(context.default_map or {})}
    return path
