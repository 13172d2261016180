"""An embedded AWS of the tests' own, with what every test of ECR and Lambda needs around it."""

from __future__ import annotations

import configparser
import json
import os
import signal
from pathlib import Path
from typing import Any
from uuid import uuid4

import boto3
import psutil
from botocore.config import Config
from botocore.exceptions import ClientError

from labkit.aws.images import push
from labkit.embedded.process import client
from labkit.embedded.state.world import ACCOUNTS
from labkit.image.build.assemble import build
from labkit.image.format.image import Image
from labkit.pull import policies

REGION = "eu-central-1"
REGISTRY, WORKLOAD = ACCOUNTS["registry"], ACCOUNTS["workload"]
ROLE = "LambdaRoleWithoutPermissions"
PULL_DENIED = "Lambda does not have permission to access the ECR image. Check the ECR permissions."
GREETING = "import sys\ndef handler(event, context):\n    return 'Hello from ' + sys.version\n"
DOCKERFILE = """FROM public.ecr.aws/lambda/python:3.12
COPY lambda_function.py ${LAMBDA_TASK_ROOT}
CMD [ "lambda_function.handler" ]
"""
PATIENTLY = {"Delay": 0, "MaxAttempts": 10_000}


class Lab:
    """A running embedded AWS and boto3 clients of its profiles."""

    def __init__(self, home: Path) -> None:
        self.home = home
        self.running = client.ensure(home)
        self._clients: dict[tuple[str, str], Any] = {}

    def session(self, profile: str) -> boto3.Session:
        credentials = configparser.ConfigParser()
        credentials.read(self.home / "aws" / "credentials")
        keys = credentials[profile]
        return boto3.Session(keys["aws_access_key_id"], keys["aws_secret_access_key"], region_name=REGION)

    def connect(self, session: boto3.Session, service: str, region: str = REGION) -> Any:
        config = Config(retries={"total_max_attempts": 1})
        return session.client(service, region, endpoint_url=self.running.endpoint, config=config)

    def client(self, profile: str, service: str) -> Any:
        """A client of the administrator of a profile's account."""
        if (profile, service) not in self._clients:
            self._clients[profile, service] = self.connect(self.session(profile), service)
        return self._clients[profile, service]

    def role(self, profile: str, name: str = ROLE, trust: dict[str, Any] | None = None) -> str:
        """The ARN of a role, made if it is not there; an execution role unless a trust policy is given."""
        iam = self.client(profile, "iam")
        try:
            document = json.dumps(trust or policies.lambda_trust())
            return str(iam.create_role(RoleName=name, AssumeRolePolicyDocument=document)["Role"]["Arn"])
        except iam.exceptions.EntityAlreadyExistsException:
            return f"arn:aws:iam::{ACCOUNTS[profile]}:role/{name}"

    def assume(self, profile: str, name: str, *managed: str, inline: dict[str, Any] | None = None) -> boto3.Session:
        """A session of a role of this account with these policies."""
        iam = self.client(profile, "iam")
        arn = self.role(profile, name, policies.account_trust(ACCOUNTS[profile]))
        for policy in managed:
            iam.attach_role_policy(RoleName=name, PolicyArn=f"arn:aws:iam::aws:policy/{policy}")
        if inline:
            iam.put_role_policy(RoleName=name, PolicyName="inline", PolicyDocument=json.dumps(inline))
        got = self.client(profile, "sts").assume_role(RoleArn=arn, RoleSessionName="Test")["Credentials"]
        return boto3.Session(got["AccessKeyId"], got["SecretAccessKey"], got["SessionToken"], region_name=REGION)

    def repository(self, name: str, image: Image | None = None, tag: str = "0.0.1", profile: str = "registry") -> str:
        """The URI of an image in a new repository."""
        ecr = self.client(profile, "ecr")
        uri = ecr.create_repository(repositoryName=name)["repository"]["repositoryUri"]
        if image is not None:
            push(ecr, name, tag, image)
        return f"{uri}:{tag}"

    def allow(self, name: str, document: dict[str, Any] | None, profile: str = "registry") -> None:
        """Set a repository's policy, or remove it."""
        ecr = self.client(profile, "ecr")
        if document is None:
            ecr.delete_repository_policy(repositoryName=name)
        else:
            ecr.set_repository_policy(repositoryName=name, policyText=json.dumps(document))

    def create(self, profile: str, name: str, uri: str, lambda_: Any = None, **more: Any) -> dict[str, Any]:
        """CreateFunction with the article's role, as the administrator or with another client."""
        request = {"FunctionName": name, "Role": self.role(profile), "PackageType": "Image"}
        lambda_ = lambda_ or self.client(profile, "lambda")
        return dict(lambda_.create_function(**{**request, "Code": {"ImageUri": uri}, **more}))

    def active(self, profile: str, name: str, uri: str, **more: Any) -> Any:
        """Create a function, wait until it is active, and return its account's Lambda client."""
        self.create(profile, name, uri, **more)
        lambda_ = self.client(profile, "lambda")
        lambda_.get_waiter("function_active_v2").wait(FunctionName=name, WaiterConfig=PATIENTLY)
        return lambda_

    def kill(self) -> None:
        """End the process as a power cut would, and start it again."""
        process = psutil.Process(self.running.pid)
        os.kill(self.running.pid, signal.SIGKILL)
        process.wait(10)
        self.running = client.ensure(self.home)
        self._clients.clear()


def image_of(folder: Path, handler: str = GREETING) -> Image:
    """The article's image with this text as its handler module."""
    folder.mkdir(parents=True, exist_ok=True)
    (folder / "Dockerfile").write_text(DOCKERFILE)
    (folder / "lambda_function.py").write_text(handler)
    return build(folder)


def unique(prefix: str) -> str:
    """A name that no other test has."""
    return f"{prefix}-{uuid4().hex[:12]}"


def refusal(call: Any, **params: Any) -> tuple[str, int, str]:
    """Code, HTTP status and message of the error that a call gets."""
    try:
        call(**params)
    except ClientError as error:
        answer: Any = error.response
        return answer["Error"]["Code"], answer["ResponseMetadata"]["HTTPStatusCode"], answer["Error"]["Message"]
    raise AssertionError("the call was not refused")
