"""Users, groups, roles and what is theirs: access keys, tags, instance profiles, trust policies; identity providers."""
