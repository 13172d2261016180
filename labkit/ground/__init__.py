"""What everything stands on: the project's folder, the lab home, environment variables, child processes, files.

project       the project's folder and its ``.venv``
home          the lab home
environment   the variables that point aws, docker and boto3 at the lab
addresses     addresses that this process answers without a socket
processes     child processes that end with the lab
files         files written in one step; where sockets go
json_mistakes what is wrong with a text that is no JSON, in people's words
progress      what a person sees of long work
"""

VERSION = "0.1.0"
"""The lab's own version, that of ``pyproject.toml``."""
