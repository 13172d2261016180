"""What an account has of ECR in a region beside its repositories.

policies       the registry's policy                 settings   account settings, and what is answered of scanning
pull_through   rules of the pull-through cache       absent     what this ECR has not got
cache_rules    which repositories those rules are for
"""
