"""The Lambda-ECR permission lab: what notebooks and programs take from it.

    from labkit import Lab, Denied, decision_view, policies

The names are those of `labkit.exports`; each is imported when it is first asked for. Old Pythons must be able to read
this file: they pass here on the way to `labkit.__main__`, which tells them that they are too old.
"""

import sys

if sys.version_info >= (3, 11):  # noqa: UP036 (this line is for the Pythons that the project does not support)
    from labkit.exports import EXPORTS, __all__, __dir__, __getattr__, load_ipython_extension  # noqa: F401
