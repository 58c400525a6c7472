"""sources/own-words: words that one source alone brings. Start with `detector`."""
