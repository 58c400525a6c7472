"""sources/marked-responses: whose responses hold links, commands, secrets or refusals."""
