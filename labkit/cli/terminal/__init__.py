"""What a terminal shows of decisions, pulls and scenarios, mostly drawn by rich. Nothing here is loaded by a notebook.

printing    sentences and trees, drawn by rich where it is there and somebody looks
pulling     a bar while AWS's base image comes
steps       the steps of a scenario, with what each has to show for itself
words       numbers of things and of bytes, and a question before something is thrown away
"""
