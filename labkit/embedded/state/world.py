"""The world of the lab at its first start, as data: who exists, where, under which numbers.

Account numbers and the region are the article's. Every identifier is the same in every lab, so that outputs can be
compared. Each account has an administrator and nothing else; repositories, roles and policies are made by the lab.

                      o-lambdaecrlab / r-lab1                        o-neighbourorg / r-nbr1
            management 111122223333 (root)                            neighbour 777788889999 (root)
            ├── shared services            registry 813835382529
            └── workloads                                             in no organization
                ├── production             workload 592444418872      outsider 123456789012
                └── development            development 444455556666
"""

from __future__ import annotations

from collections.abc import Mapping

from labkit.pull.organization import Account, Organization, Unit

ADMINISTRATOR = "admin"
ACCESS_ROLE = "OrganizationAccountAccessRole"
"""The role that a new account of an organization has (AWS Organizations User Guide, "Accessing a member account")."""

ADMINISTRATOR_POLICY = "arn:aws:iam::aws:policy/AdministratorAccess"
REGION = "eu-central-1"

SHARED = "ou-lab1-sharedservices"
WORKLOADS = "ou-lab1-workloads"
PRODUCTION = "ou-lab1-production"
DEVELOPMENT = "ou-lab1-development"

#: The accounts, by the profile that stands for them.
ACCOUNTS: Mapping[str, str] = {
    "registry": "813835382529",
    "workload": "592444418872",
    "management": "111122223333",
    "development": "444455556666",
    "neighbour": "777788889999",
    "outsider": "123456789012",
}

#: The lab's own organization. An account's name is its profile.
HOME_ORGANIZATION = Organization(
    id="o-lambdaecrlab",
    management=ACCOUNTS["management"],
    units=(
        Unit("r-lab1", "Root", None),
        Unit(SHARED, "shared", "r-lab1"),
        Unit(WORKLOADS, "workloads", "r-lab1"),
        Unit(PRODUCTION, "production", WORKLOADS),
        Unit(DEVELOPMENT, "development", WORKLOADS),
    ),
    accounts=(
        Account(ACCOUNTS["registry"], "registry", SHARED),
        Account(ACCOUNTS["workload"], "workload", PRODUCTION),
        Account(ACCOUNTS["development"], "development", DEVELOPMENT),
        Account(ACCOUNTS["management"], "management", "r-lab1"),
    ),
)

#: Somebody else's organization.
NEIGHBOUR_ORGANIZATION = Organization(
    id="o-neighbourorg",
    management=ACCOUNTS["neighbour"],
    units=(Unit("r-nbr1", "Root", None),),
    accounts=(Account(ACCOUNTS["neighbour"], "neighbour", "r-nbr1"),),
)
