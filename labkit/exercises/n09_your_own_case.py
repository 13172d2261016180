"""The exercises of notebook 09: what can be told from half the files, and a policy for one function of another account.

They are about the files in ``notebooks/own-case``; no lab is asked.
"""

from __future__ import annotations

from collections.abc import Mapping

from labkit.diagnosis.result import CALLER_SIDE, CAN, CANNOT, LAMBDA_SIDE, UNKNOWN, Diagnosis
from labkit.exercises.checking.answers import WrittenPolicy
from labkit.exercises.checking.pulls import Pull, repository_policy
from labkit.exercises.checking.requesters import Requester
from labkit.exercises.checking.verdict import Verdict, unreadable, verdict_on
from labkit.pull.function import FunctionRef
from labkit.pull.uri import ImageUri

_IMAGE = ImageUri("813835382529", "eu-central-1", "orders-api", "2.3.1")
_FUNCTION = FunctionRef("592444418872", "eu-central-1", "orders-api")
_SIDES = {LAMBDA_SIDE: "Lambda", CALLER_SIDE: "the caller"}


def foretold(prediction: Mapping[str, str], answer: Diagnosis) -> Verdict:
    """09: the verdicts on the two parties that were predicted, beside those that came out."""
    if not isinstance(prediction, Mapping) or not prediction.keys() >= _SIDES.keys():
        return unreadable(f"A prediction has a verdict for each of {', '.join(map(repr, _SIDES))}.", len(_SIDES))
    return verdict_on((_missed(name, prediction[name], answer) for name in _SIDES), answer.sentence)


def _missed(name: str, predicted: str, answer: Diagnosis) -> str:
    verdicts = (CAN, CANNOT, UNKNOWN)
    if predicted not in verdicts:
        return f"The verdict on {_SIDES[name]} is one of {', '.join(map(repr, verdicts))}."
    known = answer.parties[name].verdict
    return "" if predicted == known else f"Of {_SIDES[name]}, {predicted!r} is not what can be told."


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
