"""labkit diagnose and labkit collect, from their arguments to what they print and exit with."""

from __future__ import annotations

import io
import json
import os
import shlex
import stat
import sys

import boto3
import pytest

import labkit
from labkit.cli.main import main
from labkit.embedded.process import client
from labkit.embedded.process.here import IN_PROCESS
from labkit.errors import UsageError
from labkit.lab.choices import Choices
from labkit.lab.lab import Lab
from labkit.pull import policies

REGISTRY, WORKLOAD = "813835382529", "592444418872"
IMAGE = f"{REGISTRY}.dkr.ecr.eu-central-1.amazonaws.com/app:1"
FUNCTION, CALLER = f"arn:aws:lambda:eu-central-1:{WORKLOAD}:function:f", f"arn:aws:iam::{WORKLOAD}:role/Deployer"
REFUSED = (
    "An error occurred (AccessDeniedException) when calling the CreateFunction operation: Lambda does not have "
    "permission to access the ECR image. Check the ECR permissions."
)
NOT_PASSED = (
    "An error occurred (AccessDeniedException) when calling the CreateFunction operation: User: "
    "arn:aws:sts::592444418872:assumed-role/Deployer/ci is not authorized to perform: iam:PassRole on resource: "
    "arn:aws:iam::592444418872:role/lambda-role because no identity-based policy allows the iam:PassRole action"
)
NOT_SUPPORTED = (
    "An error occurred (InvalidParameterValueException) when calling the CreateFunction operation: The image manifest, "
    f"config or layer media type for the source image {IMAGE} is not supported."
)
OTHER_PULLER = "Access denied while validating ECR URI. The execution role requires permissions for ecr:BatchGetImage."


@pytest.fixture
def ask(capsys, tmp_path, monkeypatch):
    """Run a command line in a folder of its own; answers exit code, output and errors."""
    monkeypatch.chdir(tmp_path)

    def run(line: str) -> tuple[int, str, str]:
        code = main(shlex.split(line))
        return code, *capsys.readouterr()

    return run


@pytest.fixture
def evidence(tmp_path):
    """A folder in which somebody saved the repository's policy."""
    (tmp_path / "evidence").mkdir()
    raw = {"registryId": REGISTRY, "repositoryName": "app", "policyText": json.dumps(policies.same_account())}
    (tmp_path / "evidence" / "policy.json").write_text(json.dumps(raw), "utf-8")
    return "evidence"


@pytest.fixture
def lab(tmp_path, environment):
    """A lab in this process with a repository without a policy; its home is the lab home."""
    home = tmp_path / "home"
    os.environ["LABKIT_HOME"] = str(home)
    made = Lab.embedded(home, Choices(run_as=IN_PROCESS))
    made.registry.client("ecr").create_repository(repositoryName="app")
    yield made
    client.stop(home)


class TestWithoutAccounts:
    def test_a_folder_answers(self, ask, evidence):
        code, out, err = ask(f"diagnose {IMAGE} --account {REGISTRY} --offline {evidence} --json")
        assert (code, err) == (0, "")
        assert json.loads(out)["verdict"] == "can"

    def test_a_pasted_error_says_what_it_does_not_say(self, ask):
        code, out, err = ask(f"diagnose {IMAGE} --error {shlex.quote(REFUSED)}")
        assert code == 3
        assert "for which account Lambda would pull" in out
        assert "the text does not say the function, or the account that it is to be in (--function" in err
        assert "IMAGE_URI" not in err

    def test_a_text_that_lacks_the_image_is_told_in_short(self, ask):
        code, out, err = ask(f"diagnose --error {shlex.quote(NOT_PASSED)}")
        assert (code, out) == (2, "")
        assert "that fits pass-role: the caller is not allowed to pass the execution role" in err
        assert err.count("IMAGE_URI") == 1
        assert "arn:" not in ask(f"diagnose --redact --error {shlex.quote(NOT_PASSED)}")[2]

    def test_what_a_text_says_of_the_image_is_possible(self, ask):
        code, out, err = ask(f"diagnose --error {shlex.quote(NOT_SUPPORTED)} --json")
        assert code == 3
        assert [(each["id"], each["certainty"]) for each in json.loads(out)["causes"]] == [
            ("image-index", "possible"),
            ("image-format", "possible"),
        ]
        assert "fits" not in err

    def test_a_person_at_the_terminal_is_asked(self, ask, monkeypatch):
        class Terminal(io.StringIO):
            def isatty(self):
                return True

        monkeypatch.setattr(sys, "stdin", Terminal(f"{REGISTRY}\n\n\n\n"))
        monkeypatch.setattr(sys.stderr, "isatty", lambda: True, raising=False)
        out, err = ask(f"diagnose {IMAGE} --error {shlex.quote(REFUSED)} --repository-policy none --json")[1:]
        assert json.loads(out)["question"]["function"].startswith(f"arn:aws:lambda:eu-central-1:{REGISTRY}:function:")
        assert "Enter where you do not know" in err

    def test_the_error_can_be_a_file_or_standard_input(self, ask, tmp_path, monkeypatch):
        (tmp_path / "log").write_text(REFUSED, "utf-8")
        line = f"diagnose {IMAGE} --account {REGISTRY} --repository-policy none --operation restore"
        assert ask(f"{line} --error-file log")[0] == 1
        monkeypatch.setattr(sys, "stdin", io.TextIOWrapper(io.BytesIO(REFUSED.encode())))
        assert ask(f"{line} --error-file -")[0] == 1

    def test_the_error_of_another_puller_needs_no_image(self, ask):
        code, out, _ = ask(f"diagnose --error {shlex.quote(OTHER_PULLER)}")
        assert code in (1, 3)
        assert "other-puller" in out

    @pytest.mark.parametrize(
        ("line", "sentence"),
        [
            ("diagnose", "Give an IMAGE_URI and --function"),
            (f"diagnose --error {shlex.quote(REFUSED)}", "The text does not say the image (IMAGE_URI)"),
            ("diagnose x --offline nowhere", "nowhere: There is no such folder."),
            (f"diagnose {IMAGE} --function f --plan", "There is nobody to ask"),
            (f"collect out {IMAGE} --function f", "There is nobody to ask"),
            (f"diagnose {IMAGE} --function f --workload-profile nobody", "There is no AWS profile 'nobody'"),
            (f"diagnose {IMAGE} --error a --error-file b", "not allowed with argument"),
            (f"diagnose {IMAGE} --error-file nowhere", "nowhere: It cannot be read"),
            ("diagnose -- rm -rf x", "After -- stands a command of the program aws, not 'rm'."),
        ],
    )
    def test_wrong_usage_is_one_sentence_and_exit_code_2(self, ask, line, sentence):
        code, out, err = ask(line)
        assert (code, out) == (2, "")
        assert sentence in err.splitlines()[-1]

    def test_in_python(self, tmp_path, evidence):
        found = labkit.diagnose(IMAGE, function_account=REGISTRY, offline=tmp_path / evidence)
        assert found.verdict == "can"
        with pytest.raises(UsageError, match="Give an image and a function"):
            labkit.diagnose()


class TestOnTheLab:
    def test_the_lab_that_runs_is_asked(self, ask, lab):
        code, out, _ = ask(f"diagnose {IMAGE} --function f --json")
        told = json.loads(out)
        assert (code, told["verdict"]) == (1, "cannot")
        assert told["question"]["caller"] == f"arn:aws:iam::{WORKLOAD}:user/admin"
        ids = {each["id"] for each in told["causes"]}
        assert ids == {"image-missing", "service-statement-missing", "caller-statement-missing"}

    def test_a_function_that_is_not_there_says_no_image(self, ask, lab):
        code, _, err = ask("diagnose --function f")
        assert code == 2
        assert "There is no function arn:aws:lambda:eu-central-1:" in err

    def test_what_was_collected_is_diagnosed_alike_elsewhere(self, ask, lab, tmp_path):
        now = json.loads(ask(f"diagnose {IMAGE} --function f --json")[1])
        code, out, _ = ask(f"collect evidence {IMAGE} --function f")
        assert (code, "not read" in out) == (0, False)
        assert stat.S_IMODE((tmp_path / "evidence" / "index.json").stat().st_mode) == 0o600
        later = json.loads(ask("diagnose --offline evidence --json")[1])
        assert [each["id"] for each in later["causes"]] == [each["id"] for each in now["causes"]]
        assert later["question"] == now["question"]

    def test_one_side_alone_is_collected_and_the_other_one_is_named(self, ask, lab):
        out = ask(f"collect evidence {IMAGE} --function {FUNCTION} --caller {CALLER} --registry-profile registry")[1]
        assert "the caller's identity policies: ask whoever may call iam:ListAttachedRolePolicies in the account" in out
        code, out, _ = ask("diagnose --offline evidence --json")
        told = json.loads(out)
        assert (code, told["parties"]["lambda"]["verdict"]) == (1, "cannot")
        assert "the caller's identity policies" in {each["what"] for each in told["not_known"]}

    def test_the_plan_makes_no_call(self, ask, lab):
        before = len(lab.trail().entries)
        out = ask(f"diagnose {IMAGE} --function f --plan")[1]
        assert "registry: ecr get-repository-policy" in out
        assert len(lab.trail().entries) == before

    def test_a_narrow_profile_reads_what_it_may_and_names_the_rest(self, ask, lab):
        iam = lab.workload.client("iam")
        iam.create_user(UserName="narrow")
        key = iam.create_access_key(UserName="narrow")["AccessKey"]
        narrow = boto3.Session(key["AccessKeyId"], key["SecretAccessKey"], region_name="eu-central-1")
        found = labkit.diagnose(IMAGE, function="f", workload=narrow, registry=lab.registry.session)
        assert found.question.caller.arn.endswith(":user/narrow")
        assert found.verdict == "cannot"  # the repository has no policy, whatever the caller's are
        told = {each.what: each for each in found.not_known}["the caller's identity policies"]
        assert told.why == f"arn:aws:iam::{WORKLOAD}:user/narrow is not allowed to call iam:ListAttachedUserPolicies"
        assert told.who_could_tell == f"ask whoever may call iam:ListAttachedUserPolicies in the account {WORKLOAD}"

    def test_redaction_hides_accounts_and_names_in_every_form(self, ask, lab, tmp_path):
        for form in ("", "--json", "--html page.html"):
            out = ask(f"diagnose {IMAGE} --function secret-function --redact {form}")[1]
            assert REGISTRY not in out
            assert "secret-function" not in out
        assert REGISTRY not in (tmp_path / "page.html").read_text("utf-8")


class TestOfACommand:
    """``labkit diagnose -- aws …``."""

    @pytest.fixture
    def aws(self, tmp_path, monkeypatch):
        """A program ``aws`` that ends as it is told."""

        def becomes(said: str, code: int) -> None:
            (tmp_path / "bin").mkdir()
            program = tmp_path / "bin" / "aws"
            program.write_text(f"#!/bin/sh\necho done\necho {shlex.quote(said)} >&2\nexit {code}\n", "utf-8")
            program.chmod(0o755)
            monkeypatch.setenv("PATH", f"{tmp_path / 'bin'}:{os.environ['PATH']}")

        return becomes

    CREATE = f"-- aws --profile workload lambda create-function --function-name orders --code ImageUri={IMAGE}"

    def test_what_succeeds_is_left_alone(self, ask, aws):
        aws("", 0)
        assert ask(f"diagnose {self.CREATE}")[0] == 0

    def test_a_refusal_is_diagnosed_with_the_very_arguments(self, ask, aws, lab):
        aws(REFUSED, 254)
        code, out, err = ask(f"diagnose {self.CREATE}")
        assert (code, out) == (254, "")
        assert REFUSED in err
        assert "service-statement-missing" in err
        assert f"docker push {IMAGE}" in err
        assert f"The caller arn:aws:iam::{WORKLOAD}:user/admin is not allowed" in err
