"""Broken and healthy worlds as data: how each is built, why it refuses, and how it is healed."""
