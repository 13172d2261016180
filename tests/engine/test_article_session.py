"""The article's whole terminal session with the real docker and aws, each command as the article writes it.

Different are three things, which `labkit env` and the machine decide: the registry's address stands in front of the
names that docker is told; `--provenance=false` is given where docker knows it (with buildx; without, it makes none);
and curl's port is one that docker has found free. What the article does in the console is done by the administrator's
commands.
"""

from __future__ import annotations

import os
import re
import shutil
from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from labkit.docker.daemon import Daemon
from labkit.image.build import container_stand_in as containers
from labkit.image.build.base_image import PUBLIC
from labkit.lab.article import IMAGE_FOLDER, REPOSITORIES
from labkit.pull import policies
from tests.terminal import test_article as article
from tests.terminal.terminal import TOOLS, Said, Terminal

from .conftest import BASE

REGISTRY = "813835382529.dkr.ecr.eu-central-1.amazonaws.com"
BUILD = r"""docker build . {provenance} \
-t $LAB_REGISTRY/813835382529.dkr.ecr.eu-central-1.amazonaws.com/lambda-same-account:0.0.1 \
-t $LAB_REGISTRY/813835382529.dkr.ecr.eu-central-1.amazonaws.com/lambda-another-account:0.0.1 \
-t $LAB_REGISTRY/813835382529.dkr.ecr.eu-central-1.amazonaws.com/lambda-aws-organizations:0.0.1"""
LOGIN = "aws ecr get-login-password --region eu-central-1 | docker login --username AWS --password-stdin $LAB_REGISTRY"
NAME = f"$LAB_REGISTRY/{REGISTRY}/{{}}:0.0.1"
PUSHED = re.compile(r"^0\.0\.1: digest: (sha256:[0-9a-f]{64}) size: \d+$", re.MULTILINE)
DENIED = (
    "denied: User: {who} is not authorized to perform: ecr:BatchGetImage on resource: "
    "arn:aws:ecr:eu-central-1:813835382529:repository/lambda-aws-organizations because no resource-based policy "
    "allows the ecr:BatchGetImage action\n"
)


@pytest.fixture
def awss_base(engine: Daemon, base: str) -> Iterator[None]:
    """AWS's base image under its own name; where it cannot be had, the stand-in has that name for as long."""
    if base == PUBLIC:
        yield
        return
    engine.client.images.load(containers.make(BASE, BASE))
    yield
    engine.client.images.remove(BASE, force=True)


@pytest.fixture
def open_terminal(require: Callable[..., None], home: Path, tmp_path: Path) -> Iterator[Callable[[], Terminal]]:
    """Opens terminals, in a folder with the article's two files, that have evaluated `labkit env` and nothing else."""
    for program in ("docker", "curl"):
        require("engine", shutil.which(program), f"needs {program}")
    shutil.copytree(IMAGE_FOLDER, tmp_path / "demo")
    outside = {
        "HOME": str(tmp_path),
        "LABKIT_HOME": str(home),
        "PATH": os.pathsep.join([str(TOOLS), os.defpath]),
        "PYTHONPATH": os.environ["PYTHONPATH"],
        **{name: value for name, value in os.environ.items() if name.startswith("DOCKER_")},
    }
    with ExitStack() as opened:

        def open_one() -> Terminal:
            terminal = Terminal(tmp_path / "demo", outside)
            opened.callback(terminal.close)
            terminal.succeed(terminal.succeed("labkit env"))
            return terminal

        yield open_one


@pytest.fixture
def terminal(open_terminal: Callable[[], Terminal]) -> Terminal:
    """A terminal of the registry's administrator, in which the article's image has been built and pushed."""
    return open_terminal()


@pytest.fixture
def built(terminal: Terminal, awss_base: None) -> None:
    """What the article's prerequisites do."""
    for name in REPOSITORIES:
        terminal.succeed(f"aws ecr create-repository --repository-name {name}")
    provenance = "--provenance=false" if terminal.run("docker buildx version").code == 0 else ""
    done(terminal.run(BUILD.format(provenance=provenance)))
    assert done(terminal.run(LOGIN)).out.endswith("Login Succeeded\n")


def done(said: Said) -> Said:
    """A command that must succeed; docker also warns on stderr."""
    assert said.code == 0, said
    return said


def test_the_articles_session(
    terminal: Terminal, built: None, open_terminal: Callable[[], Terminal], tmp_path: Path
) -> None:
    pushes = [done(terminal.run(f"docker push {NAME.format(name)}")).out for name in REPOSITORIES]
    digests = [found for said in pushes for found in PUSHED.findall(said)]
    assert len(digests) == 3 and len(set(digests)) == 1

    image_is_tried(terminal)
    article.test_lambda_and_repository_in_the_same_account(open_terminal(), open_terminal, tmp_path)
    article.test_lambda_and_repository_in_separate_accounts(open_terminal(), open_terminal)
    organization(open_terminal(), article.workload(open_terminal()), digests[0])


def image_is_tried(terminal: Terminal) -> None:
    container = done(terminal.run(f"docker run -d -p 0:8080 {NAME.format('lambda-same-account')}")).out.strip()
    try:
        assert re.fullmatch("[0-9a-f]{64}", container)
        port = done(terminal.run(f"docker port {container} 8080")).out.split()[0].rpartition(":")[2]
        curl = f"curl \"http://localhost:{port}/2015-03-31/functions/function/invocations\" -d '{{}}'"
        for _ in range(1000):  # who types it is slower than the emulator
            if (said := terminal.run(curl)).code == 0:
                break
        assert re.fullmatch(article.GREETING, said.out), said
    finally:
        done(terminal.run(f"docker rm --force {container}"))


def organization(administrator: Terminal, there: Terminal, digest: str) -> None:
    """The article's third scenario, in which the powerful user pulls before Lambda does."""
    image = NAME.format("lambda-aws-organizations")
    arguments = (article.WORKLOAD, "test-organizations", "lambda-aws-organizations")
    assert article.create_function(there, *arguments).error == article.REFUSED
    assert done(there.run(LOGIN)).out.endswith("Login Succeeded\n")
    said = there.run(f"docker pull {image}")
    assert said.code != 0
    assert said.error.endswith(DENIED.format(who="arn:aws:iam::592444418872:user/admin"))

    article.set_policy(administrator, "lambda-aws-organizations", policies.organization("o-lambdaecrlab"))
    lines = done(there.run(f"docker pull {image}")).out.splitlines()
    name = there.succeed(f"echo {image}").strip()
    repository = name.partition("/")[2].removesuffix(":0.0.1")
    assert lines[0] == f"0.0.1: Pulling from {repository}"
    assert f"Digest: {digest}" in lines
    assert lines[-1] == name
    article.created(article.create_function(there, *arguments))
    assert article.INVOKED.fullmatch(article.invoke(there, "test-organizations"))

    paths = policies.organization_paths("o-lambdaecrlab/*")
    article.set_policy(administrator, "lambda-aws-organizations", paths)
    article.created(article.create_function(there, article.WORKLOAD, "test-organization-paths", arguments[2]))
