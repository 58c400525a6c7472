"""Composition roots, one per stage: each builds a Beam pipeline from `provender.work` and runs it.

python -m pipelines.fingerprint --input DATA --output DIR [any Beam option]
"""

import provender.beam  # noqa: F401  (quiets Beam before any pipeline imports it)
