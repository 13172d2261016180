"""The commands of the command line, one module each; :data:`labkit.cli.COMMANDS` is their table."""
