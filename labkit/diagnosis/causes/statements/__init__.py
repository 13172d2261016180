"""Statements that are missing, or that name a party and miss it: Lambda's side and the caller's side of a pull.

targets      the statements aimed at a party, and the least change to them
conditions   which cause it is that a condition fails, as a table; `paths`: patterns of organization paths
misses       a cause for each change
doubts       how sure it is, where AWS's texts disagree
registry     the registry's policy beside the repository's
lambda_side  what is wrong where nothing lets Lambda in
caller_side  the same for the caller, by the resource's policies and by its own
"""
