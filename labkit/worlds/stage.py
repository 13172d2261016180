"""A world in a lab: built step by step, and what it asks of Lambda really asked.

Only labs on the embedded AWS have stages: some steps are the lab's own.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from typing import Any, NamedTuple

import boto3
from botocore.exceptions import ClientError

import labkit.embedded.process.client as embedded
from labkit.aws import functions, sessions
from labkit.diagnosis.facts import CREATE, UPDATE
from labkit.lab.lab import Lab
from labkit.pull import policies
from labkit.pull.function import FunctionRef
from labkit.worlds import images
from labkit.worlds.model import LAB, Json, Step, World
from labkit.worlds.names import SESSION, filled, names_in

_RESTORING = "CodeArtifactUserPendingException"
_REQUEST = re.compile(r"RequestId: \S+ Error: ")


class Outcome(NamedTuple):
    """What came of asking: AWS's text where it failed (else empty), and whether Lambda had got the image."""

    text: str
    pulled: bool


class Stage:
    """A world in a lab. ``names`` are its placeholders, which steps may add to."""

    def __init__(self, lab: Lab, world: World) -> None:
        self.lab = lab
        self.world = world
        self.names = names_in(lab, world.asked)
        self._sessions: dict[str, boto3.Session] = {}

    def build(self) -> None:
        """Do all steps. Raises ClientError, and LookupError for a call that should have been refused."""
        for step in self.world.built:
            self._do(step)

    def filled(self, value: Any) -> Any:
        """A text or document of the world with its placeholders filled."""
        return filled(value, self.names)

    @property
    def function(self) -> FunctionRef:
        """The function that is asked about."""
        return FunctionRef(self.names["account"], self.names["region"], self.world.asked.function)

    def session(self, who: str, policy: Json | None = None) -> boto3.Session:
        """The session of an account's administrator, or of a role there, with a session policy."""
        profile, _, role = who.partition("/")
        actor = self.lab.actor(profile)
        if actor is None:
            raise LookupError(f"The lab has no profile {profile}.")
        if not role:
            return actor.session
        if who not in self._sessions:
            arn = f"arn:aws:iam::{actor.account}:role/{role}"
            limit = None if policy is None else self.filled(policy)
            self._sessions[who] = sessions.assume(actor.session, arn, SESSION, policy=limit)
        return self._sessions[who]

    def client(self, who: str, service: str, region: str = "") -> Any:
        """A client of one who acts, in the lab's region unless another is given."""
        session = self.session(who)
        if region and region != session.region_name:
            return session.client(service, region_name=region)
        return sessions.client(session, service)

    def _do(self, step: Step) -> None:
        parameters = self.filled(step.parameters)
        call = self._lab_call(step) if step.service == LAB else self._call(step)
        try:
            answer = call(**parameters)
        except ClientError as error:
            if error.response["Error"]["Code"] != step.refused:
                raise
            return
        if step.refused:
            raise LookupError(f"{step.operation} should have been refused with {step.refused}.")
        self.names |= {name: _member(answer, path) for name, path in step.keeps.items()}
        if step.until:
            functions.wait_until_active(self.client(step.who, step.service), parameters["FunctionName"])

    def _call(self, step: Step) -> Callable[..., Mapping[str, Any]]:
        operation: Callable[..., Mapping[str, Any]] = getattr(
            self.client(step.who, step.service, step.region), step.operation
        )
        return operation

    def _lab_call(self, step: Step) -> Callable[..., Mapping[str, Any]]:
        def push(repository: str, tag: str, kind: str, region: str) -> Mapping[str, str]:
            return {"digest": images.push(self.client(step.who, "ecr", region), repository, tag, kind)}

        def clock(by: str) -> Mapping[str, str]:
            self.lab.move_clock(by)
            return {}

        def replicate(to: str, region: str) -> Mapping[str, str]:
            return {"uri": self.lab.replicate(self.names["repository"], to, region)}

        def endpoint(service: str, policy: str) -> Mapping[str, str]:
            self.lab.let_through(step.who, policy, service=service)
            return {}

        def takes_time(realistic: bool) -> Mapping[str, str]:
            embedded.let_time_pass(self.lab.home, realistic)
            return {}

        calls: dict[str, Callable[..., Mapping[str, str]]] = {
            "push": push,
            "clock": clock,
            "replicate": replicate,
            "endpoint": endpoint,
            "takes_time": takes_time,
        }
        return calls[step.operation]

    # -- What is asked -------------------------------------------------------------------------------------------------

    def attempt(self) -> Outcome:
        """Ask Lambda for what the world asks, and invoke the function; one that is created stays."""
        refused = self.ask()
        return Outcome(refused, pulled=False) if refused else self.invoke()

    def ask(self) -> str:
        """Ask Lambda for what the world asks: AWS's text where that is refused, else empty."""
        asked, name = self.world.asked, self.world.asked.function
        self.session(asked.caller, asked.session)
        lambda_ = self.client(asked.caller, "lambda", asked.region)
        try:
            if asked.operation == CREATE:
                lambda_.create_function(
                    FunctionName=name,
                    Role=self.filled(asked.role),
                    PackageType="Image",
                    Code={"ImageUri": self.filled(asked.image)},
                    Architectures=[asked.architecture],
                )
            elif asked.operation == UPDATE:
                lambda_.update_function_code(FunctionName=name, ImageUri=self.filled(asked.image))
        except ClientError as error:
            return str(error)
        return ""

    def invoke(self) -> Outcome:
        """Invoke the function, once it is not Pending any more."""
        lambda_, name = self._owners_lambda, self.world.asked.function
        functions.wait_until_settled(lambda_, name)
        try:
            answer = functions.invoke(lambda_, name)
        except ClientError as error:
            return Outcome(str(error), pulled=error.response["Error"]["Code"] == _RESTORING)
        return Outcome(_error_of(answer), pulled=True)

    @property
    def profile(self) -> str:
        """The profile of the function's account."""
        return self.world.asked.caller.partition("/")[0]

    @property
    def _owners_lambda(self) -> Any:
        return self.client(self.profile, "lambda", self.world.asked.region)

    def forget(self) -> None:
        """Delete the function that was asked for, where it is there."""
        lambda_ = self._owners_lambda
        if functions.find(lambda_, self.world.asked.function):
            lambda_.delete_function(FunctionName=self.world.asked.function)

    def stranger_gets_in(self) -> bool:
        """Whether a function of the stranger's account can be created from the image."""
        lambda_ = self.client(self.world.stranger, "lambda", self.world.asked.region)
        role = self._strange_role()
        try:
            lambda_.create_function(
                FunctionName="stranger", Role=role, PackageType="Image", Code={"ImageUri": self.names["image"]}
            )
        except ClientError as error:
            if error.response["Error"]["Code"] not in ("AccessDeniedException", "InvalidParameterValueException"):
                raise
            return False
        lambda_.delete_function(FunctionName="stranger")
        return True

    def _strange_role(self) -> str:
        iam = self.client(self.world.stranger, "iam")
        document = filled(Json(policies.lambda_trust()), {})
        try:
            return str(iam.create_role(RoleName="strange", AssumeRolePolicyDocument=document)["Role"]["Arn"])
        except iam.exceptions.EntityAlreadyExistsException:
            return str(iam.get_role(RoleName="strange")["Role"]["Arn"])


def _error_of(answer: functions.Invocation) -> str:
    """What a function's error says, without the number of the request."""
    if not answer.error:
        return ""
    return f"{answer.payload.get('errorType')}: {_REQUEST.sub('', answer.payload.get('errorMessage', ''))}"


def _member(answer: Any, path: str) -> str:
    for name in path.split("."):
        answer = answer[int(name)] if name.isdigit() else answer[name]
    return str(answer)
