"""text/hidden-characters: text that a person does not see. Start with `detector`."""
