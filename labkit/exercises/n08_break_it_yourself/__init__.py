"""Notebook 08, break it yourself.

mistakes           policies of the scenarios with one mistake each, and what a repaired one must come to
repairs            what was predicted of them, and whether the repository's policy is repaired now
role_made_anew     a policy that names a role which was deleted and made again
closing_exercises  the exercises at its end: a mistake to make on purpose, and a Deny that spares AWS's services
"""
