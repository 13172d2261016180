"""A module for each command; the table that names them, and what each must have, is in `labkit.cli.main`."""
