"""How policies grow with a company: how long they become, and who can pull what by then.

    company     a made-up company, its events, and what they do to one repository's policy: size and changes
    heat_map    the same company's accounts against forty repositories, counted by team

What notebook 07 counts and plots is here by name: ``from labkit import growth`` and ``growth.history()``.
"""

from labkit.growth.company import (
    LIMIT,
    STYLES,
    TEAMS,
    account_numbers,
    accounts_that_fit,
    events,
    grown_company,
    history,
    refused_from,
    size,
)

__all__ = [
    "LIMIT",
    "STYLES",
    "TEAMS",
    "account_numbers",
    "accounts_that_fit",
    "events",
    "grown_company",
    "history",
    "refused_from",
    "size",
]
