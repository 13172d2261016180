"""Can Lambda pull this image? An answer from files alone: nothing is asked of AWS, nothing is installed.

What is not given is not known, and "none" is not "not given": without a repository policy the answer is that it cannot
be told. Each file is a policy document, or what the aws CLI printed: the answer of get-repository-policy, also its
RepositoryPolicyNotFoundException.

  labkit pull 813835382529.dkr.ecr.eu-central-1.amazonaws.com/app:1 --function-account 592444418872 \\
      --repository-policy policy.json --caller arn:aws:iam::592444418872:role/Deployer --identity deployer.json

  aws ecr get-repository-policy --repository-name app 2>&1 |
      labkit pull 813835382529.dkr.ecr.eu-central-1.amazonaws.com/app:1 --function-account 813835382529 \\
      --repository-policy - --json

Lambda's own pull passes no VPC endpoint: --vpc-endpoint is the one that the caller's call to Lambda goes through.

Exits with 0 if Lambda can pull, with 1 if it cannot, with 3 if that cannot be told, and with 2 where what was typed is
wrong; with --expect with 0 if the answer is the expected one, else with 1.
"""

from __future__ import annotations

import argparse

from labkit.cli.commands.diagnosis.options import add_documents, add_question, asked
from labkit.cli.commands.diagnosis.output import add_output, answer


def add_arguments(parser: argparse.ArgumentParser) -> None:
    """The arguments of ``labkit pull``."""
    parser.add_argument("image", metavar="IMAGE_URI", help="the image as CreateFunction takes it")
    add_question(parser)
    add_documents(parser)
    add_output(parser)


def run(args: argparse.Namespace) -> int:
    """Decide, say why, and return the exit code of the verdict."""
    from labkit.diagnosis.pulling import pull

    return answer(pull(asked(args)), args)
