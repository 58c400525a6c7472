"""The red team's trials: known poison in a copy of the data, and what detection says of it."""
