"""Beam's options, asked for a thousand times while a pipeline is built."""

from __future__ import annotations

from typing import Any

from apache_beam.options.pipeline_options import PipelineOptions


class RememberedOptions(PipelineOptions):  # type: ignore[misc]
    """Options that make each view once.

    Beam asks for a view of two or three kinds at every transform, and makes an argument parser
    for each: a quarter of the time of a scan of small data. Views share their values, so one
    of each kind says the same.
    """

    def view_as(self, cls: type[Any]) -> Any:
        views = self.__dict__.setdefault("_views", {})
        if cls not in views:
            views[cls] = super().view_as(cls)
        return views[cls]
