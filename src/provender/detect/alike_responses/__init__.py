"""instruct/alike-responses: one message in changing words. Start with `detector`."""
