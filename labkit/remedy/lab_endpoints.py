"""The lab's VPC endpoints where AWS has EC2's: their policies are read and written by the same calls.

The embedded AWS has no EC2; the lab says through which endpoint an account's calls to Lambda go (`labkit
endpoint-policy`). On AWS a change of an endpoint's policy is DescribeVpcEndpoints and ModifyVpcEndpoint of EC2 (Amazon
EC2 API Reference).
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import Any

from labkit.embedded.process import client as embedded
from labkit.errors import LabError

_SERVICE = "lambda"


class LabEndpoints:
    """The endpoint for Lambda of one account of the lab, as two calls of a client of EC2.

    The lab knows one endpoint for an account and a service, so that its id says nothing more.
    """

    def __init__(self, account: str, home: Path | None = None) -> None:
        self._account = account
        self._home = home

    def describe_vpc_endpoints(self, VpcEndpointIds: Sequence[str]) -> dict[str, Any]:  # noqa: N803 - EC2's name
        """The endpoint with its policy. Raises LabError where the account's calls go through none."""
        return {"VpcEndpoints": [{"VpcEndpointId": VpcEndpointIds[0], "PolicyDocument": self._found["policy"]}]}

    def modify_vpc_endpoint(self, VpcEndpointId: str, PolicyDocument: str) -> None:  # noqa: N803 - EC2's names
        """Sets the endpoint's policy. Raises UsageError for one that AWS would not take."""
        kept = {name: self._found[name] for name in ("profile", "service", "vpce", "vpc")}
        embedded.let_through(self._home, {**kept, "policy": PolicyDocument})

    @property
    def _found(self) -> dict[str, Any]:
        mine = (self._account, _SERVICE)
        listed = embedded.vpc_endpoints(self._home)
        found = next((each for each in listed if (each["account"], each["service"]) == mine), None)
        if found is None:
            raise LabError(f"The calls of account {self._account} to Lambda go through no VPC endpoint.")
        return found
