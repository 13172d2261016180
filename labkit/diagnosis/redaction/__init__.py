"""Made-up numbers and names in place of those of an account, the same one each time, in text, JSON and HTML.

    places     what is replaced: the tables of kinds, patterns and keys, and their stand-ins
    kept       what stays in any case, since it is AWS's word or ours
    markup     pages: what stands between tags and in their attributes, also where a tag breaks it
    redactor   `Redactor`: reads everything first, then replaces

All texts are read before the first is changed, so that a name that is recognized in one of them is replaced in all, and
nothing that stands in one of them is ever given out as a stand-in. Stand-ins are numbered in the order of appearance:
the same input gives the same output.
"""

from labkit.diagnosis.redaction.redactor import Redactor, strings

REDACTS = """Made-up values take the place of account numbers; ids of organizations, roots, units and
policies; names and paths of users, roles, groups, sessions, policies, functions, repositories,
stacks and profiles; Sids but AWS's own; digests; mail addresses; ids of access keys, principals,
requests and endpoints; addresses of machines; home folders. The same original gets the same
stand-in wherever it stands, in each run. Regions, tags, actions, condition keys and the other
values of your policies' conditions stay: read what you publish."""
"""What ``--redact`` replaces in an answer and what not, for ``--help``."""

__all__ = ["REDACTS", "Redactor", "strings"]
