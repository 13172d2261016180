"""The policy editor: a repository's policy while it is written, and what it would come to.

draft      the text, what is wrong with it, how long it is, what it would change
rendering  that as text and HTML
model      the editor without a browser: what was read, what is decided, applied and undone
widget     the editor drawn with ipywidgets
"""

from __future__ import annotations

import boto3

from labkit.lab.lab import Lab
from labkit.show.editor.model import PolicyEditor
from labkit.show.view import Drawing


def policy_editor(
    lab: Lab, repository: str, function: str, caller: boto3.Session | None = None, *, advice: bool = True
) -> PolicyEditor:
    """The editor of a repository's policy, with the decision on ``function`` for who calls CreateFunction.

    ``caller`` None is the administrator who creates the article's function there. ``advice=False`` is for exercises:
    what is wrong is shown, what to write instead is not. One-line equivalent: ``ecr.set_repository_policy(...)``.
    Raises ClientError where the repository cannot be read, and UsageError where the lab has no profile for the
    caller's account.
    """
    return PolicyEditor(lab, repository, function, caller or lab.caller_for(repository), _drawn, advice=advice)


def _drawn(editor: PolicyEditor) -> Drawing:
    from labkit.show.editor.widget import EditorWidget

    return EditorWidget(editor)
