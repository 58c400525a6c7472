"""Units of work: pure functions of (reference, configuration) that a loop, a pool or Beam calls.

Each reads through `io`, computes with `identity`, `detect` or `expect`, keeps what is large in
the state store and returns something small.
"""
