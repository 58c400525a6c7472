""".dvc/config and .dvc/config.local: where the cache and the remotes are."""

from __future__ import annotations

import configparser
import re
from dataclasses import dataclass, field

from provender.errors import InputError

MOST_BYTES = 2**18
_REMOTE = re.compile(r"remote \"([^\"]+)\"")


@dataclass
class DvcConfig:
    """What an audit needs of DVC's configuration.

    Attributes:
        cache: `cache.dir` as written; None where the cache is .dvc/cache.
        remotes: name → options; `url` is always there.
    """

    cache: str | None = None
    remotes: dict[str, dict[str, str]] = field(default_factory=dict)


def read_config(texts: list[tuple[str, bytes]]) -> DvcConfig:
    """Read configuration files; what a later one says counts.

    Args:
        texts: (path, bytes) of each.

    Raises:
        InputError: when one is not what DVC writes, names a section or option twice, or gives a
            value that is a list, or a remote has no `url`.
    """
    found = DvcConfig()
    for subject, raw in texts:
        parser = configparser.ConfigParser(
            interpolation=None,
            strict=True,
            delimiters=("=",),
            comment_prefixes=("#",),
            empty_lines_in_values=False,
            default_section="\0",
        )
        try:
            if len(raw) > MOST_BYTES:
                raise ValueError(f"larger than {MOST_BYTES:,} bytes")
            parser.read_string(raw.decode("utf-8"))
            _take(parser, found)
        except (configparser.Error, ValueError, UnicodeDecodeError) as error:
            cause = " ".join(str(error).split())[:200]
            raise InputError(subject, f"is no DVC configuration ({cause})", "mend it") from error
    for name, options in found.remotes.items():
        if "url" not in options:
            raise InputError(".dvc/config", f"the remote {name!r} has no url", "mend it")
    return found


def _take(parser: configparser.ConfigParser, found: DvcConfig) -> None:
    for section in parser.sections():
        title = _plain(section)
        remote = _REMOTE.fullmatch(title)
        if remote:
            options = {key: _plain(value) for key, value in parser.items(section)}
            found.remotes.setdefault(remote[1].lower(), {}).update(options)
        elif title == "cache" and parser.has_option(section, "dir"):
            found.cache = _plain(parser.get(section, "dir"))


def _plain(value: str) -> str:
    """Return a value without its quotes."""
    value = value.strip()
    if "\n" in value:
        raise ValueError("a value of several lines")
    for quote in "'\"":
        if len(value) > 1 and value[0] == value[-1] == quote and quote not in value[1:-1]:
            return value[1:-1]
    if "," in value or "#" in value:
        raise ValueError(f"an unquoted value {value[:80]!r} that can be read in two ways")
    return value
