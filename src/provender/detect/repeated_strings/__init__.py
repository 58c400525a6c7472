"""text/repeated-strings: one string in texts that have nothing in common. Start with `detector`."""
