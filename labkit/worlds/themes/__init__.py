"""The worlds themselves, a module for each theme."""
