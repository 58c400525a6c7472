"""Pure functions from the documents of a run (dicts) to text for people (docs/report.md)."""
