"""What DVC lets pass: workspace, cache and remotes of a repository, read and hashed again.

Nothing of DVC is imported, its state database is not opened, and nothing outside the repository,
its remotes and a cache that was named is touched.
"""
