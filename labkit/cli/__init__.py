"""The command line: its commands, the installation, JupyterLab, the project's checks.

table          the table of commands, and what each needs
main           the parsers of the commands, and what becomes of everything that can go wrong
commands       a module for each command, imported only when it is the one asked for
terminal       what a terminal shows of decisions, pulls and scenarios
documents      files that a command is given, and which of their policies AWS would not store
checks         the checks that make up ``labkit test``
installation   making ``.venv``
jupyter        the lab's own JupyterLab, and a Chromium to drive it
"""
