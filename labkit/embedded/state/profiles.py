"""The AWS config and credentials files that point boto3, the aws CLI and any other tool at the lab.

They are written below the lab home and nowhere else; ``AWS_CONFIG_FILE`` and ``AWS_SHARED_CREDENTIALS_FILE`` lead
clients there. Secrets stand in ``credentials`` only (mode 0600).
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from labkit.ground.files import write_atomically

_HEADER = "# Written by labkit for the embedded AWS of this lab home; rewritten whenever it starts.\n"
# Nothing is lost on the way to this machine: who does not answer twice has gone. By default boto3 asks for 10 seconds.
_RETRIES = "retry_mode = standard\nmax_attempts = 2\n"


def write_profiles(directory: Path, endpoint: str, region: str, keys: Mapping[str, tuple[str, str]]) -> None:
    """Write ``config`` and ``credentials``; ``keys`` maps a profile to its access key's id and secret."""
    config = [f"[profile {name}]\nregion = {region}\nendpoint_url = {endpoint}\n{_RETRIES}" for name in keys]
    credentials = [
        f"[{name}]\naws_access_key_id = {key}\naws_secret_access_key = {secret}\n"
        for name, (key, secret) in keys.items()
    ]
    write_atomically(directory / "config", _document(config), 0o644)
    write_atomically(directory / "credentials", _document(credentials), 0o600)


def _document(sections: list[str]) -> bytes:
    return "\n".join([_HEADER, *sections]).encode()
