"""The commands that answer whoever has the error: pull, diagnose, collect, audit, undo."""
