"""The policy editor."""
