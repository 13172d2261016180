"""The embedded AWS seen from outside: its process found, started, stopped and reset. The server never imports it."""
