"""Aliases: names for versions of a function, which may share its invocations out between two of them.

operations   CreateAlias and its siblings      record   aliases as they are kept      routing   which version runs
"""
