"""--as, from the arguments of policy, pull and diagnose to what stands on stdout and on stderr."""

from __future__ import annotations

import json

import pytest

from labkit.cli.main import main
from labkit.diagnosis.formats import FORMATS
from labkit.pull import policies

REGISTRY, WORKLOAD = "813835382529", "592444418872"
IMAGE = f"{REGISTRY}.dkr.ecr.eu-central-1.amazonaws.com/team/app:1"
ARN = f"arn:aws:ecr:eu-central-1:{REGISTRY}:repository/team/app"
HEADS = {"cdk-typescript": "// "}
CALLERS = {"Version": "2012-10-17", "Statement": [policies.cross_account(WORKLOAD)["Statement"][0]]}


@pytest.fixture
def ask(capsys, tmp_path, monkeypatch):
    """Run ``labkit`` in a folder where policy.json admits a caller and not Lambda; answers code, output, errors."""
    monkeypatch.chdir(tmp_path)
    (tmp_path / "policy.json").write_text(json.dumps(CALLERS, indent=4))
    (tmp_path / "right.json").write_text(json.dumps(policies.same_account()))

    def run(*words: str) -> tuple[int, str, str]:
        code = main([*words])
        return code, *capsys.readouterr()

    return run


PULL = ("pull", IMAGE, "--function-account", WORKLOAD, "--repository-policy", "policy.json")


@pytest.mark.parametrize("form", FORMATS)
def test_only_the_fix_stands_on_stdout_and_the_sentence_on_stderr(ask, form):
    plain, told, _ = ask(*PULL)
    code, out, err = ask(*PULL, "--as", form)
    assert code == plain == 1
    assert told.splitlines()[0] in err
    if form != "json":
        first = f"Account {REGISTRY}, region eu-central-1: the repository policy of team/app."
        assert out.startswith(f"{HEADS.get(form, '# ')}{first} It replaces the whole policy that is there.\n")


def test_the_fix_as_json_is_the_policy_as_it_will_be(ask):
    _, out, err = ask(*PULL, "--as", "json")
    assert [each["Sid"] for each in json.loads(out)["Statement"]] == [
        "CrossAccountPermission",
        "LambdaECRImageCrossAccountRetrievalPolicy",
    ]
    assert out.startswith('{\n    "Version"')
    assert f"Account {REGISTRY}, region eu-central-1: the repository policy of team/app." in err


@pytest.mark.parametrize("form", FORMATS)
def test_where_nothing_is_to_be_changed_a_sentence_says_so_and_the_exit_code_is_as_before(ask, form):
    words = ("pull", IMAGE, "--function-account", REGISTRY, "--repository-policy", "right.json")
    code, out, err = ask(*words, "--as", form)
    assert (code, out) == (ask(*words)[0], "")
    assert err.splitlines()[-1] == "There is no change that could be written."


@pytest.mark.parametrize("form", FORMATS)
def test_a_fix_is_redacted_in_every_form_also_in_names_of_its_code(ask, form):
    _, out, err = ask(*PULL, "--as", form, "--redact")
    for secret in (REGISTRY, WORKLOAD, "team", "Team"):
        assert secret not in out + err


def test_the_expected_verdict_decides_with_a_form_too(ask):
    assert ask(*PULL, "--as", "cli", "--expect", "cannot")[0] == 0


@pytest.mark.parametrize(
    "words",
    [
        (*PULL, "--as", "yaml"),
        (*PULL, "--as", "cli", "--json"),
        ("policy", "same-account", "--as", "cli", "--repository", "arn:aws:s3:::bucket"),
        ("policy", "diagnose-reader", "--as", "cli", "--repository", "app"),
    ],
)
def test_what_cannot_be_meant_is_refused(ask, words):
    code, out, err = ask(*words)
    assert (code, out) == (2, "")
    assert err


@pytest.mark.parametrize("form", FORMATS)
def test_a_policy_is_written_for_the_repository_that_is_named(ask, form):
    code, out, err = ask("policy", "cross-account", "--account", WORKLOAD, "--as", form, "--repository", ARN)
    assert code == 0
    if form == "json":
        assert json.loads(out) == policies.cross_account(WORKLOAD)
    else:
        assert out.startswith(f"{HEADS.get(form, '# ')}Account {REGISTRY}, region eu-central-1: the repository policy")
        assert '"team/app"' in out or "--repository-name team/app" in out
        assert err == ""


def test_a_policy_for_no_repository_says_what_to_put_in(ask):
    _, out, err = ask("policy", "same-account", "--as", "terraform")
    assert 'repository = "my-repository"' in out
    assert err == "Put your repository's name for my-repository, or give --repository.\n"


def test_the_readers_policy_is_one_of_iam(ask):
    assert "aws iam create-policy " in ask("policy", "diagnose-reader", "--as", "cli")[1]
    assert (
        'resource "aws_iam_policy" "LabkitDiagnoseReader" {' in ask("policy", "diagnose-reader", "--as", "terraform")[1]
    )
    assert "AWS::IAM::ManagedPolicy" in ask("policy", "diagnose-reader", "--as", "cloudformation")[1]
