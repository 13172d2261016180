"""Lifecycle policies of repositories, as data: which images go, or go into the archive, as time passes.

schema   the form of a policy      rules   what its rules say, and which ECR refuses      evaluation   what they do
"""
