"""The policy engine: is this request allowed, and which statement says so?

Pure: standard library only, no input or output, no clock, no globals. A request and the policies that apply to it go
in; a decision comes out, made of checks (one for each kind of policy), made of matches (one for each statement), made
of parts (one for each element), so that whatever is explained is what was decided.

    what stands in a policy   arn           the fields of an ARN           patterns     wildcards and variables
                              operators     the table of operators         conditions   the Condition element
                              principals    the Principal element          statement    a compiled statement
                              document      JSON text to statements        policies     those that apply, by kind
    what is asked             request       principals and requests        parts        a pattern beside a value
                              match         a statement against a request
    what AWS says besides     action_table  actions, resources and keys    rules        actions with rules of their own,
                                                                                        keys that everybody carries
    in words (words/)         reasons       a part in words                nearest      the nearest miss
                              denial        AWS's own sentence             explain      sentences and data
                              outline       a decision as a tree
    the answer                decision      checks, and their words        evaluation   all policies against a request
                              alternatives  what would turn the decision   cases        questions and answers as JSON

Deciding knows nothing of words: they are made of the matches that were kept, and only when asked for. A decision can
put itself into words, so that it stands above them; they know it for its type alone. A test holds the order:
arn, patterns, parts, operators, conditions, action_table, request, rules, principals, statement, document, match,
policies; the words; decision, evaluation, alternatives, cases.
"""

from labkit.errors import PolicyError
from labkit.iam.alternatives import Counterfactual, counterfactual, counterfactuals
from labkit.iam.decision import Check, Decision
from labkit.iam.document import Policy
from labkit.iam.evaluation import evaluate
from labkit.iam.match import Match
from labkit.iam.parts import Part
from labkit.iam.policies import CheckEffect, CheckKind, Policies
from labkit.iam.request import Principal, Request
from labkit.iam.statement import Statement
from labkit.iam.words.denial import policy_name
from labkit.iam.words.nearest import NearestMiss
from labkit.iam.words.reasons import reason

__all__ = [
    "Check",
    "CheckEffect",
    "CheckKind",
    "Counterfactual",
    "Decision",
    "Match",
    "NearestMiss",
    "Part",
    "Policies",
    "Policy",
    "PolicyError",
    "Principal",
    "Request",
    "Statement",
    "counterfactual",
    "counterfactuals",
    "evaluate",
    "policy_name",
    "reason",
]
