"""The policy that lets somebody make all the reads of a diagnosis, and nothing else.

``ecr:GetDownloadUrlForLayer`` and ``ecr:BatchGetImage`` are among them, since the manifest and the configuration are
read: whoever has this policy can pull images. Source of each action: the Service Authorization Reference; those of the
table `labkit.diagnosis.evidence.plan.steps`.
"""

from __future__ import annotations

from typing import Any

from labkit.diagnosis.evidence.plan.steps import STEPS
from labkit.diagnosis.evidence.plan.subject import CALLER, MANAGEMENT, REGISTRY, WORKLOAD

_SIDS = {
    REGISTRY: "LabkitDiagnoseRegistry",
    WORKLOAD: "LabkitDiagnoseWorkload",
    MANAGEMENT: "LabkitDiagnoseOrganization",
}
"""A statement for each account; whoever calls is most often of the workload's."""


def actions(side: str) -> list[str]:
    """The actions that are needed on a side, sorted."""
    sides = {side, CALLER} if side == WORKLOAD else {side}
    return sorted({step.action for step in STEPS if step.side in sides and step.action})


def reader_policy() -> dict[str, Any]:
    """The policy: a statement for each account, which its reader may have alone."""
    statements = [
        {"Sid": sid, "Effect": "Allow", "Action": actions(side), "Resource": "*"} for side, sid in _SIDS.items()
    ]
    return {"Version": "2012-10-17", "Statement": statements}
