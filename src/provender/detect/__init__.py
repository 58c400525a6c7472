"""Detectors: each turns folded statistics into scores and p-values; none decides."""
