"""Provender decides whether a training data set may be fed to a model."""

__version__ = "0.1.0"
