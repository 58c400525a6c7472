"""What trusted tables say to the rules that compare with them, in a plain loop."""

from __future__ import annotations

from collections.abc import Sequence

import pyarrow as pa

from provender.core.shard import Roles
from provender.detect.base import DataView, Stored
from provender.detect.registry import trusted_standards
from provender.detect.trusted.scores import Held


def standards(tables: Sequence[pa.Table], roles: Roles) -> dict[str, Stored]:
    found: dict[str, Stored] = {}
    for standard in trusted_standards(DataView(tables[0].schema, roles)):
        profile = None
        for number in range(standard.rounds):
            analysis = standard.analysis(number, profile)
            states = []
            for table in tables:
                state = analysis.empty()
                columns = list(analysis.columns() or table.column_names)
                for batch in table.select(columns).to_batches():
                    state = analysis.add(state, batch)
                states.append(state)
            profile = standard.profile(number, analysis.merge(states))
        assert profile is not None
        found[standard.rule.id] = Held(profile)
    return found
