"""The database schema as a list of steps, one file a step; `storage.migrate` runs them."""
