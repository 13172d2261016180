"""The exercises of notebook 09: what can be told from half the files, and a policy for one function of another account.

They are about the files in ``notebooks/own-case``; no lab is asked.
"""

from __future__ import annotations

from labkit.diagnosis.result import CAN, CANNOT, UNKNOWN, Diagnosis
from labkit.exercises.checking.answers import WrittenPolicy
from labkit.exercises.checking.pulls import Pull, repository_policy
from labkit.exercises.checking.requesters import Requester
from labkit.exercises.checking.verdict import Verdict, unreadable, verdict_on
from labkit.pull.function import FunctionRef
from labkit.pull.uri import ImageUri

_IMAGE = ImageUri("813835382529", "eu-central-1", "orders-api", "2.3.1")
_FUNCTION = FunctionRef("592444418872", "eu-central-1", "orders-api")
_VERDICTS = (CAN, CANNOT, UNKNOWN)


def foretold(prediction: str, answer: Diagnosis) -> Verdict:
    """09: the verdict that was predicted, beside the one that came out, with the sentence that says why."""
    if prediction not in _VERDICTS:
        return unreadable(f"A prediction is one of {', '.join(map(repr, _VERDICTS))}.", 1)
    if prediction != answer.verdict:
        return verdict_on([f"It is {answer.verdict!r}. {answer.sentence}"])
    return verdict_on([""], answer.sentence)


def only_orders_api(policy: WrittenPolicy) -> Verdict:
    """09: a repository policy for the function orders-api of the workload account, and for no other function."""
    account, name = _FUNCTION.account, _FUNCTION.name
    pulls = (
        Pull(f"{name} of {account}", name, account, admit=True),
        Pull(f"the function invoices-api of {account}", "invoices-api", account, admit=False, of_function=True),
        Pull(f"{name} of 999999999999", name, "999999999999", admit=False),
    )

    def intended(requester: Requester) -> bool:
        return requester.account == account and requester.name in ("", name)

    return repository_policy(policy, _IMAGE, pulls, intended)
