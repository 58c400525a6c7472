"""How many records each class and source of a surveyed data set has."""

from __future__ import annotations

from provender.io.states import StateStore
from provender.stats.census import CensusAnalysis, Counts
from provender.work.dataset import DataSet
from provender.work.task import span_state_name


def census_of(data: DataSet) -> CensusAnalysis:
    """Return the analysis that counts the data set's classes and sources."""
    columns = dict.fromkeys(c for c in (data.roles.label, data.roles.source) if c)
    return CensusAnalysis(tuple(columns))


def load_census(data: DataSet, analysis: CensusAnalysis, store: StateStore) -> Counts:
    """Return the counts over all pieces, whose states are stored."""
    names = [span_state_name(analysis, task, data.schema) for task in data.tasks()]
    return analysis.merge([analysis.unpack(store.require(name)) for name in names])
