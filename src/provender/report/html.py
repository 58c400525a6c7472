"""The report as one HTML file that asks nothing of any network."""

from __future__ import annotations

import base64
import hashlib
from functools import cache
from typing import Any

from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

from provender.report import gist, heatmap, histogram, wording
from provender.report import redteam as power

#: More findings than this are left to findings.json: a page must stay readable.
MOST_FINDINGS = 500
MOST_PAIRS = 50


def render_html(
    manifest: dict[str, Any],
    validation: dict[str, Any],
    findings: dict[str, Any],
    verdict: dict[str, Any],
    redteam: dict[str, Any] | None = None,
) -> str:
    """Return the report as a self-contained HTML document.

    Args:
        manifest, validation, findings, verdict, redteam: the documents as their JSON Schemas in
            docs/schemas describe them; the manifest may lack its shards. Every string in them may
            be hostile. A red team on other data is not shown, and the page says so.

    Nothing is loaded from anywhere: styles, the script and all drawings are inline, and the
    content security policy forbids the rest. The same documents give the same text.
    """
    environment = _environment()
    script = _source(environment, "report.js")
    ordered = gist.worst_first(findings["findings"])
    headline, meaning = gist.HEADLINES[verdict["outcome"]]
    return environment.get_template("report.html.j2").render(
        manifest=manifest,
        validation=validation,
        findings=findings,
        verdict=verdict,
        headline=headline,
        meaning=meaning,
        disagreements=gist.disagreements(manifest, validation, findings, verdict),
        next_steps=gist.next_steps(verdict, findings, validation),
        shown=ordered[:MOST_FINDINGS],
        left_out=len(ordered) - MOST_FINDINGS,
        results=gist.failed(validation)
        + [r for r in validation["results"] if r["success"] is None]
        + [r for r in validation["results"] if r["success"] is True],
        gaps=gist.gaps(verdict, validation),
        heat=heatmap.heat_map(findings["shards"], [d["rule"] for d in findings["detectors"]]),
        legend=heatmap.LEGEND,
        detectors=[(d, *histogram.charts(d)) for d in findings["detectors"]],
        frame=histogram,
        redteam=redteam,
        power=power,
        most_pairs=MOST_PAIRS,
        script=Markup(script),
        script_hash=_csp_hash(script),
        style=Markup(_source(environment, "report.css")),
    )


@cache
def _environment() -> Environment:
    environment = Environment(
        loader=PackageLoader("provender.report"),
        autoescape=True,
        undefined=StrictUndefined,
        finalize=_made_visible,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters |= {
        "count": wording.count,
        "plural": wording.plural,
        "share": wording.share,
        "p": wording.p_value,
        "size": wording.size,
        "words": wording.value_text,
        "shortened": wording.shortened,
        "expectation": wording.expectation,
        "largest": gist.largest,
        "where": gist.where,
        "removal": wording.removal,
        "in_context": wording.in_context,
        "subject": gist.subject,
    }
    return environment


def _made_visible(value: Any) -> Any:
    """Make invisible characters visible in every value that a template prints."""
    if isinstance(value, str) and not isinstance(value, Markup):
        return wording.visible(value)
    return value


def _source(environment: Environment, name: str) -> str:
    """Return a packaged file of our own, to be inlined as it is."""
    assert environment.loader is not None
    return environment.loader.get_source(environment, name)[0].strip()


def _csp_hash(script: str) -> str:
    """Return a Content-Security-Policy source expression that admits exactly ``script``."""
    digest = hashlib.sha256(script.encode("utf-8")).digest()
    return f"'sha256-{base64.b64encode(digest).decode('ascii')}'"
