"""Identity providers and the keys of those who issue tokens.

providers   providers as IAM has them, and the keys of issuers as the lab was given them
key_sets    reading those keys from a file
"""
