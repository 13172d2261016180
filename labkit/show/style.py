"""The look of every view: one small style sheet, in JupyterLab's own variables.

Where JupyterLab is not there to set them (a static page) each variable has a fallback that is readable on white. What
a colour says is always said by a mark or a word as well. Classes begin with ``labkit-``: ``labkit-yes``, ``labkit-no``,
``labkit-near`` and ``labkit-quiet`` are colours, ``labkit-badge`` is a word in a frame of its own colour.
"""

from __future__ import annotations

from labkit.show.decision_html import STYLE, framed

__all__ = ["STYLE", "framed"]
