"""The `provender` command: one thin file per verb."""
