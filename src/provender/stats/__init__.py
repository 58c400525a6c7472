"""Mergeable statistics over record batches: numpy and pyarrow, no I/O."""
