"""text/label-conflict: the mark of a dirty-label backdoor. Start with `detector`."""
