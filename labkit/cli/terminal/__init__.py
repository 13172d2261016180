"""What a terminal shows of decisions, pulls and scenarios, drawn by rich. Nothing here is loaded by a notebook.

decisions   a decision as a tree
pulling     a bar while AWS's base image comes
quantities  numbers of things and of bytes
questions   asking before something is thrown away
steps       the steps of a scenario, with what each has to show for itself
"""
