"""The states of a function, with AWS's codes and sentences, and what leads from one to another.

              created, restored: Pending -> Active, or Failed where a new function's image cannot be used
       not invoked for weeks:  Active -> Inactive (Idle)
    then somebody invokes it:  Inactive (Idle) -> Pending (Restoring) -> Active, or Inactive with what is in the way
                   an update:  InProgress -> Successful; or Failed, and what was there goes on serving
    an update of the configuration fetches the image again; where that is refused, nothing serves any more: Inactive

Sources: Lambda Developer Guide, "Lambda function states"; recorded: the sentences of Creating (LocalStack) and Idle (an
answer of GetFunction in a script of 2024); aws-cdk issues 18473 and 27007 and
accelerated-intelligent-document-processing-on-aws pull request 524: the sentences of ImageAccessDenied and
ImageDeleted, and that both come with Inactive. Their codes follow from the API's list of codes; that an archived image
is answered like a deleted one, and the sentence of Restoring, are taken to be so.
"""

from __future__ import annotations

from typing import NamedTuple


class Status(NamedTuple):
    """A state, or a last update's status, with its reason's code and sentence where it has one."""

    value: str
    code: str | None = None
    reason: str | None = None

    def is_one(self, *others: Status) -> bool:
        """Whether this is the state of one of these, by its reason's code."""
        return any((self.value, self.code) == (other.value, other.code) for other in others)

    def being(self, value: str) -> Status:
        """The same reason for another state or status."""
        return self._replace(value=value)


PENDING = Status("Pending", "Creating", "The function is being created.")
ACTIVE = Status("Active")
IN_PROGRESS = Status("InProgress", "Creating", "The function is being created.")
SUCCESSFUL = Status("Successful")
IDLE = Status("Inactive", "Idle", "The function is currently idle.")
RESTORING = Status("Pending", "Restoring", "The function is being restored.")
IMAGE_DENIED = Status(
    "Inactive", "ImageAccessDenied", "The function does not have permission to access the specified image."
)
IMAGE_DELETED = Status("Inactive", "ImageDeleted", "The function is trying to use a deleted image.")
