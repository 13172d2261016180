"""The policy engine: is this request allowed, and which statement says so?

Pure: standard library only, no input or output, no clock, no globals. A request and the policies that apply to it go
in; a decision comes out, made of checks (one for each kind of policy), made of matches (one for each statement), made
of parts (one for each element), so that whatever is explained is what was decided.

    deciding      document    JSON text to compiled statements     patterns, arn    wildcards, variables, ARNs
                  request     principals and requests              principals       the Principal element
                  operators   the table of operators               conditions       the Condition element
                  match       a statement against a request        policies         the kinds of policy
                  evaluate    all policies against a request
    explaining    reasons     a part in words                      nearest          the nearest miss
                  explain     sentences and data                   counterfactual   what would flip the decision
                  outline     a decision as a tree                 html             the tree for notebooks
    asking        cases       requests, policies and expected answers as JSON

Deciding knows nothing of explaining; text is made of the kept matches, and only when asked for.
"""

from labkit.errors import PolicyError
from labkit.iam.document import Policy, Statement
from labkit.iam.evaluate import Check, CheckEffect, CheckKind, Decision, Policies, evaluate
from labkit.iam.match import Match, Part
from labkit.iam.request import Principal, Request
from labkit.iam.words.explain import policy_name
from labkit.iam.words.nearest import Miss
from labkit.iam.words.reasons import reason

__all__ = [
    "Check",
    "CheckEffect",
    "CheckKind",
    "Decision",
    "Match",
    "Miss",
    "Part",
    "Policies",
    "Policy",
    "PolicyError",
    "Principal",
    "Request",
    "Statement",
    "evaluate",
    "policy_name",
    "reason",
]
