"""Explain why one request is allowed or denied: every statement, every part of it, and what would change the answer.

The request and its policies are given by options; policies are files with JSON documents. A principal is an ARN, an
account number, a service name, or "*" for an unsigned request. Context values are key=value; give a key that can have
several values as a JSON list.

  labkit explain --principal lambda.amazonaws.com --action ecr:BatchGetImage \\
      --resource arn:aws:ecr:eu-central-1:813835382529:repository/lambda-another-account \\
      --context aws:SourceArn=arn:aws:lambda:eu-central-1:592444418872:function:f \\
      --resource-policy repository-policy.json

  labkit explain --principal arn:aws:iam::592444418872:role/Deployer --action ecr:BatchGetImage \\
      --resource arn:aws:ecr:eu-central-1:813835382529:repository/lambda-aws-organizations \\
      --context 'aws:PrincipalOrgPaths=["o-exampleorgid/r-ab12/"]' \\
      --identity deployer.json --resource-policy repository-policy.json --scp root.json --scp account.json --json

Keys that every request carries on AWS need not be given: the principal's ARN and account, and whose resource it is.

Exits with 0 if the request is allowed (or decided as --expect says) with policies that AWS would store, else with 1.
"""

from __future__ import annotations

import argparse
import json
from collections.abc import Sequence
from typing import TYPE_CHECKING, Any

from labkit.cli.documents import context_of, read_file
from labkit.errors import PolicyError, UsageError

if TYPE_CHECKING:
    from labkit.iam import Decision, Principal, Request


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``labkit explain``."""
    request = parser.add_argument_group("the request")
    request.add_argument("--principal", required=True, metavar="WHO", help="an ARN, account, service name or *")
    request.add_argument("--role", metavar="ARN", help="the role of a session, where it has a path")
    request.add_argument("--principal-id", default="", metavar="ID", help="its unique id, AIDA… or AROA…")
    request.add_argument("--action", required=True, help="such as ecr:BatchGetImage")
    request.add_argument("--resource", required=True, metavar="ARN", help="what the action is done to; * where none")
    request.add_argument("--resource-account", metavar="NUMBER", help="who owns it (default: the ARN's account)")
    request.add_argument("--context", action="append", default=[], metavar="KEY=VALUE", help="a condition key")
    policies = parser.add_argument_group("the policies (JSON files; options with ... can be repeated)")
    policies.add_argument("--identity", action="append", metavar="FILE", help="of the caller ...")
    policies.add_argument("--resource-policy", metavar="FILE", help="of the resource")
    policies.add_argument("--registry-policy", metavar="FILE", help="of the ECR registry that the repository is in")
    policies.add_argument("--trust-policy", metavar="FILE", help="of the role to assume, which must allow in any case")
    policies.add_argument("--boundary", metavar="FILE", help="the caller's permissions boundary")
    policies.add_argument("--session", action="append", metavar="FILE", help="given when the role was assumed ...")
    policies.add_argument(
        "--scp", action="append", metavar="FILE", help="a level each, from the root to the account ..."
    )
    policies.add_argument("--rcp", action="append", metavar="FILE", help="likewise, of the resource's account ...")
    policies.add_argument(
        "--vpc-endpoint-policy", metavar="FILE", help="of the VPC endpoint that the request goes through"
    )
    parser.add_argument("--json", action="store_true", help="print the explanation as JSON on stdout")
    parser.add_argument(
        "--expect", choices=("allowed", "denied"), default="allowed", help="the answer that exits with 0"
    )


def run(args: argparse.Namespace) -> int:
    """Decide the request and explain the decision; 0 when it is the expected one."""
    from labkit.cli.documents import refusals
    from labkit.iam import Policies, evaluate
    from labkit.iam.rules.own_rules import TRUST_POLICY, rule_of

    if args.resource_policy and args.trust_policy:
        raise UsageError("Give --resource-policy or --trust-policy; a role's trust policy is its resource policy.")
    request = _request(args)
    rule = rule_of(request)
    if args.trust_policy and (rule is None or rule.policy_name != TRUST_POLICY):
        raise UsageError(f"--trust-policy is for sts:AssumeRole and its siblings; {args.action} asks no trust policy.")
    documents = {
        "identity": [_document(name) for name in args.identity or ()],
        "resource": _document(args.resource_policy or args.trust_policy),
        "boundary": _document(args.boundary),
        "session": [_document(name) for name in args.session or ()],
        "scp": [[_document(name)] for name in args.scp] if args.scp else None,
        "rcp": [[_document(name)] for name in args.rcp] if args.rcp else None,
        "registry": _document(args.registry_policy),
        "vpc_endpoint": _document(args.vpc_endpoint_policy),
    }
    policies = Policies.from_json(documents)
    decision, refused = evaluate(request, policies), refusals(request, policies)
    if args.json:
        print(json.dumps(_data(decision, refused), indent=2))
    else:
        _show(decision, refused)
    return 0 if decision.allowed is (args.expect == "allowed") and not refused else 1


def _document(name: str | None) -> str | None:
    """A policy's text, checked so far that a complaint names the file."""
    from labkit.iam import Policy

    if name is None:
        return None
    text = read_file(name)
    try:
        return Policy.parse(text).source
    except PolicyError as error:
        raise PolicyError(f"{name}: {error}") from None


def _request(args: argparse.Namespace) -> Request:
    from labkit.iam import Request
    from labkit.iam.request import check_names
    from labkit.iam.rules.carried_keys import completed

    who = _principal(args.principal, args.role)._replace(id=args.principal_id)
    check_names(args.action, args.resource, args.resource_account)
    return completed(Request(who, args.action, args.resource, args.resource_account, context_of(args.context)))


def _principal(text: str, role: str | None) -> Principal:
    from labkit.iam import Principal

    if role:
        if (Principal.aws(text).kind, Principal.aws(role).kind) not in (("session", "role"), ("session", "user")):
            raise UsageError(f"--role is the ARN of the role whose session --principal is; {text} and {role} are not.")
        return Principal.session(text, role)
    if text == "*":
        return Principal.anonymous()
    return Principal.service(text) if text.endswith((".amazonaws.com", ".amazonaws.com.cn")) else Principal.aws(text)


def _data(decision: Decision, refused: Sequence[str]) -> dict[str, Any]:
    from labkit.iam import counterfactuals
    from labkit.iam.words.explain import explanation

    found = counterfactuals(decision)
    turning = [{"key": each.key, "value": each.value, "sentence": each.sentence} for each in found]
    return {**explanation(decision), "counterfactuals": turning, **({"refused": refused} if refused else {})}


def _show(decision: Decision, refused: Sequence[str]) -> None:
    from labkit.cli.terminal.printing import say, show
    from labkit.iam import counterfactuals
    from labkit.iam.words.outline import outline

    show(outline(decision))
    if decision.denial:
        say(f"AWS would say: {decision.denial}")
    for sentence in refused:
        say(sentence)
    for each in counterfactuals(decision):
        say(each.sentence)
