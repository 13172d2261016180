"""The embedded AWS measured beside its neighbours; see `__main__`."""
