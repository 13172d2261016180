"""What the embedded AWS keeps, by subject: plain functions that read and write rows, and records to decide on.

accounts           which accounts exist
keys               access keys of users, sessions of roles and users
principals         users, groups and roles as they are at this moment, with the documents that limit them
managed_policies   managed policies of customers with their versions; aws_policies has those of AWS
bindings           users and roles in stored policies, bound to their ids
uses               when keys and roles were last used
organization       where an account stands, and which policies of its organization reach it
memberships        organizations, units and members, as they are made, moved and removed
repositories       repositories of ECR and their policies
registries         what an account has of ECR beside them: a registry's policy and settings
function_policies  resource policies of functions, versions and aliases
federation         identity providers, and the keys of those who issue tokens
tags               tags of anything
founding           the world at the first start, and whenever the settings name something new
fresh              a home that begins anew, from nothing or from a snapshot

Every function takes the `Database` and works in the unit that its caller has opened (its ``read`` or ``write``).
Nothing here decides anything, and nothing knows a request.
"""
