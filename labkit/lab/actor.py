"""Who makes requests in the lab: the administrator of an account, or the session of a role."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import boto3

from labkit.aws import sessions


@dataclass(frozen=True)
class Actor:
    """Somebody who makes requests: a name to speak of, a session, and who STS says it is (12 digits, and an ARN)."""

    name: str
    session: boto3.Session
    account: str
    arn: str

    @classmethod
    def of(cls, name: str, session: boto3.Session) -> Actor:
        """Asks STS who the session is. Raises UsageError where its credentials are not accepted."""
        caller = sessions.whoami(session)
        return cls(name, session, caller.account, caller.arn)

    @property
    def region(self) -> str:
        """The region of the actor's session."""
        return str(self.session.region_name)

    def client(self, service: str) -> Any:
        """A boto3 client, made once."""
        return sessions.client(self.session, service)
