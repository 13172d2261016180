"""The exercises of the notebooks. A check looks at an answer and says why it does not hold yet, never what would.

n00_start_here         the map of the organization       n05_organization_paths  units, as policies
n01_build_and_push     tags and digests                  n06_clean_up            who may remove a repository
n02_same_account       policies in one account           n07_growth              how much fits into a policy
n03_cross_account      policies for another account      n08_break_it_yourself   policies with one mistake each
n04_organization       policies for an organization      n09_your_own_case       one function, from files alone
                                                         checking                what their checks share
"""

from labkit.exercises.checking.pulls import SECOND_ACCOUNT
from labkit.exercises.n00_start_here import beyond_every_organization, path_of_development
from labkit.exercises.n01_build_and_push import by_digest, second_tag
from labkit.exercises.n02_same_account import lets_lambda_add, one_function
from labkit.exercises.n03_cross_account import least_caller, two_accounts
from labkit.exercises.n04_organization import all_but_one_account, only_test_functions
from labkit.exercises.n05_organization_paths import all_but_one_unit, directly_in_unit
from labkit.exercises.n06_clean_up import least_cleaner, nobody_else_deletes
from labkit.exercises.n07_growth import as_many_accounts, room_without_blanks
from labkit.exercises.n08_break_it_yourself.closing_exercises import deny_that_spares_services, refuses_lambda_only
from labkit.exercises.n08_break_it_yourself.mistakes import broken, narrowed_scp
from labkit.exercises.n08_break_it_yourself.repairs import predicted, repaired, repaired_scp
from labkit.exercises.n08_break_it_yourself.role_made_anew import repaired_principal
from labkit.exercises.n09_your_own_case import foretold, only_orders_api

__all__ = [
    "SECOND_ACCOUNT",
    "all_but_one_account",
    "all_but_one_unit",
    "as_many_accounts",
    "beyond_every_organization",
    "broken",
    "by_digest",
    "deny_that_spares_services",
    "directly_in_unit",
    "foretold",
    "least_caller",
    "least_cleaner",
    "lets_lambda_add",
    "narrowed_scp",
    "nobody_else_deletes",
    "one_function",
    "only_orders_api",
    "only_test_functions",
    "path_of_development",
    "predicted",
    "refuses_lambda_only",
    "repaired",
    "repaired_principal",
    "repaired_scp",
    "room_without_blanks",
    "second_tag",
    "two_accounts",
]
