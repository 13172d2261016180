"""The organization as a map."""
