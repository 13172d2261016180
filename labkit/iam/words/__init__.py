"""Decisions in words: sentences, reasons, the nearest miss, and the tree of all of it."""
