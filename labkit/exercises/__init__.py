"""The exercises of the notebooks. A check looks at an answer and says why it does not hold yet, never what would.

verdict      what a check says
cases        repository policies that learners write, decided for a list of cases and for everybody else
probes       who everybody else is               mentioned   what a policy mentions, of which they are made
identities   identity policies that learners write
standing     where in the organization an account is taken to stand
places       00: the map of the organization     images      01: tags and digests
grants       02 to 05: a policy to write each    removal     06: who may remove a repository
room         07: how much fits into a policy
breaks       08: policies with one mistake each  breaks_own  08: the exercises at its end
"""

from labkit.exercises.breaks import broken, narrowed_scp, predicted, repaired, repaired_scp
from labkit.exercises.breaks_own import deny_that_spares_services, refuses_lambda_only
from labkit.exercises.cases import SECOND_ACCOUNT
from labkit.exercises.grants import (
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
from labkit.exercises.places import beyond_every_organization, path_of_development
from labkit.exercises.removal import least_cleaner, nobody_else_deletes
from labkit.exercises.room import as_many_accounts, room_without_blanks
from labkit.exercises.verdict import Verdict

__all__ = [
    "SECOND_ACCOUNT",
    "Verdict",
    "all_but_one_account",
    "all_but_one_unit",
    "as_many_accounts",
    "beyond_every_organization",
    "broken",
    "by_digest",
    "deny_that_spares_services",
    "directly_in_unit",
    "least_caller",
    "least_cleaner",
    "lets_lambda_add",
    "narrowed_scp",
    "nobody_else_deletes",
    "one_function",
    "only_test_functions",
    "path_of_development",
    "predicted",
    "refuses_lambda_only",
    "repaired",
    "repaired_scp",
    "room_without_blanks",
    "second_tag",
    "two_accounts",
]
