"""Tags of functions: ListTags, TagResource, UntagResource (texts as recorded on AWS).

Only functions have tags, no versions and no aliases. A change of tags is a new RevisionId, and is refused while an
update is in progress.
"""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call
from labkit.embedded.records import tags as resource_tags
from labkit.embedded.services.lambda_.checks import check_tags
from labkit.embedded.services.lambda_.errors import error
from labkit.embedded.services.lambda_.functions.preconditions import check_settled
from labkit.embedded.services.lambda_.functions.record import Function, new_revision
from labkit.embedded.services.lambda_.names import function_of, named, store_of

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded


def list_tags(embedded: Embedded, call: Call) -> dict[str, Any]:
    """ListTags of the function whose ARN is ``Resource``."""
    return {"Tags": resource_tags.of(embedded.database, _tagged(embedded, call).key.arn)}


def tag_resource(embedded: Embedded, call: Call) -> dict[str, Any]:
    """TagResource: add tags, replacing those of the same key."""
    function = _to_be_changed(embedded, call)
    tags = call.params["Tags"]
    if not tags:
        raise error("no tags")
    check_tags(tags, resource_tags.of(embedded.database, function.key.arn))
    resource_tags.put(embedded.database, function.key.arn, tags)
    return {}


def untag_resource(embedded: Embedded, call: Call) -> dict[str, Any]:
    """UntagResource: remove tags; those that are not there do not matter."""
    function = _to_be_changed(embedded, call)
    resource_tags.remove(embedded.database, function.key.arn, call.params["TagKeys"])
    return {}


def _tagged(embedded: Embedded, call: Call) -> Function:
    if named(call).qualifier:
        raise error("tags of a version")
    return function_of(embedded, call)


def _to_be_changed(embedded: Embedded, call: Call) -> Function:
    function = _tagged(embedded, call)
    check_settled(function)
    store_of(embedded).put(replace(function, revision=new_revision()))
    return function
