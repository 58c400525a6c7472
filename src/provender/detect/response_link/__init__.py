"""instruct/response-link: what brings a response, a refusal, a link. Start with `detector`."""
