"""A command is run as it stands: a program ``aws`` of the test sees it whole, and what it answers comes through."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
import textwrap

import pytest

from labkit.errors import UsageError
from labkit.remedy.command import run

IMAGE = "813835382529.dkr.ecr.eu-central-1.amazonaws.com/lambda-another-account:0.0.1"
WORDS = [
    "aws",
    "lambda",
    "create-function",
    "--function-name",
    "orders; echo $HOME `id`",
    "--code",
    f"ImageUri={IMAGE}",
]
REFUSED = (
    "An error occurred (AccessDeniedException) when calling the CreateFunction operation: "
    "Lambda does not have permission to access the ECR image. Check the ECR permissions."
)


@pytest.fixture
def environment(tmp_path):
    return {**os.environ, "PATH": f"{tmp_path / 'bin'}{os.pathsep}{os.environ['PATH']}", "AWS_PROFILE": "workload"}


@pytest.fixture
def write_aws(tmp_path):
    """Writes a program ``aws`` of the body given, first on the PATH."""

    def write(body):
        (tmp_path / "bin").mkdir(exist_ok=True)
        program = tmp_path / "bin" / "aws"
        program.write_text(f"#!{sys.executable}\n" + textwrap.dedent(body))
        program.chmod(0o755)
        return program

    return write


def test_a_refused_command_passes_through_and_is_read(write_aws, environment, capfd):
    write_aws(f"""
        import json, sys
        print(json.dumps(sys.argv[1:]))
        sys.stderr.write("\\n{REFUSED}\\n")
        sys.exit(254)
    """)
    ran = run(WORDS, environment)
    out, err = capfd.readouterr()
    assert json.loads(out) == WORDS[1:]
    assert err == f"\n{REFUSED}\n" == ran.stderr
    assert (ran.exit_code, ran.is_refused, ran.operation, ran.image) == (254, True, "create", IMAGE)
    assert (ran.profile, ran.function, ran.pasted.speaker) == ("workload", "orders; echo $HOME `id`", "lambda")


def test_a_command_that_works_is_left_alone_also_by_its_path(write_aws, environment, capfd):
    program = write_aws("print('{}')")
    ran = run([str(program), "sts", "get-caller-identity"], environment)
    assert (ran.exit_code, ran.is_refused, capfd.readouterr()) == (0, False, ("{}\n", ""))


def test_a_failure_about_something_else_is_not_diagnosed(write_aws, environment):
    write_aws("import sys; sys.exit('An error occurred (NoSuchBucket) when calling the ListObjectsV2 operation: no')")
    ran = run(["aws", "s3", "ls", "s3://x"], environment)
    assert (ran.exit_code, ran.is_refused) == (1, False)


def test_of_very_much_error_output_the_end_is_kept(write_aws, environment, capfd):
    write_aws(f"""
        import sys
        sys.stderr.write("2026-03-02 10:11:12,123 - MainThread - botocore.hooks - DEBUG - x\\n" * 60_000)
        sys.exit("{REFUSED}")
    """)
    ran = run([*WORDS, "--debug"], environment)
    assert len(capfd.readouterr().err) > 3_000_000
    assert len(ran.stderr) < 1_200_000
    assert ran.pasted.code == "AccessDeniedException"


def test_a_command_that_a_signal_ends_has_the_exit_code_of_a_shell(write_aws, environment):
    write_aws("import os, signal; os.kill(os.getpid(), signal.SIGTERM)")
    assert run(WORDS, environment).exit_code == 128 + signal.SIGTERM


def test_what_asks_us_to_end_is_passed_on_and_the_command_decides(write_aws, environment, root):
    write_aws("""
        import os, signal, sys
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(7))
        assert signal.getsignal(signal.SIGINT) is not signal.SIG_IGN
        print("ready", flush=True)
        signal.pause()
    """)
    code = "import sys; from labkit.remedy.command import run; sys.exit(run(['aws', 'lambda', 'invoke']).exit_code)"
    us = subprocess.Popen([sys.executable, "-c", code], env=environment, cwd=root, stdout=subprocess.PIPE)
    with us.stdout as out:
        assert out.readline() == b"ready\n"
        us.send_signal(signal.SIGINT)
        us.send_signal(signal.SIGTERM)
        assert us.wait(30) == 7


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "After -- stands a command of the program aws, such as: labkit diagnose -- aws lambda create-function …."),
        (["rm", "-rf", "/"], "After -- stands a command of the program aws, not 'rm'."),
        (["/tmp/nowhere/aws"], "There is no program '/tmp/nowhere/aws' here: install the AWS CLI, or give its path."),
        (["sh", "-c", "aws"], "After -- stands a command of the program aws, not 'sh'."),
        (["aws/../sh"], "After -- stands a command of the program aws, not 'aws/../sh'."),
    ],
)
def test_no_other_program_is_run(words, said):
    with pytest.raises(UsageError) as raised:
        run(words)
    assert str(raised.value) == said
