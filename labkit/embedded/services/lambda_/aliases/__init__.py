"""Aliases: names for versions of a function, which may share its invocations out between two of them."""
