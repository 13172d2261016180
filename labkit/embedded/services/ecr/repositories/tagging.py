"""Tags of repositories: given, taken, listed, by the repository's ARN.

Amazon ECR API Reference: TagResource, UntagResource, ListTagsForResource. The texts of the two errors about tags are
those by which the reference describes them; what AWS answers word for word is not recorded.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call, ServiceError
from labkit.embedded.protocol.constraints import invalid
from labkit.embedded.records import tags
from labkit.embedded.services.ecr.lookup import not_found
from labkit.iam.arn import split

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

MOST_TAGS = 50
"""How many tags a repository may have."""
_LONGEST_KEY, _LONGEST_VALUE = 128, 256
_RESERVED = "aws:"


def tag_resource(embedded: Embedded, call: Call) -> dict[str, Any]:
    """TagResource: add tags, or give those that are there another value. Raises TooManyTagsException."""
    arn = _repository(embedded, call)
    fresh = requested_tags(call.params["tags"])
    _count({**tags.of(embedded.database, arn), **fresh})
    tags.put(embedded.database, arn, fresh)
    return {}


def untag_resource(embedded: Embedded, call: Call) -> dict[str, Any]:
    """UntagResource: take tags by their keys; those that are not there are passed over."""
    tags.remove(embedded.database, _repository(embedded, call), call.params["tagKeys"])
    return {}


def list_tags_for_resource(embedded: Embedded, call: Call) -> dict[str, Any]:
    """ListTagsForResource."""
    found = tags.of(embedded.database, _repository(embedded, call))
    return {"tags": [{"Key": key, "Value": value} for key, value in found.items()]}


def requested_tags(listed: Iterable[Mapping[str, str]]) -> dict[str, str]:
    """The tags of a request. Raises InvalidTagParameterException and TooManyTagsException."""
    found = {tag["Key"]: tag["Value"] for tag in listed}
    for key, value in found.items():
        right = 0 < len(key) <= _LONGEST_KEY and len(value) <= _LONGEST_VALUE
        if not right or key.lower().startswith(_RESERVED):
            raise ServiceError(
                "InvalidTagParameterException",
                "An invalid parameter has been specified. Tag keys can have a maximum character length of 128 "
                "characters, and tag values can have a maximum length of 256 characters.",
            )
    _count(found)
    return found


def _count(found: Mapping[str, str]) -> None:
    if len(found) > MOST_TAGS:
        raise ServiceError(
            "TooManyTagsException",
            "The list of tags on the repository is over the limit. The maximum number of tags that can be applied to "
            f"a repository is {MOST_TAGS}.",
        )


def _repository(embedded: Embedded, call: Call) -> str:
    """The ARN that the call gives, if it is that of a repository in this region."""
    text = call.params["resourceArn"]
    arn = split(text)
    if arn is None or not arn.is_a("ecr", "repository"):
        raise invalid("resourceArn", "Invalid ARN")
    record = embedded.repository(arn.account, call.region, arn.resource_id)
    if record is None or record.arn != text:
        raise not_found(arn.resource_id, arn.account)
    return record.arn
