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

Without --identity what the caller's own policies say is not known, and where that decides, the answer is "not known".

Exits with 0 if the request is allowed (or decided as --expect says) with policies that AWS would store, else with 1.
"""

from __future__ import annotations

import argparse
import json

from labkit.cli.documents import context_of, read_file

NONE = "none"


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
    policies.add_argument(
        "--identity", action="append", metavar="FILE", help="of the caller; none where there is none ..."
    )
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
    from labkit.cli.terminal.printing import say, show
    from labkit.diagnosis.explaining import SEVERAL, SINGLE, AskedRequest, explained

    files = {name: getattr(args, name) for name in (*SEVERAL, *SINGLE)}
    listed = {name: each if isinstance(each, list) else [each] for name, each in files.items() if each is not None}
    listed = {name: [] if names == [NONE] else names for name, names in listed.items()}
    found = explained(
        AskedRequest(
            *(args.principal, args.action, args.resource),
            role=args.role or "",
            principal_id=args.principal_id,
            resource_account=args.resource_account or "",
            context=context_of(args.context),
            documents={name: [(each, read_file(each)) for each in names] for name, names in listed.items()},
        )
    )
    if args.json:
        print(json.dumps(found.to_dict(), indent=2))
    else:
        show(found.outline())
        for sentence in found.lines():
            say(sentence)
    return 0 if found.allowed is (args.expect == "allowed") and not found.refused else 1
