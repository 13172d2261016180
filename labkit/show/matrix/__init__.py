"""The access matrix."""
