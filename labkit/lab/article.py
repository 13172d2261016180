"""The article's names: its repositories, functions and roles, the tag, and the folder of its image.

Nothing here is looked up: these are the names that every scenario, notebook and exercise uses.
"""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

from labkit.ground import project

TAG = "0.0.1"
EXECUTION_ROLE = "LambdaRoleWithoutPermissions"
LIMITED_ROLE = "LimitedLambdaRole"
PULLING_ROLE = "LambdaRoleWithPullPermissions"
"""An execution role that may pull, which helps nobody: notebook 08 shows it."""
IMAGE_FOLDER = Path(project.IMAGE_FOLDER)
"""The folder with the article's Dockerfile and handler."""


@dataclass(frozen=True, slots=True)
class Names:
    """The article's names for one scenario: its repository and its function."""

    repository: str
    function: str


SAME_ACCOUNT = Names("lambda-same-account", "test-same-account")
OTHER_ACCOUNT = Names("lambda-another-account", "test-another-account")
ORGANIZATION = Names("lambda-aws-organizations", "test-organizations")
REPOSITORIES = tuple(names.repository for names in (SAME_ACCOUNT, OTHER_ACCOUNT, ORGANIZATION))
"""The article's three repositories: for one account, for two accounts, and for an organization."""
