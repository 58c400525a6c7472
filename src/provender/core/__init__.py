"""Nouns and pure decisions: standard library only, no I/O, no clock, no numpy."""
