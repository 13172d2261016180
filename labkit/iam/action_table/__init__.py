"""Actions, resource types and condition keys of the lab's services: one table for deciding, filling and checking.

``table.json`` is made by ``.ci/make_action_table.py`` from collections of AWS's Service Authorization Reference;
the file names them, with versions and days. Where something stronger than the reference speaks, the row says so in
``corrected``. The table is read when somebody first asks, and every name may be written in any case.

    rows        what a row holds
    reading     the table, read from its file
    known_keys  the keys whose values the lab knows

    action("ecr:BatchGetImage")     what it works on, which keys it has, which other actions the call needs
    actions("ecr")                  all rows of one service
    key("aws:ResourceTag/team")     of which type it is, and where its value comes from
    keys_of(row)                    the keys that a request for an action can have: its own, its resources', everybody's
"""

from labkit.iam.action_table.known_keys import is_known
from labkit.iam.action_table.reading import FILE, action, actions, day, form, key, keys, keys_of, operation, services
from labkit.iam.action_table.rows import (
    CALLER,
    FORWARDING,
    NETWORK,
    ORIGINS,
    PARAMETER,
    PRINCIPAL,
    PROVIDER,
    REQUEST,
    RESOURCE,
    SERVICE,
    SESSION,
    ActionRow,
    KeyRow,
    ResourceType,
)

__all__ = [
    "CALLER",
    "FILE",
    "FORWARDING",
    "NETWORK",
    "ORIGINS",
    "PARAMETER",
    "PRINCIPAL",
    "PROVIDER",
    "REQUEST",
    "RESOURCE",
    "SERVICE",
    "SESSION",
    "ActionRow",
    "KeyRow",
    "ResourceType",
    "action",
    "actions",
    "day",
    "form",
    "is_known",
    "key",
    "keys",
    "keys_of",
    "operation",
    "services",
]
