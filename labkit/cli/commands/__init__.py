"""A module for each command. `labkit.cli.table` names them, and `labkit.cli.main` says what each must have."""
