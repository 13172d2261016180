"""Invocations: what a function runs in, as a process or in a container."""
