"""The commands that look into the embedded AWS while it runs, and change what surrounds its accounts: each a module."""
