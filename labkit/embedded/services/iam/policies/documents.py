"""Documents that IAM stores: read by the rules of `labkit check`, whose errors are what AWS refuses.

So a document that the check passes is stored, and one that is stored can be decided on. How long one may be is a quota
(IAM User Guide, "IAM and AWS STS quotas"): white space does not count.
"""

from __future__ import annotations

import re
from typing import Literal

from labkit.check import DOCUMENT_KINDS, refusal
from labkit.embedded.services.iam import errors
from labkit.embedded.services.iam.quotas import POLICY_SIZE, TRUST_POLICY, Quota

_SPACE = re.compile(r"\s+")
_SIZES: dict[str, Quota] = {"managed": POLICY_SIZE, "trust": TRUST_POLICY}


def check(text: str, kind: Literal["identity", "managed", "trust"]) -> None:
    """Raise MalformedPolicyDocument for a text that AWS does not store as one of that kind, LimitExceeded if too long.

    Inline policies have a quota together (`labkit.embedded.services.iam.policies.inline`).
    """
    refused = refusal(text, DOCUMENT_KINDS[kind])
    if refused is not None and refused.rule != "too-long":
        raise errors.refusal("bad document", refused.message)
    quota = _SIZES.get(kind)
    if quota is not None and size(text) > quota.most:
        raise errors.refusal("quota", quota.name, quota.most)


def size(text: str) -> int:
    """The characters of a document that count."""
    return len(_SPACE.sub("", text))
