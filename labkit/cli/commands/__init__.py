"""The commands of the command line, one module each; :data:`labkit.cli.main.COMMANDS` is their table."""
