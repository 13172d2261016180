"""The lab's own JupyterLab: its configuration lives in the lab home, its processes end with it.

content    the folder that it serves: the checkout, or a copy of what an installed labkit brings
settings   the files that keep it quiet, local and independent of the user's own Jupyter
server     starting it, knowing when it answers, ending it with everything it started
chromium   a browser of this machine that can be driven, for tests and pictures
"""
