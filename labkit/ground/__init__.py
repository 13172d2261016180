"""What everything stands on: the project's folder, the lab home, environment variables, child processes, files."""

VERSION = "0.1.0"
"""The lab's own version, that of ``pyproject.toml``."""
