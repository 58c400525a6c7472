"""text/label-flips: labels that the text contradicts. Start with `detector`."""
