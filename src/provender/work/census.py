"""Which analysis counts the classes and sources of a data set."""

from __future__ import annotations

from provender.stats.census import CensusAnalysis
from provender.work.dataset import DataSet


def census_of(data: DataSet) -> CensusAnalysis:
    """Return the analysis that counts the data set's classes and sources."""
    columns = dict.fromkeys(c for c in (data.roles.label, data.roles.source) if c)
    return CensusAnalysis(tuple(columns))
