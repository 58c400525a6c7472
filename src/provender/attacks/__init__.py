"""Published poisoning attacks as generators: for the red team, the tests and the benchmarks."""
