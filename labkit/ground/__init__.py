"""What everything stands on: the lab home, environment variables, child processes, files written in one step."""

VERSION = "0.1.0"
"""The lab's own version, that of ``pyproject.toml``."""
