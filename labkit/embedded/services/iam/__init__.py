"""AWS IAM, after its API Reference.

operations     the one table: each operation with its handler and what it needs as permission
permissions    which action on which resource an operation needs
errors         AWS's texts for what is refused
listing        lists in pages
account        its alias, its summary
details        GetAccountAuthorizationDetails
quotas         how many of each there may be
entities       users, groups, roles, what is theirs (keys, tags, instance profiles, trust policies); identity providers
policies       documents, managed and inline policies, attachments, boundaries
simulation     what would be decided, by the engine that decides
"""
