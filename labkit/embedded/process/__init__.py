"""The embedded AWS seen from outside: found, started, stopped and reset, as a process of its own or in-process.

The server never imports it.
"""
