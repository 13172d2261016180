"""The process of the embedded AWS seen from outside: found, started, stopped, reset. The server never imports it."""
