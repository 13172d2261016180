"""Who else may call a function: the resource policies of functions, versions and aliases.

operations   AddPermission, GetPolicy, RemovePermission      statements   the statement that AddPermission makes
"""
