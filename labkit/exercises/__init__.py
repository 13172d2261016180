"""The exercises of the notebooks. A check looks at an answer and says why it does not hold yet, never what would.

verdict   what a check says
cases     policies that learners write, decided for a list of cases
places    00: the map of the organization         images   01: tags and digests
grants    02 to 05: a policy to write for each
"""

from labkit.exercises.grants import (
    SECOND_ACCOUNT,
    all_but_one_account,
    all_but_one_unit,
    directly_in_unit,
    least_caller,
    lets_lambda_add,
    one_function,
    only_test_functions,
    two_accounts,
)
from labkit.exercises.images import by_digest, second_tag
from labkit.exercises.places import beyond_every_organization, path_of_workload
from labkit.exercises.verdict import Verdict

__all__ = [
    "SECOND_ACCOUNT",
    "Verdict",
    "all_but_one_account",
    "all_but_one_unit",
    "beyond_every_organization",
    "by_digest",
    "directly_in_unit",
    "least_caller",
    "lets_lambda_add",
    "one_function",
    "only_test_functions",
    "path_of_workload",
    "second_tag",
    "two_accounts",
]
