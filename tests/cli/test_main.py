"""The command line: help, wrong usage, and what becomes of everything that can go wrong."""

from __future__ import annotations

import os
import subprocess
import sys
import types

import botocore.exceptions
import pytest

from labkit.cli import main
from labkit.errors import EmbeddedError, PolicyError
from labkit.ground import VERSION


@pytest.fixture
def command(monkeypatch):
    """Puts a command `try` into the table, which does what the test says."""

    def install(run, add_arguments=lambda parser: None):
        module = types.ModuleType("labkit_try", "Try something.")
        module.run, module.add_arguments = run, add_arguments
        monkeypatch.setitem(sys.modules, "labkit_try", module)
        monkeypatch.setattr(main, "COMMANDS", (main.Command("try", "labkit_try", "try something"),))

    return install


def raising(error):
    def run(args):
        raise error

    return run


def test_without_a_command_the_table_of_commands_is_shown(capsys):
    assert main.main([]) == 0
    out = capsys.readouterr().out
    assert all(command.name in out for command in main.COMMANDS)


def test_the_version_is_told(capsys):
    assert main.main(["--version"]) == 0
    assert capsys.readouterr().out == f"labkit {VERSION}\n"


@pytest.mark.parametrize("command", main.COMMANDS, ids=lambda command: command.name)
def test_the_help_of_every_command_explains_it_with_an_example(command, capsys):
    assert main.main([command.name, "--help"]) == 0
    out = capsys.readouterr().out
    assert f"labkit {command.name}" in out.partition("\n\n")[2], "an example is missing"
    assert "--home" in out


def test_an_unknown_command_is_one_sentence_with_the_nearest_one(capsys):
    assert main.main(["statsu"]) == 2
    assert capsys.readouterr().err == (
        "labkit: there is no command 'statsu' (did you mean status?); see labkit --help\n"
    )


def test_an_unknown_argument_is_one_sentence(command, capsys):
    command(lambda args: 0)
    assert main.main(["try", "--wrong", "x"]) == 2
    assert capsys.readouterr().err == "labkit try: it does not take --wrong x; see labkit try --help\n"


def test_a_command_that_hands_arguments_on_gets_what_it_does_not_know(command):
    seen = []
    command(lambda args: seen.extend(args.more) or 0, lambda parser: parser.set_defaults(more=[]))
    assert main.main(["try", "-k", "pull", "tests"]) == 0
    assert seen == ["-k", "pull", "tests"]


@pytest.mark.parametrize("argv", [["--home", "somewhere", "try"], ["try", "--home", "somewhere"]])
def test_the_home_may_stand_before_or_after_the_command(command, argv, monkeypatch, tmp_path):
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("LABKIT_HOME", "/elsewhere")
    command(lambda args: 0)
    assert main.main(argv) == 0
    assert os.environ["LABKIT_HOME"] == str(tmp_path / "somewhere")


def test_the_answer_of_a_command_is_the_exit_code(command):
    command(lambda args: 1)
    assert main.main(["try"]) == 1


def client_error(code):
    return botocore.exceptions.ClientError({"Error": {"Code": code, "Message": "No."}}, "CreateFunction")


@pytest.mark.parametrize(
    ("error", "code", "said"),
    [
        (EmbeddedError("It is broken; repair it."), 1, "labkit: It is broken; repair it."),
        (PolicyError("Line 3 is no policy."), 2, "labkit: Line 3 is no policy."),
        (client_error("AccessDeniedException"), 1, "An error occurred (AccessDeniedException)"),
        (client_error("ExpiredToken"), 1, "the AWS credentials have expired"),
        (botocore.exceptions.NoCredentialsError(), 1, "no AWS credentials were found"),
        (botocore.exceptions.ProfileNotFound(profile="nobody"), 2, "(nobody) could not be found"),
        (botocore.exceptions.EndpointConnectionError(endpoint_url="http://127.0.0.1:1"), 1, "labkit up"),
        (botocore.exceptions.ConnectTimeoutError(endpoint_url="http://127.0.0.1:1"), 1, "labkit up"),
        (botocore.exceptions.NoRegionError(), 2, "no AWS region is set"),
        (botocore.exceptions.ParamValidationError(report="x"), 1, "Parameter validation failed"),
        (ModuleNotFoundError("No module named 'rich'", name="rich"), 1, "requirements.txt"),
        (FileNotFoundError(2, "No such file or directory", "policy.json"), 1, "policy.json: No such file"),
        (KeyError("x"), 1, "LABKIT_DEBUG=1"),
        (KeyboardInterrupt(), 130, "labkit: interrupted"),
    ],
    ids=lambda value: type(value).__name__ if isinstance(value, BaseException) else "",
)
def test_whatever_goes_wrong_is_one_sentence_and_an_exit_code(command, capsys, error, code, said):
    command(raising(error))
    assert main.main(["try"]) == code
    err = capsys.readouterr().err
    assert said in err
    assert "Traceback" not in err


def test_the_traceback_is_shown_on_request(command, capsys, monkeypatch):
    monkeypatch.setenv("LABKIT_DEBUG", "1")
    command(raising(KeyError("x")))
    assert main.main(["try"]) == 1
    assert "Traceback" in capsys.readouterr().err


def test_a_character_that_the_output_cannot_have_is_printed_as_its_escape(root):
    program = "from labkit.cli import main; import sys; sys.exit(main.main(['no-such-\u2713']))"
    environment = {**os.environ, "PYTHONIOENCODING": "ascii"}
    done = subprocess.run([sys.executable, "-c", program], cwd=root, env=environment, capture_output=True, text=True)
    assert (done.returncode, "Traceback" in done.stderr) == (2, False)
    assert "u2713" in done.stderr


def test_a_reader_that_goes_away_is_no_error(root):
    program = "from labkit.cli import main; import sys; sys.exit(main.main(['--help']))"
    environment = {name: value for name, value in os.environ.items() if name != "PYTHONUNBUFFERED"}
    reading, writing = os.pipe()
    os.close(reading)
    done = subprocess.run(
        [sys.executable, "-c", program], cwd=root, env=environment, stdout=writing, stderr=subprocess.PIPE, text=True
    )
    os.close(writing)
    assert done.returncode == 1
    assert done.stderr == ""
