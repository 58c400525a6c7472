"""Which analysis counts the classes, sources and annotators of a data set."""

from __future__ import annotations

from provender.stats.census import CensusAnalysis
from provender.work.dataset import DataSet


def census_of(data: DataSet) -> CensusAnalysis:
    """Return the analysis that counts the records of each class, source and annotator."""
    label = [data.roles.label] if data.roles.label else []
    return CensusAnalysis(tuple(dict.fromkeys([*label, *data.roles.contributors().values()])))
