"""What if: inputs of a pull question to change, what Lambda would be answered, and what would flip that.

inputs     the inputs, their rules, and the question that they make
reversals  for each input a value that reverses the decision
model      all of it without a browser
widget     all of it drawn with ipywidgets
"""

from __future__ import annotations

import boto3

from labkit.lab.lab import Lab
from labkit.show.view import Drawing
from labkit.show.what_if.model import WhatIf


def what_if(lab: Lab, function: str, repository: str, caller: boto3.Session | None = None) -> WhatIf:
    """The pull question of a function and a repository, with inputs to change.

    ``caller`` None is the administrator who creates the article's function there. One-line equivalent:
    ``lab.question(...).having(...).decide()``. Raises ClientError where the repository cannot be read.
    """
    return WhatIf(lab, function, repository, caller or lab.caller_for(repository), _drawn)


def _drawn(model: WhatIf) -> Drawing:
    from labkit.show.what_if.widget import WhatIfWidget

    return WhatIfWidget(model)
