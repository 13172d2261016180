"""What a command loads: in a terminal never the drawing for notebooks, and for decisions the standard library alone."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Iterator
from importlib.metadata import packages_distributions
from pathlib import Path

import pytest

from labkit.cli.installation.requirements import wanted
from labkit.cli.table import COMMANDS, LIVE_IF_THERE
from labkit.embedded.process import client
from labkit.ground import project
from labkit.pull import policies

PROGRAM = """
import sys
from labkit.cli.main import main
code = main(sys.argv[2:])
with open(sys.argv[1], "w") as file:
    file.write("\\n".join(sys.modules))
sys.exit(code)
"""
POLICY = json.dumps(policies.same_account())
CASE = json.dumps(
    {
        "request": {
            "principal": {"Service": "lambda.amazonaws.com"},
            "action": "ecr:BatchGetImage",
            "resource": "arn:aws:ecr:eu-central-1:813835382529:repository/lambda-same-account",
        },
        "policies": {"resource": policies.same_account()},
    }
)
REQUEST = ("--principal", "lambda.amazonaws.com", "--action", "ecr:BatchGetImage", "--resource")
ARN = "arn:aws:ecr:eu-central-1:813835382529:repository/lambda-same-account"


ANSWER = json.dumps({"registryId": "813835382529", "repositoryName": "app", "policyText": POLICY})
REGISTRY = ("--registry-account", "813835382529", "--region", "eu-central-1")


def write_inputs(folder: Path) -> None:
    """A policy, a case, and a folder with an answer of AWS's."""
    (folder / "policy.json").write_text(POLICY)
    (folder / "case.json").write_text(CASE)
    (folder / "answers").mkdir(exist_ok=True)
    (folder / "answers" / "policy.json").write_text(ANSWER)


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """A lab home with a running embedded AWS."""
    path = tmp_path_factory.mktemp("loading") / "home"
    client.ensure(path)
    yield path
    client.stop(path)


@pytest.fixture
def loaded(tmp_path: Path, root: Path, home: Path):
    """Runs a command in a process of its own and returns the names of the modules that it has loaded at its end."""

    def run(*argv: str, code: int | set[int] = 0, **environment: str) -> set[str]:
        write_inputs(tmp_path)
        done = subprocess.run(
            [sys.executable, "-c", PROGRAM, str(tmp_path / "modules"), *argv],
            cwd=tmp_path,
            env={**os.environ, "LABKIT_HOME": str(home), "PYTHONPATH": str(root), **environment},
            capture_output=True,
            text=True,
            timeout=300,
        )
        assert done.returncode in ({code} if isinstance(code, int) else code), done.stderr
        return set((tmp_path / "modules").read_text().split())

    return run


def of(package: str, modules: set[str]) -> list[str]:
    """The modules of a package that are among those loaded."""
    return sorted(name for name in modules if name == package or name.startswith(f"{package}."))


IMAGE = "813835382529.dkr.ecr.eu-central-1.amazonaws.com/lambda-same-account:0.0.1"
FUNCTION = ("--function", "arn:aws:lambda:eu-central-1:592444418872:function:f")

DECIDING = {
    "evaluate": ("evaluate", "case.json"),
    "explain": ("explain", *REQUEST, ARN, "--resource-policy", "policy.json"),
    "check": ("check", "policy.json"),
    "policy": ("policy", "same-account"),
    "audit": ("audit", "--offline", "answers", *REGISTRY, "--html", "page.html", "--redact"),
    "pull": ("pull", IMAGE, "--function-account", "813835382529", "--repository-policy", "policy.json"),
    "diagnose": ("diagnose", IMAGE, *FUNCTION, "--offline", "answers", "--expect", "unknown"),
}
EVERY_TERMINAL = {
    **DECIDING,
    "status": ("status",),
    "env": ("env",),
    "run": ("run", "cross-account", "--engine", "embedded"),
    "run as JSON": ("run", "same-account", "--engine", "embedded", "--json"),
}


@pytest.mark.parametrize("argv", EVERY_TERMINAL.values(), ids=EVERY_TERMINAL)
def test_a_command_in_a_terminal_never_loads_what_is_for_notebooks(loaded, argv):
    modules = loaded(*argv)
    assert of("labkit.show", modules) == []
    assert of("IPython", modules) == of("ipywidgets", modules) == []
    assert of("labkit.cli.jupyter", modules) == of("jupyter_client", modules) == []


@pytest.mark.parametrize("argv", DECIDING.values(), ids=DECIDING)
def test_what_decides_on_files_asks_neither_boto3_nor_an_embedded_aws(loaded, argv):
    modules = loaded(*argv)
    for package in ("boto3", "rich", "labkit.aws", "labkit.embedded", "labkit.lab", "labkit.scenarios"):
        assert of(package, modules) == [], package


@pytest.mark.parametrize("argv", DECIDING.values(), ids=DECIDING)
def test_what_decides_on_files_answers_alike_with_the_standard_library_alone(tmp_path, root, argv):
    """``-S`` leaves out what is installed."""
    write_inputs(tmp_path)
    alone = (
        f"import sys; sys.path.insert(0, {str(root)!r})\nfrom labkit.bootstrap import main; sys.exit(main({argv!r}))"
    )
    with_all = [sys.executable, "-m", "labkit", *argv]
    bare, full = (
        subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, timeout=60)
        for command in ([sys.executable, "-I", "-S", "-c", alone], with_all)
    )
    assert (bare.returncode, bare.stderr) == (0, "")
    assert bare.stdout == full.stdout


WRONG = {
    "a file that is not there": ("check", "missing.json"),
    "a file that is no case": ("evaluate", "policy.json"),
    "no ARN": ("explain", *REQUEST, "nonsense"),
    "an unknown kind": ("policy", "nonsense"),
    "an option that is not there": ("check", "--nonsense", "policy.json"),
}


@pytest.mark.parametrize("argv", WRONG.values(), ids=WRONG)
def test_what_is_wrong_with_the_input_is_said_without_boto3(loaded, argv):
    modules = loaded(*argv, code=2)
    for package in ("boto3", "botocore", "rich", "labkit.aws"):
        assert of(package, modules) == [], package


PROFILES = ("--registry-profile", "registry")
READING = {
    "diagnose": ("diagnose", IMAGE, *FUNCTION, *PROFILES, "--expect", "unknown"),
    "undo": ("undo", *PROFILES),
    "collect": ("collect", "collected", *FUNCTION, *PROFILES),
    "audit": ("audit", *PROFILES),
}
"""Every command that reads accounts, on the lab's."""


@pytest.mark.parametrize("name", [row.name for row in COMMANDS if row.needs in (project.LIVE, LIVE_IF_THERE)])
def test_what_reads_accounts_needs_boto3_and_nothing_else_of_the_lab(loaded, home, name):
    """So it runs where ``labkit[live]`` is installed, and a first start for it takes seconds."""
    live, lab = ({line.partition("==")[0] for line in wanted(lock)} for lock in (project.LIVE, project.LAB))
    places = {"AWS_CONFIG_FILE": home / "aws" / "config", "AWS_SHARED_CREDENTIALS_FILE": home / "aws" / "credentials"}
    modules = loaded(*READING[name], code={0, 1, 3}, **{variable: str(path) for variable, path in places.items()})
    of_lab = {top for top, owners in packages_distributions().items() if {*map(str.lower, owners)} & (lab - live)}
    assert "boto3" in modules
    assert {module.partition(".")[0] for module in modules} & of_lab <= {"certifi"}  # botocore takes it where it is


def test_pages_are_drawn_only_where_they_are_asked_for(loaded):
    assert of("labkit.gallery.played", loaded("run", "same-account", "--engine", "embedded")) == []
    assert of("labkit.gallery.played", loaded("run", "same-account", "--engine", "embedded", "--html", "pages"))


def test_the_server_loads_neither_its_client_nor_anything_above_it(home: Path):
    place = "labkit.embedded.__main__"
    program = f"import sys, importlib; importlib.import_module({place!r}); print('\\n'.join(sys.modules))"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, timeout=60)
    modules = set(done.stdout.split())
    for package in ("labkit.lab", "labkit.scenarios", "labkit.show", "labkit.cli", "labkit.aws", "IPython"):
        assert of(package, modules) == [], package


STANDARD_LIBRARY_ALONE = """
import sys
sys.path.insert(0, sys.argv[1])
import labkit.bootstrap
begun = set(sys.modules)
from importlib import import_module
import labkit.cli.installation
from labkit.cli.main import COMMANDS, main
for command in COMMANDS:
    import_module(command.module)
    main([command.name, "--help"])
print("pathlib" in begun, *sorted(name for name in begun if name.startswith("labkit")))
"""


def test_before_anything_is_installed_the_door_and_every_help_are_there(root: Path):
    """``-S`` leaves out what is installed; what the door itself loads is little, since every start loads that."""
    program = [sys.executable, "-I", "-S", "-c", STANDARD_LIBRARY_ALONE, str(root)]
    done = subprocess.run(program, capture_output=True, text=True, timeout=60)
    assert done.returncode == 0, done.stderr
    begun = done.stdout.splitlines()[-1]
    assert begun == "False labkit labkit.bootstrap labkit.exports labkit.ground labkit.ground.project"
