"""Profiles, folders and commands become questions: collecting what a diagnosis reads, applying its fix, undo."""
