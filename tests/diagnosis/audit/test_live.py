"""An audit of live accounts: the embedded AWS, asked through boto3."""

from __future__ import annotations
