"""``provender`` in a process of its own that has imported it already (tests/forking.py).

Beam, scipy and pandas take it seconds.
"""

from __future__ import annotations

import importlib
import pkgutil

#: Besides all of Provender: what Beam imports when it runs.
_LATE = ("apache_beam.runners.portability.fn_api_runner.fn_runner", "threadpoolctl")


def import_all() -> None:
    import pipelines
    import provender

    for package in (provender, pipelines):
        for module in pkgutil.walk_packages(package.__path__, f"{package.__name__}."):
            importlib.import_module(module.name)
    for name in _LATE:
        importlib.import_module(name)


def main() -> None:
    from provender.cli.main import main

    main()
