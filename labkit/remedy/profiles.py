"""Who can be asked: AWS profiles by side, boto3 sessions, or the accounts of a lab that runs.

A lab is found by its lab home and never started. A profile that does not exist is wrong usage; one without credentials,
with expired ones or without a network is asked all the same, and its refusals become what is not known.
"""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping
from datetime import datetime
from typing import Any

import boto3

from labkit.aws import sessions, transport
from labkit.diagnosis.evidence.plan.subject import MANAGEMENT, REGISTRY, WORKLOAD
from labkit.ground.home import home_path
from labkit.remedy.asking import Asker, unnamed_asker
from labkit.remedy.collecting import Opener

SIDES = (WORKLOAD, REGISTRY, MANAGEMENT)
"""The accounts for which a profile can be given."""


def openers_of(given: Mapping[str, str | boto3.Session]) -> dict[str, Opener]:
    """Openers of AWS profiles, by their names, or of sessions. Raises UsageError for a profile that does not exist."""
    return {side: _of_profile(each) if isinstance(each, str) else _of_session(each) for side, each in given.items()}


def _of_profile(profile: str) -> Opener:
    sessions.open_session(profile, "us-east-1")  # it exists, whatever region it has
    return lambda region: unnamed_asker(sessions.open_session(profile, region or None))


def _of_session(session: boto3.Session) -> Opener:
    def opened(region: str) -> Asker:
        made = unnamed_asker(session)

        def client(service: str) -> Any:
            return session.client(service, region_name=region)

        return made if region in ("", session.region_name) else Asker("", region, client)

    return opened


def of_lab(accounts: Collection[str]) -> dict[str, Opener]:
    """Openers of the lab that runs for the lab home: of the sides, and of whoever else has one of these accounts.

    Empty where none runs, or none can be found.
    """
    try:
        from labkit.embedded.process import client as embedded

        running = embedded.status()
    except ImportError:  # only the whole lab brings what finds processes
        return {}
    if running is None:
        return {}
    embedded.use_profiles(running)
    transport.connect_clients()
    names = [name for name, number in running.accounts.items() if name in SIDES or number in accounts]
    return {name: _of_profile(name) for name in sorted(names, key=lambda name: name not in SIDES)}


def points_at_lab() -> bool:
    """Whether this process's AWS profiles are those of the lab home, as ``labkit env`` sets them."""
    return os.environ.get("AWS_CONFIG_FILE") == str(home_path() / "aws" / "config")


def default_session(region: str) -> boto3.Session | None:
    """The session that the aws CLI has where no profile is named; None without credentials."""
    session = boto3.Session(region_name=region or None)
    return session if session.get_credentials() is not None and session.region_name else None


def time_of_lab() -> datetime:
    """What the clock of the lab that runs says."""
    from labkit.embedded.process import client as embedded

    return embedded.clock().now
