"""AWS STS: who am I, and may I become somebody else?

operations         the table of operations
roles              AssumeRole
web_identity       AssumeRoleWithWebIdentity; of its token: id_tokens reads it, signatures verifies it, claims uses it
tokens             GetSessionToken, GetFederationToken
attributes         what a session carries: tags, a source identity; session_policies what limits it
limits             how long a session may last, and which operations its credentials may call
errors, shapes     AWS's texts for what is refused, and what the answers have in common
"""
