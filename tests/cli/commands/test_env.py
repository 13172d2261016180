"""What points a terminal at the lab: the variables, and their quoting in each shell."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from labkit.cli.commands.env import SHELLS, quote_fish, quote_powershell
from labkit.ground.environment import lab_environment, lab_variables, tools_folder

HOME = Path("/labs/one")
NASTY = "it's \"$HOME\" `id` \\ ; \n é 'x'"


def test_clients_find_the_labs_own_profiles_and_registry():
    variables = lab_variables(HOME, "http://127.0.0.1:4321", {})
    assert variables["AWS_CONFIG_FILE"] == "/labs/one/aws/config"
    assert variables["AWS_SHARED_CREDENTIALS_FILE"] == "/labs/one/aws/credentials"
    assert variables["AWS_PROFILE"] == "registry"
    assert variables["LAB_REGISTRY"] == "127.0.0.1:4321"
    assert variables["LABKIT_HOME"] == "/labs/one"


@pytest.mark.parametrize(
    "name", ["AWS_ACCESS_KEY_ID", "AWS_SESSION_TOKEN", "AWS_REGION", "AWS_ENDPOINT_URL", "AWS_ENDPOINT_URL_LAMBDA"]
)
def test_what_clients_prefer_to_a_profile_is_taken_away(name):
    assert name not in lab_environment(HOME, "http://127.0.0.1:4321", {name: "x", "PATH": "/bin"})


def test_a_proxy_is_not_asked_for_the_lab():
    proxied = {"HTTP_PROXY": "http://proxy:3128", "NO_PROXY": "intranet,localhost"}
    assert lab_variables(HOME, "http://127.0.0.1:4321", proxied)["NO_PROXY"] == "intranet,localhost,127.0.0.1"
    assert "NO_PROXY" not in lab_variables(HOME, "http://127.0.0.1:4321", {})


def test_the_labs_tools_come_first_on_path():
    assert lab_environment(HOME, "http://127.0.0.1:1", {"PATH": "/bin"})["PATH"] == f"{tools_folder()}:/bin"


def evaluate(shell: str, lines: list[str], question: str) -> str:
    program = shutil.which(shell)
    if program is None:
        pytest.skip(f"{shell} is not installed")
    script = "\n".join([*lines, question])
    environment = {"PATH": "/usr/bin:/bin", "GONE": "still here"}
    done = subprocess.run([program, "-c", script], capture_output=True, env=environment, check=True)
    return done.stdout.decode()


@pytest.mark.parametrize("shell", ["sh", "bash", "zsh", "dash"])
def test_a_posix_shell_gets_exactly_the_values_that_were_meant(shell):
    lines = SHELLS["sh"].lines({"ODD": NASTY, "GONE": None}, "/the lab's/bin")
    told = evaluate(shell, [*lines, *lines], 'printf "%s|%s|%s" "$ODD" "${GONE-unset}" "$PATH"')
    assert told == f"{NASTY}|unset|/the lab's/bin:/usr/bin:/bin"


def test_fish_gets_exactly_the_values_that_were_meant():
    lines = SHELLS["fish"].lines({"ODD": NASTY, "GONE": None}, "/the lab's/bin")
    told = evaluate("fish", [*lines, *lines], 'printf "%s|%s|%s" "$ODD" (set -q GONE; echo $status) "$PATH"')
    assert told == f"{NASTY}|1|/the lab's/bin:/usr/bin:/bin"


def test_fish_quoting_escapes_the_two_special_characters():
    assert quote_fish("it's \\ $x") == "'it\\'s \\\\ $x'"


def test_powershell_quoting_doubles_every_kind_of_single_quote():
    assert quote_powershell("it's $x ‘y’") == "'it''s $x ‘‘y’’'"


def test_powershell_statements_keep_their_braces():
    lines = SHELLS["powershell"].lines({"A": "b", "C": None}, "/x")
    assert lines[0] == "$env:A = 'b'"
    assert lines[1] == "Remove-Item -ErrorAction Ignore Env:C"
    assert lines[2].endswith("{ $env:PATH = '/x' + [IO.Path]::PathSeparator + $env:PATH }")
