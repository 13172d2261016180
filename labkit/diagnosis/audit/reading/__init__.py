"""From answers of AWS to an `Estate`: those of a folder, or of calls that were made just now.

indexed        answers by what they are about, so that thousands are looked up in no time
registry       repositories, their policies, lifecycle policies and images
organization   accounts and their states, units, service and resource control policies
uses           which functions run which images
"""

from __future__ import annotations

from labkit.diagnosis.audit.estate import Estate
from labkit.diagnosis.audit.reading.indexed import Indexed
from labkit.diagnosis.audit.reading.organization import organization
from labkit.diagnosis.audit.reading.registry import only_registry, registry
from labkit.diagnosis.audit.reading.uses import accounts_read, not_listed, uses
from labkit.diagnosis.evidence.answers import Answers


def estate(answers: Answers, account: str = "", region: str = "") -> Estate:
    """What the answers tell of one registry and what is around it.

    ``account`` and ``region`` are needed where the answers tell of several. Raises UsageError.
    """
    indexed = Indexed(answers)
    account, region = only_registry(indexed, account, region)
    return Estate(
        registry(indexed, account, region),
        organization(indexed, account),
        tuple(uses(indexed, region)),
        accounts_read(indexed),
        not_listed(indexed),
    )
