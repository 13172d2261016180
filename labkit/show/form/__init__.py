"""The form of notebook 00."""
