"""The actions that scenarios are made of. Each returns an action for a step, and registers how to undo what it makes.

Creations name the account of the function by its actor; the repository is always the registry account's.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from contextlib import nullcontext
from functools import partial
from typing import Any

from labkit.aws import functions, repositories, roles
from labkit.aws.propagation import patience, patience_for_a_refusal
from labkit.aws.sessions import assume
from labkit.errors import LabError
from labkit.lab.actor import Actor
from labkit.lab.article import EXECUTION_ROLE, IMAGE_FOLDER, LIMITED_ROLE, TAG
from labkit.lab.builder import BuiltImage
from labkit.lab.lab import Lab
from labkit.pull import policies
from labkit.pull.decision import PullDecision
from labkit.pull.stored_policy import same
from labkit.scenarios.model import Action, Scene

LIMITED_POLICY = "arn:aws:iam::aws:policy/AWSLambda_FullAccess"
# Seconds to ask again after a change that AWS takes a moment to spread; the embedded AWS knows it at once, unless its
# world is realistic.
PATIENCE = 60.0
_NOTHING_TO_RUN = "The image stands on the lab's stand-in, which has no interpreter: real Lambda cannot run it."


def push_image(repository: str) -> Action:
    """Makes the repository (or takes the lab's own) without a policy, and pushes the image to it."""

    def act(scene: Scene, actor: Actor) -> Mapping[str, Any]:
        ecr = actor.client("ecr")
        made = repositories.ensure(ecr, repository, scene.scenario)
        if made.made:
            scene.undo.append(partial(repositories.delete, ecr, repository))
        else:
            scene.undo.append(partial(repositories.set_policy, ecr, repository, repositories.policy(ecr, repository)))
            repositories.set_policy(ecr, repository, None)
        engine = scene.lab.engine
        pushed = engine.push(ecr, repository, TAG, scene.image, scene.progress)
        facts = {"image": f"{made.uri}:{TAG}", "digest": pushed.digest, "base": _base(scene.image)}
        return {**facts, "engine": engine.name}

    return act


def _base(image: BuiltImage) -> str:
    return f"on a stand-in for {image.base}" if image.stand_in else f"on {image.base}"


def execution_role() -> Action:
    """Makes the role that functions run as: Lambda may assume it, and it may do nothing."""
    return _role(EXECUTION_ROLE, lambda _actor: policies.lambda_trust(), ())


def limited_role() -> Action:
    """Makes the role of the article that may do everything with Lambda and nothing with ECR."""
    return _role(LIMITED_ROLE, lambda actor: policies.account_trust(actor.account), (LIMITED_POLICY,))


def _role(name: str, trust: Callable[[Actor], Mapping[str, Any]], managed: tuple[str, ...]) -> Action:
    def act(scene: Scene, actor: Actor) -> Mapping[str, Any]:
        iam = actor.client("iam")
        role = roles.ensure(iam, name, trust(actor), scene.scenario, managed)
        if role.made:
            scene.undo.append(partial(roles.delete, iam, name))
        return {"role": role.arn}

    return act


def assume_limited_role() -> Action:
    """Takes the limited role's credentials; later steps act as it under the name of the role."""

    def act(scene: Scene, actor: Actor) -> Mapping[str, Any]:
        arn = f"arn:aws:iam::{actor.account}:role/{LIMITED_ROLE}"
        scene.actors[LIMITED_ROLE] = limited = Actor.of(LIMITED_ROLE, assume(actor.session, arn, "Test", PATIENCE))
        return {"arn": limited.arn}

    return act


def push_built(repository: str, tag: str, provenance: bool, keeps: tuple[str, ...] = ()) -> Action:
    """Pushes as ``tag`` what a builder makes of the image: an index with its provenance, or one image without.

    The tag is taken away again, since the repository may have been there before; so are those which it ``keeps``,
    because ECR lets no tag go whose image is part of an index.
    """

    def act(scene: Scene, actor: Actor) -> Mapping[str, Any]:
        from labkit.scenarios.provenance import (  # what it needs of Docker is loaded for this step alone
            PushSource,
            push,
        )

        engine, ecr = scene.lab.engine, actor.client("ecr")
        source = PushSource(scene.image, TAG, IMAGE_FOLDER, scene.lab.base)
        images = [{"imageTag": each} for each in (tag, *keeps)]
        scene.undo.append(partial(ecr.batch_delete_image, repositoryName=repository, imageIds=images))
        made = push(engine, ecr, repository, tag, source, provenance=provenance, progress=scene.progress)
        found = {"index" if provenance else "digest": made.digest}
        image = scene.lab.image_uri(repository, tag)
        return {"image": image, **found, "made_by": made.by, "reason": made.sentence}

    return act


def create_function(name: str, repository: str, expect_denied: bool = False, tag: str = TAG) -> Action:
    """Creates the function from the repository's image and, where it was created, waits until it is active.

    Where it is expected to be denied, a policy that an earlier step took away is given time to be out of force.
    """

    def act(scene: Scene, actor: Actor) -> Mapping[str, Any]:
        lambda_ = actor.client("lambda")
        narrowed = expect_denied and not scene.lab.knows_at_once
        with patience_for_a_refusal(lambda_, PATIENCE) if narrowed else nullcontext():
            answer = functions.create(
                lambda_,
                name,
                f"arn:aws:iam::{actor.account}:role/{EXECUTION_ROLE}",
                scene.lab.image_uri(repository, tag),
                scene.scenario,
                functions.ARCHITECTURES[scene.image.architecture],
                PATIENCE,
                denied=expect_denied,
            )
        scene.undo.append(partial(functions.delete, lambda_, name))
        functions.wait_until_active(lambda_, name)
        return {"function": answer["FunctionArn"]}

    return act


def invoke(name: str) -> Action:
    """Invokes the function with an empty event and reports what it says.

    An error of the function is a failure, but for an image on a stand-in that real Lambda has nothing to run in.
    """

    def act(scene: Scene, actor: Actor) -> Mapping[str, Any]:
        answer = functions.invoke(actor.client("lambda"), name)
        facts = {"status": answer.status, "payload": answer.payload, "version": answer.version}
        if not answer.error:
            return facts
        if not scene.image.has_interpreter and scene.lab.choices.are_real:
            return {**facts, "function_error": answer.error, "reason": _NOTHING_TO_RUN}
        raise LabError(f"The function {name} answered with an error: {answer.payload}")

    return act


def delete_function(name: str) -> Action:
    """Deletes the function again."""

    def act(_scene: Scene, actor: Actor) -> Mapping[str, Any]:
        functions.delete(actor.client("lambda"), name)
        return {"function": name}

    return act


def set_policy(repository: str, document: Callable[[Lab], Mapping[str, Any] | None]) -> Action:
    """Replaces the repository's policy with the document for this lab; None removes the policy."""

    def act(scene: Scene, actor: Actor) -> Mapping[str, Any]:
        wanted = document(scene.lab)
        repositories.set_policy(actor.client("ecr"), repository, wanted)
        return {"policy": wanted}

    return act


def read_added_policy(repository: str) -> Action:
    """Reads the policy that Lambda has added by itself and checks that it is the one that the article found."""

    def act(_scene: Scene, actor: Actor) -> Mapping[str, Any]:
        text = repositories.policy(actor.client("ecr"), repository)
        wanted = json.loads(policies.lambda_added_policy(actor.region, actor.account))
        found = json.loads(text) if text else None
        if not same(found, wanted):
            raise LabError(f"The repository's policy is not the one that Lambda adds: {text}")
        return {"policy": found}

    return act


def pull_image(repository: str) -> Action:
    """Pulls the image as ``docker pull`` does, digests verified."""

    def act(scene: Scene, actor: Actor) -> Mapping[str, Any]:
        registry = scene.lab.registry.account
        ecr = actor.client("ecr")
        with patience(ecr, 0 if scene.lab.knows_at_once else PATIENCE):
            pulled = scene.lab.engine.pull(ecr, registry, repository, TAG, scene.progress)
        return {"image": scene.lab.image_uri(repository), "digest": pulled.digest}

    return act


def why_refused(name: str, repository: str) -> Callable[[Scene, Actor], PullDecision]:
    """Explains why Lambda could not pull for the actor: the pull question asked with what the accounts say now."""
    return lambda scene, actor: scene.lab.explain(actor.session, name, repository)
