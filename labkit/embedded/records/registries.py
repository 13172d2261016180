"""What an account has of ECR in one region, whatever the repository: the registry's policy and its settings.

AWS has no ARN for a registry. Here it is named by one (`arn_of`), so that its policy can be the holder of bound
principals as a repository's is.
"""

from __future__ import annotations

import json

from labkit.embedded.records import bindings
from labkit.embedded.state.database import Database
from labkit.iam.arn import parse, partition_of
from labkit.pull.stored_policy import rewritten


def arn_of(account: str, region: str) -> str:
    """The ARN by which a registry is named here."""
    return f"arn:{partition_of(region).name}:ecr:{region}:{account}:registry"


def policy_text(db: Database, account: str, region: str) -> str | None:
    """The text of a registry's policy, as ECR shows it; None where it has none."""
    return bindings.policy_of(db, arn_of(account, region))


def set_policy(db: Database, account: str, region: str, text: str | None) -> str | None:
    """Set the policy of a registry, or remove it, and bind the principals that it names.

    Answers the text that is stored: ECR writes a policy anew (`labkit.pull.stored_policy`).
    """
    arn = _exists(db, account, region)
    shown = None if text is None else rewritten(text, parse(arn).partition)
    db.run("UPDATE registry SET policy = ? WHERE arn = ?", shown, arn)
    bindings.bind(db, arn, shown)
    return shown


def settings(db: Database, account: str, region: str) -> dict[str, str]:
    """The account settings that were ever set, by name."""
    row = db.one("SELECT settings FROM registry WHERE arn = ?", arn_of(account, region))
    found: dict[str, str] = json.loads(row["settings"]) if row else {}
    return found


def set_setting(db: Database, account: str, region: str, name: str, value: str) -> None:
    """Set one of the account settings."""
    arn = _exists(db, account, region)
    changed = {**settings(db, account, region), name: value}
    db.run("UPDATE registry SET settings = ? WHERE arn = ?", json.dumps(changed), arn)


def _exists(db: Database, account: str, region: str) -> str:
    """Let the registry have a row; answers its ARN."""
    arn = arn_of(account, region)
    db.run(
        "INSERT OR IGNORE INTO registry (arn, account, region, settings) VALUES (?, ?, ?, '{}')", arn, account, region
    )
    return arn
