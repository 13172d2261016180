"""A scenario to play."""
