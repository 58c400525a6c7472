"""trusted/*: rows beyond what trusted data hold. Start with `rules`."""
