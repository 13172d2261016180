"""A fix, or a policy, in the language in which somebody keeps their infrastructure."""
