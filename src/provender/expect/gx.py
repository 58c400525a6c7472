"""Great Expectations itself: imported late, quiet, without network.

It reads suites, and it evaluates the row-level expectations that are not answered natively.
"""

from __future__ import annotations

import logging
import os
import threading
import warnings
from functools import cache
from typing import Any

import numpy as np
import pyarrow as pa

_ONE_AT_A_TIME = threading.Lock()

ROW_LEVEL = (
    "expect_column_values_to_be_dateutil_parseable",
    "expect_column_values_to_be_json_parseable",
    "expect_column_values_to_match_json_schema",
    "expect_column_values_to_match_strftime_format",
    "expect_column_pair_values_to_be_in_set",
    "expect_multicolumn_sum_to_equal",
    "expect_multicolumn_values_to_be_equal",
)
"""What Great Expectations answers for us: row by row, so that batches may be cut anywhere."""


@cache
def quiet_gx() -> Any:
    """Return the great_expectations module with analytics off and its logging silent."""
    os.environ["GX_ANALYTICS_ENABLED"] = "false"
    logging.getLogger("great_expectations").setLevel(logging.CRITICAL)
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        import great_expectations
        import great_expectations.expectations.expectation_configuration
    return great_expectations


@cache
def _batch_definition() -> Any:
    gx = quiet_gx()
    context = gx.get_context(mode="ephemeral")
    context.variables.progress_bars = {"globally": False, "metric_calculations": False}
    asset = context.data_sources.pandas_default.add_dataframe_asset(name="batch")
    return asset.add_batch_definition_whole_dataframe("batch")


def pandas_frame(batch: pa.RecordBatch | pa.Table) -> Any:
    """Return the pandas DataFrame that stands for Arrow rows.

    Integers and booleans get pandas' nullable types, so that a column's type never depends on
    whether a batch happens to hold a null.
    """
    import pandas as pd

    nullable: dict[pa.DataType, Any] = {pa.bool_(): pd.BooleanDtype()}
    for bits in (8, 16, 32, 64):
        nullable[getattr(pa, f"int{bits}")()] = getattr(pd, f"Int{bits}Dtype")()
        nullable[getattr(pa, f"uint{bits}")()] = getattr(pd, f"UInt{bits}Dtype")()
    return batch.to_pandas(types_mapper=nullable.get)


def validate(frame: Any, expectations: list[dict[str, Any]]) -> list[Any]:
    """Run expectations (type and kwargs) on a pandas frame; return GX's results in their order."""
    gx = quiet_gx()
    configuration = gx.expectations.expectation_configuration.ExpectationConfiguration
    built = [
        configuration(type=e["type"], kwargs=e["kwargs"], meta={"place": i}).to_domain_obj()
        for i, e in enumerate(expectations)
    ]
    # One context serves every thread, and neither it nor the warnings filter is made for several.
    with _ONE_AT_A_TIME, warnings.catch_warnings():
        warnings.simplefilter("ignore")
        batch = _batch_definition().get_batch({"dataframe": frame})
        found = batch.validate(
            gx.ExpectationSuite(name="batch", expectations=built), result_format="COMPLETE"
        )
    return sorted(found.results, key=lambda r: int(r.expectation_config.meta["place"]))


def unexpected_rows(batch: pa.RecordBatch, type_: str, kwargs: dict[str, Any]) -> np.ndarray | None:
    """Return the int64 row numbers of ``batch`` that fail a row-level expectation.

    None when Great Expectations raised an error.
    """
    asked = {k: v for k, v in kwargs.items() if k not in ("row_condition", "condition_parser")}
    (result,) = validate(pandas_frame(batch), [{"type": type_, "kwargs": asked}])
    found = result.result.get("unexpected_index_list")
    return None if found is None else np.asarray(found, dtype=np.int64)
