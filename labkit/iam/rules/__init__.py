"""What AWS does beside the general logic of evaluating policies, as tables.

own_rules      actions with rules of their own: assuming a role, who am I, keys of KMS
rcp_services   the services whose actions resource control policies reach
carried_keys   condition keys that a request carries by who makes it and by whose resource it is about
"""
