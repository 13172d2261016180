"""The errors of the lab: one small tree, drawn here.

    LabError               something failed; the sentence says what to do (exit code 1)
    ├── UsageError         the input is wrong; nothing was changed (exit code 2)
    │   ├── PolicyError    a text that is not a policy document
    │   └── DockerfileError  a Dockerfile that the assembler cannot build
    └── EmbeddedError      the embedded AWS cannot be started, reached or trusted

Every message is one plain sentence (or two) without a traceback's help: what happened, where, what next.
Errors that AWS answers stay what they are, ``botocore.exceptions.ClientError``: the lab exists to show them.

This module is the ground floor: standard library only, imported by every other floor.
"""

from __future__ import annotations


class LabError(Exception):
    """Something the lab was asked to do has failed; the message says what to do next."""

    exit_code = 1


class UsageError(LabError):
    """The input is wrong. Raised before anything is changed."""

    exit_code = 2


class PolicyError(UsageError):
    """A text that is not a policy document; the message names the place and the reason."""


class DockerfileError(UsageError):
    """A Dockerfile with something that the assembler does not support or cannot find; names the line."""


class EmbeddedError(LabError):
    """The embedded AWS cannot be started, reached, or trusted (a broken or foreign lab home)."""
