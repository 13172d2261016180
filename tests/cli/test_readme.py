"""The README: every command that it shows is run, and whatever else it names is there."""

from __future__ import annotations

import argparse
import configparser
import json
import os
import pty
import re
import shlex
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path

import pytest
from botocore.exceptions import ClientError

from labkit.cli.main import COMMANDS, command_parser
from labkit.embedded.process import client
from labkit.exports import EXPORTS
from labkit.ground.environment import lab_variables
from labkit.pull import policies
from labkit.scenarios import ARTICLE
from tests.embedded.services.sts.issuer import elliptic_signer
from tests.terminal.terminal import TOOLS, Terminal

ROOT = Path(__file__).resolve().parents[2]
README = (ROOT / "README.md").read_text("utf-8")
BLOCKS = [block.splitlines() for block in re.findall(r"^```sh\n(.*?)^```$", README, re.MULTILINE | re.DOTALL)]
_PROSE = re.sub(r"^```.*?^```$|<!-- floors -->.*?<!-- /floors -->", "", README, flags=re.MULTILINE | re.DOTALL)
SPANS = sorted({" ".join(span.split()) for span in re.findall(r"`([^`]+)`", _PROSE)})

COVERED = {
    "python3 -m labkit lab": (
        "tests/cli/commands/test_commands.py",
        "test_the_lab_opens_its_first_notebook_and_ctrl_c_stops_everything",
    ),
    "python3 -m labkit test": (
        "tests/cli/test_checks.py",
        "test_the_summary_has_a_row_for_every_check_and_one_failure_fails_all",
    ),
    "python3 -m labkit diagnose IMAGE_URI --function app --workload-profile dev --registry-profile shared": (
        "tests/remedy/test_collecting.py",
        "test_with_all_rights_everything_is_known",
    ),
    "python3 -m labkit diagnose --error-file deployment.log": (
        "tests/cli/commands/test_diagnose.py",
        "test_the_error_can_be_a_file_or_standard_input",
    ),
    "python3 -m labkit audit --registry-profile shared": (
        "tests/remedy/test_auditing.py",
        "test_a_registry_is_read_and_judged",
    ),
    "python3 -m labkit gallery site": (
        "tests/gallery/test_gallery.py",
        "test_the_command_writes_the_gallery_and_leaves_the_users_lab_alone",
    ),
}
"""Commands that another test runs, since they take long or do not end by themselves."""

NEEDED = ("eval ", "python3 -m labkit snapshot save")
"""What of a block has to be done before what follows in it."""

ON_REAL_ACCOUNTS = next(line for block in BLOCKS for line in block if "labkit run --registry-profile" in line)

PRINTS = {
    "python3 -m labkit pull 813835382529.dkr.ecr.eu-central-1.amazonaws.com/app:1 --function-account 813835382529 "
    "--repository-policy policy.json": ["Lambda: is let in (likely)"],
    "python3 -m labkit run": [*ARTICLE, "Lambda does not have permission to access the ECR image."],
    "python3 -m labkit run provenance": ["provenance", "as expected"],
    "python3 -m labkit down && python3 -m labkit run --in-process": [*ARTICLE, "On the embedded AWS in this process"],
    "python3 -m labkit snapshot save start": ["The snapshot start is kept: 6 accounts"],
    "python3 -m labkit snapshot list": ["start", "6 accounts"],
    "python3 -m labkit snapshot load start --yes": ["The snapshot start is loaded"],
    "python3 -m labkit snapshot delete start": ["The snapshot start is deleted."],
    "python3 -m labkit policy cross-account --account 592444418872": ["arn:aws:iam::592444418872:root"],
    "python3 -m labkit check policy.json": ["policy.json"],
    "python3 -m labkit explain --help": ["--resource-policy"],
    'eval "$(python3 -m labkit env)"': [],
    "aws lambda list-functions --profile workload": ['"Functions"'],
    "python3 -m labkit trail --denied": [],
    "python3 -m labkit up --realistic": ["The embedded AWS is up", "realistic"],
    "python3 -m labkit clock +60d": ["60 d ahead"],
    "python3 -m labkit clock now": ["The lab's clock shows"],
    "python3 -m labkit oidc add https://token.actions.githubusercontent.com jwks.json": ["The lab has 1 key"],
}
"""What a command of the README must print, besides that it succeeds."""


def command_of(line: str) -> str:
    """What is typed of a line: without its comment."""
    return line.partition("  #")[0].strip()


LINES = [(number, command_of(line)) for number, block in enumerate(BLOCKS) for line in block]


@pytest.fixture(scope="module")
def home(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The lab home of a reader, and a folder beside it."""
    path = tmp_path_factory.mktemp("readme") / "home"
    yield path
    client.stop(path)


@pytest.fixture
def outside(home: Path) -> dict[str, str]:
    """The environment of a reader who has just opened a terminal in a clone whose requirements are installed."""
    path = os.pathsep.join([str(TOOLS), os.defpath])
    own = {"HOME": str(home.parent), "LABKIT_HOME": str(home), "PATH": path}
    return {**own, "PYTHONPATH": str(ROOT), "LABKIT_NO_VENV": "1", "LABKIT_ENGINE": "embedded"}


@pytest.fixture
def terminal(request: pytest.FixtureRequest, outside: dict[str, str], tmp_path: Path) -> Iterator[Terminal]:
    """A terminal in a folder with a policy and public keys; what changes the world has a lab of its own."""
    (tmp_path / "policy.json").write_text(json.dumps(policies.same_account()))
    (tmp_path / "jwks.json").write_text(json.dumps({"keys": [elliptic_signer("readme").public]}))
    alone = {"LABKIT_HOME": str(tmp_path / "home"), "LABKIT_RUN_AS": "in-process"}
    changes = re.search(" (snapshot|clock|oidc) | --realistic", request.node.name)
    opened = Terminal(tmp_path, {**outside, **(alone if changes else {})})
    yield opened
    opened.close()
    client.stop(tmp_path / "home")


@pytest.mark.parametrize(
    ("block", "command"), [line for line in LINES if line[1] not in {*COVERED, ON_REAL_ACCOUNTS}], ids=lambda part: part
)
def test_every_command_of_the_readme_does_what_it_says(terminal, block, command):
    for number, earlier in LINES[: LINES.index((block, command))]:
        if number == block and earlier.startswith(NEEDED):
            terminal.succeed(earlier)
    said = terminal.run(command)
    assert said.code == 0, said
    words = " ".join(said.out.split())
    assert [text for text in PRINTS[command] if text not in words] == []


@pytest.mark.parametrize(("command", "test"), COVERED.items(), ids=COVERED)
def test_a_command_that_is_not_run_here_is_run_by_another_test(terminal, command, test):
    assert command in [line for _, line in LINES]
    file, name = test
    assert re.search(rf"^ *def {name}\(", (ROOT / file).read_text("utf-8"), re.MULTILINE)
    assert "usage: labkit" in terminal.succeed(f"{command} --help")
    assert_it_is_understood(command)


def test_the_command_for_ones_own_accounts_plays_on_profiles_once_it_was_agreed_to(home, outside, tmp_path):
    names = {"registry": "shared", "workload": "dev", "management": "org"}
    assert set(names.values()) == set(re.findall(r"-profile (\w+)", ON_REAL_ACCOUNTS))
    own = known_as(client.ensure(home).home, names, tmp_path)
    # Nothing can be pulled from public.ecr.aws here, so the image stands on the lab's stand-in for AWS's base.
    command = shlex.split(f"{ON_REAL_ACCOUNTS} --base stand-in")
    keyboard, terminal = pty.openpty()
    os.write(keyboard, b"y\n")
    done = subprocess.run(
        command,
        cwd=tmp_path,
        env={**outside, **own, "LABKIT_HOME": str(tmp_path / "not-used")},
        stdin=terminal,
        capture_output=True,
        text=True,
        timeout=600,
    )
    os.close(keyboard)
    os.close(terminal)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "This creates and removes" in done.stdout
    assert all(name in done.stdout for name in ARTICLE)
    assert not (tmp_path / "not-used").exists()


def known_as(home: Path, names: dict[str, str], folder: Path) -> dict[str, str]:
    """AWS config files in which profiles of the embedded AWS of ``home`` have other names, as environment variables."""
    variables = {"config": "AWS_CONFIG_FILE", "credentials": "AWS_SHARED_CREDENTIALS_FILE"}
    for file in variables:
        theirs, ours = configparser.ConfigParser(), configparser.ConfigParser()
        theirs.read(home / "aws" / file)
        for section in theirs.sections():
            prefix, _, profile = section.rpartition(" ")
            if profile in names:
                ours[f"{prefix} {names[profile]}".strip()] = theirs[section]
        with (folder / file).open("w") as written:
            ours.write(written)
    return {variable: str(folder / file) for file, variable in variables.items()}


def test_the_sentence_that_the_readme_begins_with_is_the_one_that_is_answered(terminal):
    shown = " ".join(re.search(r"^> (.*?)\n\n", README, re.MULTILINE | re.DOTALL)[1].replace("\n>", "").split())
    [played] = json.loads(terminal.run("python3 -m labkit run cross-account --json").out)
    errors = [step["error"] for step in played["steps"] if step["outcome"] == "denied"]
    texts = [
        str(ClientError({"Error": {"Code": each["code"], "Message": each["message"]}}, "CreateFunction"))
        for each in errors
    ]
    assert shown in texts


def test_the_table_of_commands_has_every_command():
    rows = re.findall(r"^\| (`[a-z-]+`(?:, `[a-z-]+`)*) \|", _PROSE, re.MULTILINE)
    assert sorted(re.findall(r"`([a-z-]+)`", "".join(rows))) == sorted(command.name for command in COMMANDS)


# What stands in the prose between backticks

OF_OTHERS = {
    "docker login": "Docker's",
    "push": "Docker's",
    "pull": "Docker's",
    "iam:PassRole": "an action of IAM",
    "LookupEvents": "an operation of CloudTrail",
    "sam deploy": "a command of SAM",
    "cdk deploy": "a command of the CDK",
    "aws ecr get-repository-policy": "a command of the aws CLI",
    "public.ecr.aws/lambda/python:3.12": "AWS's base image",
    "labkit": "the tag, and the package",
    "~/.aws": "the reader's own files",
    "pip install .": "pip's; tests/test_wheel.py installs the wheel",
    "pip install '.[live]'": "pip's",
    "pip install '.[lab]'": "pip's",
    "$LABKIT_HOME": "the reader's choice",
    "~/.local/state/labkit": "made by the first start of an installed labkit",
    ".venv": "made by the first start",
    ".labkit": "made by the first start",
    ".labkit/embedded/server.log": "made by the first start",
    ".labkit/embedded/state.sqlite3": "made by the first start",
}
"""What is nobody's promise here, and whose it is."""


def assert_it_is_understood(command: str) -> None:
    """The words after ``labkit`` are a command and arguments that its parser takes."""
    words = shlex.split(command.partition("labkit ")[2])
    by_name = {each.name: each for each in COMMANDS}
    command_parser(by_name[words[0]]).parse_args(words[1:])


def options() -> dict[str, list[argparse.Action]]:
    """Every option of every command, by its name."""
    found: dict[str, list[argparse.Action]] = {}
    for each in COMMANDS:
        for action in command_parser(each)._actions:
            for name in action.option_strings:
                found.setdefault(name, []).append(action)
    return found


def assert_it_is_there(span: str) -> None:
    """Whatever the README names is something that exists, by the kind that its form tells."""
    inner = re.sub(r'^eval "\$\((.*)\)"$', r"\1", span)
    words = span.split()
    if inner.startswith(("labkit ", "python3 -m labkit ")):
        assert_it_is_understood(inner)
    elif span.startswith("--"):
        actions = options()[words[0]]
        assert not words[1:] or any(words[1] in (*(each.choices or ()), each.metavar) for each in actions)
    elif span == "-k WORD":
        assert subprocess.run([sys.executable, "-m", "pytest", *words, "--version"], capture_output=True).stderr == b""
    elif re.fullmatch(r"\.venv/bin/python -m pytest .*|python \S+\.py", span):
        assert all((ROOT / word).exists() for word in words if "/" in word and not word.startswith(".venv"))
    elif re.fullmatch(r"\$[A-Z_]+", span):
        assert span[1:] in lab_variables(Path("/home"), "http://127.0.0.1:1")
    elif re.fullmatch(r"[A-Z_]+=\S+", span):
        name = span.partition("=")[0]
        assert any(f'"{name}"' in path.read_text("utf-8") for path in (ROOT / "labkit").rglob("*.py"))
    elif re.fullmatch(r"labkit(\.\w+)+", span):
        assert span.removeprefix("labkit.") in EXPORTS or find_spec(span)
    elif re.fullmatch(r"[a-z-]+", span) and span in {each.name for each in COMMANDS}:
        pass
    else:
        assert (ROOT / span).exists()


@pytest.mark.parametrize("span", SPANS)
def test_whatever_the_readme_names_is_there(span):
    if span not in OF_OTHERS:
        assert_it_is_there(span)


def test_what_is_named_as_others_still_stands_in_the_readme():
    assert OF_OTHERS.keys() <= set(SPANS)


def test_the_readme_shows_no_python_that_is_not_run():
    assert re.findall(r"^```(\w*)$", README, re.MULTILINE) == ["sh", ""] * len(BLOCKS)
