"""What the lab does through boto3, on the embedded AWS and on real AWS alike.

    sessions          profiles to sessions, who is calling, assuming a role
    repositories      ECR repositories that carry the lab's tag, and their policies
    images            pushing and pulling an image through ECR's own layer API
    public_bases      AWS's base images, pulled without a Docker engine and kept
    public_registry   reading a public registry without credentials
    roles             IAM roles that carry the lab's tag
    functions         Lambda functions that carry the lab's tag: create, wait, invoke, delete
    organizations     an organization: read, where an account stands in it, and moving it
    scps              service control policies: those in force, and the one that the lab makes
    reading           the policies that a pull decision needs of a caller, read from its account
    propagation       waiting for what AWS has accepted and not yet spread
    transport, web    how boto3 and requests reach an AWS that answers in this process
    tags              the tag by which the lab knows what it has made
    errors            AWS's errors as one sentence and an exit code

Nothing here knows whether AWS is embedded or real. What the lab makes carries the tag ``labkit``; what does not carry
it is never replaced or deleted.
"""
