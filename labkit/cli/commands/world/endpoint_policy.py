"""Let a profile's own calls go as if through a VPC endpoint with this policy, or through none again.

  labkit endpoint-policy                                    which endpoints there are
  labkit endpoint-policy workload policy.json               calls of the workload account to ECR go through one
  labkit endpoint-policy workload policy.json --service lambda --vpce vpce-0123456789abcdef0
  labkit endpoint-policy workload none                      calls to ECR go through none again

An endpoint's policy limits what users and sessions of that account call through it. It does not limit Lambda, neither
where it pulls an image itself nor where it does so with the caller's credentials: Lambda uses nobody's endpoint. So a
policy that denies the pull of an image denies it to docker and to the aws command line, and a function can be created
all the same. A Deny on aws:SourceVpce in the repository's policy is another matter: it hits Lambda, which comes through
no endpoint.

The condition keys aws:SourceVpce and aws:SourceVpc have the ids that are given; without them the lab does not know
their values, and a condition on one allows nothing. A policy is a JSON file, or - for what is read from stdin.

Starts the embedded AWS if it is not up. Exits with 2 for a profile, service, id or file that cannot be used, and for a
policy that AWS would not take; then nothing is changed.
"""

from __future__ import annotations

import argparse
import json
from typing import Any

from labkit.cli.documents import read_file
from labkit.errors import UsageError

NONE = "none"


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``labkit endpoint-policy``."""
    parser.add_argument("profile", nargs="?", metavar="PROFILE", help="whose calls, such as workload")
    parser.add_argument("policy", nargs="?", metavar="FILE|none", help="the endpoint's policy; none: no endpoint")
    parser.add_argument("--service", default="ecr", metavar="ecr|lambda|sts", help="calls to which (default: ecr)")
    parser.add_argument("--vpce", metavar="ID", help="the endpoint's id, the value of aws:SourceVpce")
    parser.add_argument("--vpc", metavar="ID", help="the id of its VPC, the value of aws:SourceVpc")
    parser.add_argument("--json", action="store_true", help="print one JSON list")


def run(args: argparse.Namespace) -> int:
    """Set or remove an endpoint where that was asked for, and show those that there are."""
    from labkit.embedded.process import client

    if args.profile and not args.policy:
        raise UsageError(f"Say which policy: labkit endpoint-policy {args.profile} FILE, or none.")
    if args.profile:
        policy = None if args.policy == NONE else read_file(args.policy)
        wanted = {"profile": args.profile, "service": args.service, "policy": policy}
        found = client.let_through(None, {**wanted, "vpce": args.vpce, "vpc": args.vpc})
    else:
        found = client.vpc_endpoints(None)
    print(json.dumps(found, indent=2) if args.json else "\n".join(map(endpoint_in_words, found)) or _NO_ENDPOINT)
    return 0


_NO_ENDPOINT = "No calls go through a VPC endpoint."


def endpoint_in_words(endpoint: dict[str, Any]) -> str:
    """One endpoint, with the members of `labkit.embedded.request.endpoints.settled`, as a line."""
    told = " in ".join(filter(None, (endpoint["vpce"], endpoint["vpc"])))
    through = f"a VPC endpoint ({told})" if told else "a VPC endpoint"
    return f"{endpoint['profile']}: calls to {endpoint['service']} go through {through} with a policy of its own."
