"""What if: change an input of the pull question."""
