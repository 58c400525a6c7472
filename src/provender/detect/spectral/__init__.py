"""spectral/class-signature: rows along one direction of their class. Start with `detector`."""
