"""Expectation suites: the JSON that Great Expectations writes, checked by its own classes."""

from __future__ import annotations

import json
import re
from dataclasses import dataclass
from typing import Any

from provender.core.finding import Level
from provender.errors import UsageError
from provender.expect.gx import quiet_gx

_LEVELS = {"critical": Level.ERROR, "warning": Level.WARNING, "info": Level.NOTE}
_MEND = "mend the suite; Great Expectations refuses it as well"


@dataclass(frozen=True)
class Expectation:
    """One expectation of a suite.

    Attributes:
        type: 'expect_...' as Great Expectations names it.
        kwargs: its arguments as JSON values; defaults may be left out.
        severity: 'critical', 'warning' or 'info'.
    """

    type: str
    kwargs: dict[str, Any]
    severity: str = "critical"

    @property
    def level(self) -> Level:
        """error for critical, warning for warning, note for info."""
        return _LEVELS[self.severity]

    def to_json(self) -> dict[str, Any]:
        return {"type": self.type, "kwargs": self.kwargs, "severity": self.severity}


@dataclass(frozen=True)
class Suite:
    """A named list of expectations."""

    name: str
    expectations: tuple[Expectation, ...]

    def to_json(self) -> dict[str, Any]:
        return {"name": self.name, "expectations": [e.to_json() for e in self.expectations]}


def load_suite(text: bytes, subject: str) -> Suite:
    """Read a suite file; ``subject`` names it in errors.

    Raises:
        UsageError: when it is not JSON, not a suite, or an expectation is unknown or refused.
    """
    try:
        value = json.loads(text)
    except (UnicodeDecodeError, json.JSONDecodeError) as error:
        raise UsageError(subject, f"not JSON ({error})", "write the suite again") from error
    if not isinstance(value, dict) or not isinstance(value.get("expectations"), list):
        raise UsageError(
            subject, "not an expectation suite: no list 'expectations'", "write the suite again"
        )
    gx = quiet_gx()
    try:
        gx.ExpectationSuite(**{**value, "expectations": []})
    except (TypeError, ValueError) as error:
        raise UsageError(subject, f"not an expectation suite ({error})", _MEND) from error
    items = enumerate(value["expectations"])
    return Suite(value["name"], tuple(_expectation(gx, item, i, subject) for i, item in items))


def _expectation(gx: Any, item: Any, index: int, subject: str) -> Expectation:
    where = f"expectations[{index}]"
    if not isinstance(item, dict) or not isinstance(item.get("type"), str):
        raise UsageError(subject, f"{where} has no 'type'", _MEND)
    where = f"{where} ({item['type']})"
    configuration = gx.expectations.expectation_configuration.ExpectationConfiguration
    try:
        known = configuration(**item).to_domain_obj().configuration.to_json_dict()
        kwargs = known["kwargs"]
        for pattern in [kwargs.get("regex"), *(kwargs.get("regex_list") or [])]:
            if isinstance(pattern, str):
                re.compile(pattern)
    # GX raises its own, pydantic's and plain errors here, without a common base.
    except Exception as error:
        raise UsageError(subject, f"{where}: {_cause(error)}", _MEND) from error
    kwargs.pop("batch_id", None)
    return Expectation(item["type"], kwargs, known.get("severity") or "critical")


def _cause(error: Exception) -> str:
    details = getattr(error, "errors", None)
    if callable(details):
        return "; ".join(f"{'.'.join(map(str, d['loc']))}: {d['msg']}" for d in details())
    return str(error) or type(error).__name__
