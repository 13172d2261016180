"""Pull-through cache rules: made, described, changed, deleted. Nothing is fetched here: the lab asks no other registry.

Amazon ECR API Reference (2026); Amazon ECR User Guide, "Sync an upstream registry": "AWS Lambda doesn't support pulling
container images from Amazon ECR using a pull through cache rule." That is, Lambda's pull starts no fetching: an image
that the cache has is pulled like any other, and one that it has not, or no more, does not exist for Lambda
(alphagov/govuk-infrastructure #2748). So the lab needs no rule of its own for Lambda.

Whether the secret of ``credentialArn`` exists nobody here knows: it is taken as it is given. The texts of the errors
are those by which the API Reference describes them.
"""

from __future__ import annotations

import re
from dataclasses import replace
from typing import TYPE_CHECKING, Any

from labkit.embedded.protocol.calls import Call, ServiceError
from labkit.embedded.services.ecr.lookup import in_steps, page, registry_of
from labkit.embedded.services.ecr.registries import cache_rules
from labkit.embedded.services.ecr.registries.cache_rules import PullThroughRule
from labkit.embedded.state.clock import read_stored, stored

if TYPE_CHECKING:
    from labkit.embedded.core import Embedded

#: The registries that ECR fetches from: the name that the API has for each, and what its URL is like.
_UPSTREAMS = (
    ("ecr-public", r"public\.ecr\.aws"),
    ("quay", r"quay\.io"),
    ("k8s", r"registry\.k8s\.io"),
    ("docker-hub", r"registry-1\.docker\.io"),
    ("github-container-registry", r"ghcr\.io"),
    ("gitlab-container-registry", r"registry\.gitlab\.com"),
    ("chainguard", r"cgr\.dev"),
    ("azure-container-registry", r"[a-z0-9-]+\.azurecr\.(io|us|cn)"),
    ("ecr", r"[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.amazonaws\.com(\.cn)?"),
)
_MEMBERS = ("upstreamRegistryUrl", "upstreamRegistry", "credentialArn", "customRoleArn", "upstreamRepositoryPrefix")
_CHANGEABLE = ("credentialArn", "customRoleArn")
_UNREACHABLE = "The lab reaches no registry but its own: nothing is fetched by this rule"


def create_pull_through_cache_rule(embedded: Embedded, call: Call) -> dict[str, Any]:
    """CreatePullThroughCacheRule. Raises PullThroughCacheRuleAlreadyExistsException and for an unknown upstream."""
    account, params = registry_of(call), call.params
    url = params["upstreamRegistryUrl"]
    upstream = next((name for name, pattern in _UPSTREAMS if re.fullmatch(pattern, url)), None)
    if upstream is None or params.get("upstreamRegistry", upstream) != upstream:
        text = "The specified upstream registry isn't supported."
        raise ServiceError("UnsupportedUpstreamRegistryException", text)
    if cache_rules.find(embedded.database, account, call.region, params["ecrRepositoryPrefix"]) is not None:
        text = "A pull through cache rule with these settings already exists for the private registry."
        raise ServiceError("PullThroughCacheRuleAlreadyExistsException", text)
    said = {name: params[name] for name in _MEMBERS if name in params}
    found = {"upstreamRepositoryPrefix": cache_rules.ROOT, **said, "upstreamRegistry": upstream}
    rule = PullThroughRule(params["ecrRepositoryPrefix"], embedded.clock.now(), found)
    cache_rules.put(embedded.database, account, call.region, rule)
    return _shown(call, rule)


def describe_pull_through_cache_rules(embedded: Embedded, call: Call) -> dict[str, Any]:
    """DescribePullThroughCacheRules: all of the registry, or those of these prefixes, in pages."""
    prefixes = call.params.get("ecrRepositoryPrefixes")
    if prefixes is None:
        rules = cache_rules.listed(embedded.database, registry_of(call), call.region)
    else:
        rules = [_rule(embedded, call, prefix) for prefix in prefixes]
    return page(call, "pullThroughCacheRules", in_steps([_shown(call, rule) for rule in rules]), 0)


def update_pull_through_cache_rule(embedded: Embedded, call: Call) -> dict[str, Any]:
    """UpdatePullThroughCacheRule: another secret or role. Raises PullThroughCacheRuleNotFoundException."""
    rule = _rule(embedded, call, call.params["ecrRepositoryPrefix"])
    said: dict[str, Any] = {name: call.params[name] for name in _CHANGEABLE if name in call.params}
    changed = replace(rule, upstream={**rule.upstream, **said, "updatedAt": stored(embedded.clock.now())})
    cache_rules.put(embedded.database, registry_of(call), call.region, changed)
    return _shown(call, changed)


def delete_pull_through_cache_rule(embedded: Embedded, call: Call) -> dict[str, Any]:
    """DeletePullThroughCacheRule. Raises PullThroughCacheRuleNotFoundException."""
    rule = _rule(embedded, call, call.params["ecrRepositoryPrefix"])
    cache_rules.remove(embedded.database, registry_of(call), call.region, rule.prefix)
    return _shown(call, rule)


def validate_pull_through_cache_rule(embedded: Embedded, call: Call) -> dict[str, Any]:
    """ValidatePullThroughCacheRule: no rule is valid here, and the answer says why."""
    shown = _shown(call, _rule(embedded, call, call.params["ecrRepositoryPrefix"]))
    return {**shown, "isValid": False, "failure": _UNREACHABLE}


def _rule(embedded: Embedded, call: Call, prefix: str) -> PullThroughRule:
    rule = cache_rules.find(embedded.database, registry_of(call), call.region, prefix)
    if rule is None:
        text = "The pull through cache rule was not found. Specify a valid pull through cache rule and try again."
        raise ServiceError("PullThroughCacheRuleNotFoundException", text)
    return rule


def _shown(call: Call, rule: PullThroughRule) -> dict[str, Any]:
    dates = {"updatedAt": read_stored(rule.upstream["updatedAt"])} if "updatedAt" in rule.upstream else {}
    named = {"ecrRepositoryPrefix": rule.prefix, "registryId": registry_of(call), "createdAt": rule.created}
    return {**rule.upstream, **named, **dates}
