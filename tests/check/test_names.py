"""The names that the check knows: all that AWS's own policies use are among them."""

from __future__ import annotations

import re

from labkit.check import DOCUMENT_KINDS, RULES, check
from labkit.embedded.records import aws_policies


def ids(policy: str) -> list[str]:
    return [finding.rule.id for finding in check(policy, DOCUMENT_KINDS["identity"]).findings]


def managed_policies() -> dict[str, str]:
    """AWS's own policies about the services that the check knows."""
    about = re.compile("Lambda|Container|ECR|Organizations|IAM|STS")
    return {each.name: str(aws_policies.document(each.arn)) for each in aws_policies.every() if about.search(each.name)}


def test_awss_own_policies_have_no_error_and_no_name_that_does_not_exist():
    managed = managed_policies()
    assert len(managed) > 50
    wrong = {"unknown-action", "unknown-key", *(rule.id for rule in RULES.values() if rule.severity == "error")}
    wrong -= {"too-long"}  # AWS allows itself more
    assert {name: ids(policy) for name, policy in managed.items() if wrong & set(ids(policy))} == {}
