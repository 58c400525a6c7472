"""Benchmarks are no part of the product, but each must at least still fit it."""

import importlib

import pytest

from benchmarks.__main__ import BENCHMARKS


@pytest.mark.parametrize("name", [one.name for one in BENCHMARKS])
def test_a_benchmark_finds_all_it_imports(name):
    package = "text.__main__" if name == "text" else name
    module = importlib.import_module(f"benchmarks.{package}")
    assert module.__doc__, "its first words are its --help"
