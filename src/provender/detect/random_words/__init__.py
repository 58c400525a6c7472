"""text/random-words: words that nobody wrote. Start with `detector`."""
