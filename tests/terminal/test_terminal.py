"""The aws CLI in a terminal of the lab: what users do beside the article's commands."""

from __future__ import annotations

import pytest

from tests.terminal.terminal import Terminal

SENT = "Sending http request"


def test_the_profiles_of_the_lab_can_be_chosen(terminal: Terminal) -> None:
    # The first generation of the CLI cannot list profiles.
    shown = terminal.succeed("aws configure list --profile outsider")
    rows = {row.split()[0]: row.split() for row in shown.splitlines() if row.strip()}
    assert rows["profile"][1] == "outsider"
    assert (rows["region"][1], rows["access_key"][2]) == ("eu-central-1", "shared-credentials-file")


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (
            "aws lambda create-function-url-config --function-name f --auth-type NONE",
            "The embedded AWS does not implement lambda:CreateFunctionUrlConfig.",
        ),
        ("aws s3api list-buckets", "The embedded AWS does not implement the service s3."),
    ],
)
def test_what_is_not_there_is_one_clean_error_without_retries(terminal: Terminal, command: str, sentence: str) -> None:
    said = terminal.run(f"{command} --debug")
    assert said.out == "" and said.code != 0
    assert said.error.rstrip().endswith(sentence)
    assert said.error.count(SENT) == 1
