"""The only room, with pipelines/, that knows Apache Beam: it adapts `work`, computes nothing."""

import logging


def _not_about_apitools(record: logging.LogRecord) -> bool:
    return "apitools" not in record.getMessage()


# Beam warns of an optional Google client when it is imported; nobody here asked for it.
logging.getLogger().addFilter(_not_about_apitools)
